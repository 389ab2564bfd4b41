import { hostname, userInfo } from 'node:os'
import { parseSurvey, type ResetResult, resetHost, SURVEY, type Survey } from '../engine/reset.ts'
import { ambiguity, entriesNamed } from '../engine/removal.ts'
import type { Host } from '../config/hosts.ts'
import { assemble, type Fleet } from '../run/fleet.ts'
import { escapeRemote } from '../hosts/lines.ts'
import { type Lock, takeLock } from '../hosts/lock.ts'
import { capture, type Transport, TransportError } from '../hosts/transport.ts'
import { createShare } from '../hosts/share.ts'
import { EXIT, type Problem } from '../problem.ts'
import { askWord, createAsk } from '../ui/prompt.ts'
import { destructionText, type ResetTarget, leftText, resultText, stageText } from '../ui/reset-text.ts'
import { exitOf, type Intent, readIntent, sayProblems } from '../run/session.ts'
import type { Command, Io, Options } from '../run/types.ts'

type Target = Readonly<{ host: Host; name: string; transport: Transport; survey: Survey }>
type Done = Readonly<{ name: string; host: Host; result: ResetResult | { state: 'nothing'; left: readonly [] } }>

type Ended = Readonly<{ cluster: string; done: readonly Done[]; problems: readonly Problem[] }>

const nameOf = ({ name, address }: Host): string => name ?? address

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

const unseenProblem = (transport: Transport, error: Error): Problem => ({
  at: transport.label,
  what: { en: `the host could not be looked at: ${escapeRemote(error.message)}`, zh: `无法探测主机：${escapeRemote(error.message)}` },
  fix: { en: 'Log in there and see whether a shell works.', zh: '请登录该主机检查 shell 是否正常。' },
  severity: 'error',
  exit: EXIT.unreachable,
})

/** Looks at every connected host; those that cannot be looked at are Problems. */
const survey = async (hosts: readonly Host[], fleet: Fleet): Promise<{ targets: Target[]; problems: Problem[] }> => {
  const problems: Problem[] = []
  const seen = await Promise.all(
    hosts.map(async (host): Promise<Target[]> => {
      const transport = fleet.transports.get(host.key)
      if (!transport) return []
      try {
        const { exit, stdout, stderr } = await capture(transport, SURVEY, { signal: AbortSignal.timeout(60_000) })
        if (exit !== 0) throw new Error(`exit ${exit}: ${stderr.slice(-300)}`)
        return [{ host, name: nameOf(host), transport, survey: parseSurvey(stdout) }]
      } catch (error) {
        problems.push(error instanceof TransportError ? error.problem : unseenProblem(transport, error as Error))
        return []
      }
    }),
  )
  return { targets: seen.flat(), problems }
}

/** Whether the one who asked means this cluster: the name typed in, or given with --confirm. A mere yes is too quick. */
export const meant = async (cluster: string, text: string, options: Options, io: Io): Promise<number> => {
  const zh = io.language === 'zh'
  const { confirm } = options.flags
  if (options.output === 'text') io.err(`${text}\n`)
  if (confirm === undefined && io.interactive) {
    const typed = await askWord(
      { en: `Type the cluster's name (${cluster}) to go on:`, zh: `请输入集群名称（${cluster}）以继续：` },
      io.language,
    )
    if (typed.trim() === cluster) return EXIT.done
    io.err(zh ? '名称不符，未做任何更改。\n' : 'That is not its name. Nothing was changed.\n')
    return EXIT.interrupted
  }
  if (confirm === cluster) return EXIT.done
  io.err(zh ? `未做任何更改。要继续执行，请加 --confirm ${cluster}。\n` : `Nothing was changed. To go on, add --confirm ${cluster}.\n`)
  return EXIT.config
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

/** The cluster's lock. Of a cluster whose control planes do not answer nobody can hold it. */
const lockOf = (hosts: readonly Host[], fleets: readonly Fleet[], cluster: string, { command }: Io): Promise<Lock | Problem> => {
  const planes = hosts.filter(({ roles }) => roles.controlPlane).toSorted((a, b) => nameOf(a).localeCompare(nameOf(b), 'en'))
  const transports = planes.flatMap(({ key }) => fleets.flatMap((fleet) => fleet.transports.get(key) ?? []))
  const owner = { who: userInfo().username, from: hostname(), run: `${process.pid}`, command }
  return takeLock(transports, planes.length, cluster, owner)
}

const resetTargetsOf = (targets: readonly Target[]): ResetTarget[] =>
  targets.map(({ name, transport, survey }) => ({ name, label: transport.label, survey }))

const nothing = ({ name, host }: Target): Done => ({ name, host, result: { state: 'nothing', left: [] } })

/** What is said when there is nothing to begin with. */
const refuse = (problems: readonly Problem[], options: Options, io: Io): number => {
  if (options.output === 'json') io.out(`${JSON.stringify({ hosts: [], problems })}\n`)
  else sayProblems(problems, io)
  return exitOf(problems)
}

/** Looks, asks, takes the lock, resets. */
const resetHosts = async (intent: Intent, hosts: readonly Host[], options: Options, io: Io): Promise<number> => {
  const cluster = intent.config.cluster_name
  const environment = { home: io.home, env: io.env, ask: io.interactive ? createAsk(io.language) : undefined, share: createShare() }
  await using fleet = await assemble(hosts, environment)
  const { targets, problems: unseen } = await survey(hosts, fleet)
  const problems = [...fleet.problems, ...unseen]
  if (!targets.some(({ survey }) => survey.present)) return tell({ cluster, done: targets.map(nothing), problems }, options, io)
  const others = intent.hosts.filter((host) => !hosts.includes(host))
  const refused = await meant(cluster, destructionText(cluster, resetTargetsOf(targets), others.map(nameOf), io.language), options, io)
  if (refused !== EXIT.done) return refused
  // The lock is the control planes', whoever is reset; one of them that does not answer is no matter of this run.
  const planes = others.filter(({ roles }) => roles.controlPlane)
  await using beside = await assemble(planes, environment)
  const lock = await lockOf(intent.hosts, [fleet, beside], cluster, io)
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
    en: 'Take the cluster away from its hosts (--confirm NAME, --limit HOST,...)',
    zh: '从主机上移除集群（--confirm 名称，--limit 主机，...）',
  },
  usage: ['[--confirm CLUSTER] [--limit HOST,...]'],
  flags: { confirm: { type: 'string' } },
  shared: ['limit'],
  run: async (options, io) => {
    const intent = await readIntent(options)
    if ('problems' in intent) return refuse(intent.problems, options, io)
    const { hosts, problems } = limited(intent.hosts, options.limit)
    return problems.length > 0 ? refuse(problems, options, io) : resetHosts(intent, hosts, options, io)
  },
}
