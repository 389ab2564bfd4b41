import { clustersIn, identitiesIn, type Identity, type Shown } from '../cluster/identity.ts'
import type { Host } from '../config/hosts.ts'
import { parseSurvey, SURVEY, type Survey, shownIn } from '../engine/reset.ts'
import type { Fleet } from '../run/fleet.ts'
import { escapeRemote } from '../hosts/lines.ts'
import { capture, type Transport, TransportError } from '../hosts/transport.ts'
import { EXIT, type Problem, refusal } from '../problem.ts'
import { clusterText } from '../steps/preflight/identity.ts'
import type { Text } from '../text.ts'

/** A host that is to be reset, and what it says of itself. */
export type Target = Readonly<{ host: Host; name: string; transport: Transport; survey: Survey; identity?: Identity }>

/** What the targets are: the clusters that they show are one on a good day. */
export type Seen = Readonly<{ targets: readonly Target[]; clusters: readonly Shown[]; problems: readonly Problem[] }>

/** How output calls a host that is reset. */
export const nameOf = ({ name, address }: Host): string => name ?? address

const unseenProblem = (transport: Transport, error: Error): Problem => ({
  at: transport.label,
  what: { en: `the host could not be looked at: ${escapeRemote(error.message)}`, zh: `无法探测主机：${escapeRemote(error.message)}` },
  fix: { en: 'Log in there and see whether a shell works.', zh: '请登录该主机检查 shell 是否正常。' },
  severity: 'error',
  exit: EXIT.unreachable,
})

type Answer = Readonly<{ host: Host; transport: Transport; output: string; survey: Survey }>

const ask = async (host: Host, transport: Transport): Promise<Answer | Problem> => {
  try {
    const { exit, stdout, stderr } = await capture(transport, SURVEY, { signal: AbortSignal.timeout(60_000) })
    if (exit !== 0) throw new Error(`exit ${exit}: ${stderr.slice(-300)}`)
    return { host, transport, output: stdout, survey: parseSurvey(stdout) }
  } catch (error) {
    return error instanceof TransportError ? error.problem : unseenProblem(transport, error as Error)
  }
}

/** Looks at every connected host; those that cannot be looked at are Problems. */
export const survey = async (hosts: readonly Host[], { transports }: Pick<Fleet, 'transports'>): Promise<Seen> => {
  const asked = hosts.flatMap((host) => {
    const transport = transports.get(host.key)
    return transport ? [ask(host, transport)] : []
  })
  const all = await Promise.all(asked)
  const answers = all.flatMap((one) => ('what' in one ? [] : [one]))
  const world = await shownIn(new Map(answers.map(({ host, output }) => [host.key, output])))
  const identities = identitiesIn(world)
  return {
    targets: answers.map(({ host, transport, survey }): Target => {
      const identity = identities.get(host.key)
      return { host, name: nameOf(host), transport, survey, ...(identity ? { identity } : {}) }
    }),
    clusters: clustersIn(identities, world),
    problems: all.flatMap((one) => ('what' in one ? [one] : [])),
  }
}

const severalProblem = ({ targets, clusters }: Seen): Problem => {
  const names = ({ hosts }: Shown): string => targets.flatMap(({ host, name }) => (hosts.includes(host.key) ? [name] : [])).join(', ')
  const said = (language: keyof Text): string[] =>
    clusters.map((shown) =>
      language === 'en' ? `${names(shown)} of ${clusterText(shown).en}` : `${names(shown)} 属于${clusterText(shown).zh}`,
    )
  return refusal(
    'cluster.yml nodes',
    { en: `the hosts are of different clusters: ${said('en').join('; ')}`, zh: `这些主机属于不同的集群：${said('zh').join('；')}` },
    {
      en: 'Correct the addresses in the file, or name the hosts of one cluster with --limit.',
      zh: '请更正文件中的地址，或用 --limit 指定同一集群的主机。',
    },
    EXIT.unfit,
  )
}

const otherProblem = (shown: Shown, name: string): Problem =>
  refusal(
    'cluster.yml cluster_name',
    {
      en: `the hosts are of ${clusterText(shown).en}, and the file is of the cluster ${name}`,
      zh: `这些主机属于${clusterText(shown).zh}，而文件描述的是集群 ${name}`,
    },
    {
      en: 'Use the file of that cluster. A single host that is left over from it is named with --limit.',
      zh: '请使用该集群的文件。若只是其遗留的个别主机，请用 --limit 指定。',
    },
    EXIT.unfit,
  )

/** Why these hosts are not reset together: they are of two clusters, or all of another one than the file. `limited`: they were named one by one. */
export const mismatches = (seen: Seen, name: string, limited: boolean): Problem[] => {
  const [shown] = seen.clusters
  if (seen.clusters.length > 1) return [severalProblem(seen)]
  return shown?.name !== undefined && shown.name !== name && !limited ? [otherProblem(shown, name)] : []
}
