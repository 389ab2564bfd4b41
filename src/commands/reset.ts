import { type ResetResult, resetHost } from '../engine/reset.ts'
import { ambiguity, entriesNamed } from '../engine/removal.ts'
import type { Host } from '../config/hosts.ts'
import { assemble, type Fleet } from '../run/fleet.ts'
import { type Lock, takeLock } from '../hosts/lock.ts'
import { EXIT, type Problem } from '../problem.ts'
import { destructionText, type ResetTarget, leftText, resultText, stageText } from '../ui/reset-text.ts'
import { confirmWords } from '../cluster/identity.ts'
import { meant } from '../run/confirm-cluster.ts'
import { ownerOf } from '../run/operator.ts'
import { environmentOf, exitOf, type Intent, readIntent, sayProblems } from '../run/session.ts'
import type { Command, Io, Options } from '../run/types.ts'
import { LOCK_NAME } from '../run/under-lock.ts'
import { mismatches, nameOf, survey, type Target } from './reset-survey.ts'

type Done = Readonly<{ name: string; host: Host; result: ResetResult | { state: 'nothing'; left: readonly [] } }>

type Ended = Readonly<{ cluster: string; done: readonly Done[]; problems: readonly Problem[] }>

const unknownHost = (word: string): Problem => ({
  at: `--limit ${word}`,
  what: { en: 'cluster.yml has no such host', zh: 'cluster.yml 中没有该主机' },
  fix: { en: 'Name hosts by their address or hostname_override.', zh: '请使用主机的地址或 hostname_override。' },
  severity: 'error',
  exit: EXIT.config,
})

/** The hosts that --limit names, or all; and what is wrong with its words. */
export const limited = (hosts: readonly Host[], limit: readonly string[]): { hosts: readonly Host[]; problems: readonly Problem[] } => {
  if (limit.length === 0) return { hosts, problems: [] }
  const named = limit.map((word) => ({ word, entries: entriesNamed(hosts, word) }))
  const chosen = named.flatMap(({ entries }) => entries)
  return {
    hosts: hosts.filter((host) => chosen.includes(host)),
    problems: named.flatMap(({ word, entries }) =>
      entries.length === 0 ? unknownHost(word) : (ambiguity(`--limit ${word}`, entries) ?? []),
    ),
  }
}

const resetAll = (targets: readonly Target[], options: Options, io: Io): Promise<Done[]> =>
  Promise.all(
    targets.map(async ({ host, name, transport, survey: { present } }): Promise<Done> => {
      const began = (stage: string): void => {
        if (options.output === 'text' && present) io.err(`[${name}] ${stageText(stage, io.language)}\n`)
      }
      const result = await resetHost(transport, began, io.signal)
      return { name, host, result: !present && result.state === 'done' ? { state: 'nothing', left: [] } : result }
    }),
  )

const sayJson = ({ cluster, done, problems }: Ended, io: Io): void => {
  const hosts = done.map(({ name, host, result }) => ({
    host: host.key,
    name,
    ...result,
    left: result.left.map((left) => ({ ...left, text: leftText(left, io.language) })),
  }))
  io.out(`${JSON.stringify({ cluster, hosts, problems })}\n`)
}

const sayText = ({ done, problems }: Ended, io: Io): void => {
  const zh = io.language === 'zh'
  for (const { name, result } of done) if (result.state !== 'nothing') io.err(`${resultText(name, result, io.language)}\n`)
  sayProblems(problems, io)
  if (done.every(({ result }) => result.state === 'nothing'))
    io.err(zh ? '没有需要移除的内容。\n' : 'There is nothing of Slipway to take away.\n')
  if (problems.length > 0 || done.some(({ result }) => result.state === 'failed'))
    io.err(zh ? '排除原因后再次运行同一命令即可继续。\n' : 'The same command goes on from here, once that is mended.\n')
}

/** Says how it went, and with which exit code. */
const tell = (ended: Ended, options: Options, io: Io): number => {
  const { done, problems } = ended
  const lost = done.flatMap(({ result }) => (result.state === 'lost' ? [result.problem] : []))
  const all = { ...ended, problems: [...problems, ...lost] }
  if (options.output === 'json') sayJson(all, io)
  else sayText(all, io)
  return done.some(({ result }) => result.state === 'failed') ? EXIT.failed : exitOf(all.problems)
}

/** The cluster's lock, on every server that answers: of a cluster whose control planes do not, nobody can hold it. */
const lockOf = (hosts: readonly Host[], fleets: readonly Fleet[], io: Io): Promise<Lock | Problem> => {
  const servers = hosts.filter(({ roles }) => roles.controlPlane || roles.etcd).toSorted((a, b) => a.key.localeCompare(b.key, 'en'))
  const candidates = servers.flatMap(({ key }) =>
    fleets.flatMap((fleet) => fleet.transports.get(key) ?? []).map((transport) => ({ key, transport })),
  )
  return takeLock(candidates, { name: LOCK_NAME, owner: ownerOf(io) })
}

const resetTargetsOf = (targets: readonly Target[]): ResetTarget[] =>
  targets.map(({ name, transport, survey, identity }) => ({ name, label: transport.label, survey, ...(identity ? { identity } : {}) }))

const nothing = ({ name, host }: Target): Done => ({ name, host, result: { state: 'nothing', left: [] } })

/** What is said when there is nothing to begin with. */
const refuse = (problems: readonly Problem[], options: Options, io: Io): number => {
  if (options.output === 'json') io.out(`${JSON.stringify({ hosts: [], problems })}\n`)
  else sayProblems(problems, io)
  return exitOf(problems)
}

/** Looks, asks, takes the lock, resets. */
const resetHosts = async (intent: Intent, hosts: readonly Host[], options: Options, io: Io): Promise<number> => {
  const { cluster_name } = intent.config
  const environment = environmentOf(io)
  await using fleet = await assemble(hosts, environment)
  const seen = await survey(hosts, fleet)
  const { targets } = seen
  const problems = [...fleet.problems, ...seen.problems]
  const mismatched = mismatches(seen, cluster_name, options.limit.length > 0)
  if (mismatched.length > 0) return refuse([...problems, ...mismatched], options, io)
  const cluster = seen.clusters[0]?.name ?? cluster_name
  if (!targets.some(({ survey }) => survey.present)) return tell({ cluster, done: targets.map(nothing), problems }, options, io)
  const others = intent.hosts.filter((host) => !hosts.includes(host))
  const words = confirmWords({ name: cluster, ca: seen.clusters[0]?.ca ?? [] }, targets[0]?.name ?? cluster)
  const refused = await meant(words, destructionText(cluster, resetTargetsOf(targets), others.map(nameOf), io.language), options, io)
  if (refused !== EXIT.done) return refused
  // The lock is the servers', whoever is reset; one of them that does not answer is no matter of this run.
  const servers = others.filter(({ roles }) => roles.controlPlane || roles.etcd)
  await using beside = await assemble(servers, environment)
  const lock = await lockOf(intent.hosts, [fleet, beside], io)
  if ('what' in lock) return refuse([lock], options, io)
  try {
    return tell({ cluster, done: await resetAll(targets, options, io), problems }, options, io)
  } finally {
    await lock.release()
  }
}

/** `slipway reset`: takes away from the hosts what Slipway wrote, and gives back what was there before. */
export const reset: Command = {
  name: 'reset',
  summary: {
    en: 'Take the cluster away from its hosts (--confirm WORD, --limit HOST,...)',
    zh: '从主机上移除集群（--confirm 确认词，--limit 主机，...）',
  },
  usage: ['[--confirm WORD] [--limit HOST,...]'],
  flags: { confirm: { type: 'string' } },
  shared: ['limit'],
  run: async (options, io) => {
    const intent = await readIntent(options)
    if ('problems' in intent) return refuse(intent.problems, options, io)
    const { hosts, problems } = limited(intent.hosts, options.limit)
    return problems.length > 0 ? refuse(problems, options, io) : resetHosts(intent, hosts, options, io)
  },
}
