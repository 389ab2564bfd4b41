import { membersOf } from '../engine/members.ts'
import { table } from '../ui/table.ts'
import { converge } from './converge.ts'
import { exitOf, type Session, sayProblems, withSession } from './session.ts'
import type { Command, Io, Options } from './types.ts'

type Row = Readonly<{ host: string; path: string; name: string; days: number; expires: string; authority: boolean }>

const DAY = 86400

/** Every certificate of every host that answered, kubeconfigs included, the ones that end first on top. */
const rowsOf = ({ intent, world }: Session): Row[] =>
  membersOf(intent.hosts, world)
    .flatMap(({ key, nodeName }) => {
      const facts = world[key]
      return Object.entries(facts?.paths ?? {}).flatMap(([path, { certificate }]): Row[] =>
        certificate && facts
          ? [
              {
                host: nodeName,
                path,
                name: certificate.commonName,
                days: Math.floor((certificate.notAfter - facts.now) / DAY),
                expires: new Date(certificate.notAfter * 1000).toISOString().slice(0, 10),
                authority: certificate.authority,
              },
            ]
          : [],
      )
    })
    .sort((a, b) => a.days - b.days || a.host.localeCompare(b.host, 'en') || a.path.localeCompare(b.path, 'en'))

const list = (session: Session, options: Options, io: Io): number => {
  const rows = rowsOf(session)
  if (options.output === 'json') io.out(`${JSON.stringify({ certificates: rows, problems: session.problems })}\n`)
  else {
    io.out(
      table(
        ['DAYS', 'EXPIRES', 'HOST', 'NAME', 'PATH'],
        rows.map(({ days, expires, host, name, path }) => [String(days), expires, host, name, path]),
      ),
    )
    sayProblems(session.problems, io)
  }
  return exitOf(session.problems)
}

/** `slipway certs list|renew`: what runs out when, and new leaves for all, one host at a time. */
export const certs: Command = {
  name: 'certs',
  summary: {
    en: 'certs list: every certificate and its days; certs renew: new ones for all',
    zh: 'certs list：列出所有证书及剩余天数；certs renew：全部续期',
  },
  run: async (options, io) => {
    const [word] = options.rest
    if (word !== 'list' && word !== 'renew') {
      io.err(io.language === 'zh' ? '用法：slipway certs list|renew\n' : 'Usage: slipway certs list|renew\n')
      return 2
    }
    const renew = word === 'renew'
    return withSession(
      options,
      io,
      (session) => (renew ? converge(session, options, io) : list(session, options, io)),
      (intent) => ({ ...intent, cluster: { ...intent.cluster, renew } }),
    )
  },
}
