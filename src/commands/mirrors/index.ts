import { capture } from '../../hosts/transport.ts'
import { type Found, judge, parseProbes, probesFor, probeScript, suggest, type Verdict } from './probes.ts'
import type { Os } from '../../mirrors/types.ts'
import { EXIT } from '../../problem.ts'
import { scriptProxy } from '../../steps/proxy.ts'
import { table } from '../../ui/table.ts'
import { exitOf, openSession, readIntent, refuse, sayProblems, type Session } from '../../run/session.ts'
import { tell } from '../../run/tell.ts'
import type { Command, Io, Options } from '../../run/types.ts'

const SUPPORTED = new Set(['bookworm', 'trixie', 'jammy', 'noble', 'resolute'])

/** Every host asks for itself, one provider after the other: the networks of hosts differ. */
const askAll = async ({ intent, fleet, world }: Session, all: boolean): Promise<readonly Found[]> => {
  const environment = scriptProxy(intent.config, intent.hosts, world)
  const answers = await Promise.all(
    [...fleet.transports].map(async ([key, transport]) => {
      const facts = world[key]
      if (!facts || !SUPPORTED.has(facts.os.codename)) return []
      const os = { ...facts.os, arch: facts.arch } as Os
      const probes = probesFor(intent.config.mirrors, intent.cluster.release, os, all)
      const { stdout } = await capture(transport, probeScript(probes, environment))
      return parseProbes(stdout, probes)
    }),
  )
  return answers.flat()
}

const speed = ({ kind, reached, bytesPerSecond, seconds }: Verdict): string =>
  reached === 0 ? '-' : kind === 'files' ? `${(bytesPerSecond / 1024 / 1024).toFixed(1)} MiB/s` : `${(seconds * 1000).toFixed(0)} ms`

const show = (verdicts: readonly Verdict[], io: Io): void => {
  const rows = verdicts.map((one) => [one.kind, one.provider, `${one.reached}/${one.asked}`, speed(one), one.why])
  io.out(
    table(io.language === 'zh' ? ['类别', '镜像站', '可达', '速度', '原因'] : ['KIND', 'PROVIDER', 'REACHED', 'SPEED', 'WHY NOT'], rows),
  )
}

/** The suggestion as it stands in cluster.yml. */
const suggestion = ({ base, kubernetes, docker, files, images }: ReturnType<typeof suggest>): string => {
  const list = (name: string, providers: readonly string[] | undefined, indent: string) =>
    providers === undefined ? '' : `${indent}${name}: [${providers.join(', ')}]\n`
  const apt = list('base', base, '    ') + list('kubernetes', kubernetes, '    ') + list('docker', docker, '    ')
  return `mirrors:\n${apt === '' ? '' : `  apt:\n${apt}`}${list('files', files, '  ')}${list('images', images, '  ')}`
}

const test = async (options: Options, io: Io): Promise<number> => {
  const intent = await readIntent(options)
  if ('problems' in intent) return refuse(intent.problems, io, options)
  const session = await openSession(intent, io)
  await using _ = session.fleet
  const verdicts = judge(await askAll(session, options.flags.all === true))
  sayProblems(session.problems, io)
  const suggested = suggest(verdicts)
  if (options.output === 'json') io.out(`${JSON.stringify({ mirrors: verdicts, suggested, problems: session.problems })}\n`)
  else if (verdicts.length > 0) show(verdicts, io)
  if (options.output === 'text' && Object.keys(suggested).length > 0) {
    tell(io, { en: '\nAn order that works from every host:', zh: '\n在所有主机上可用的顺序：' })
    io.out(suggestion(suggested))
  }
  return exitOf(session.problems)
}

/** `slipway mirrors test`: which mirrors the hosts reach, how quick they are, whether they have this version. */
export const mirrors: Command = {
  name: 'mirrors',
  most: 1,
  summary: {
    en: 'test: which mirrors the hosts reach, and how quickly (--all: upstream too)',
    zh: 'test：测试主机能否访问各镜像站及其速度（--all：包括上游）',
  },
  usage: ['test [--all]'],
  flags: { all: { type: 'boolean' } },
  run: (options, io) => {
    if (options.rest[0] === 'test') return test(options, io)
    tell(io, { en: 'slipway mirrors takes one word: test.', zh: 'slipway mirrors 的子命令：test。' })
    return Promise.resolve(EXIT.config)
  },
}
