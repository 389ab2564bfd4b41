import { hostname, userInfo } from 'node:os'
import { parseSurvey, type ResetResult, resetHost, SURVEY, type Survey } from '../engine/reset.ts'
import type { Host } from '../config/hosts.ts'
import { assemble, type Fleet } from '../hosts/fleet.ts'
import { escapeRemote } from '../hosts/lines.ts'
import { type Lock, takeLock } from '../hosts/lock.ts'
import { capture, createShare, type Transport, TransportError } from '../hosts/transport.ts'
import { EXIT, type Problem } from '../problem.ts'
import { askWord, createAsk } from '../ui/prompt.ts'
import { destructionText, type Doomed, leftText, resultText, stageText } from '../ui/reset-text.ts'
import { exitOf, readIntent, sayProblems } from './session.ts'
import type { Command, Io, Options } from './types.ts'

type Target = Readonly<{ host: Host; name: string; transport: Transport; survey: Survey }>
type Done = Readonly<{ name: string; host: Host; result: ResetResult | { state: 'nothing'; left: readonly [] } }>

const nameOf = ({ name, address }: Host): string => name ?? address

/** The hosts that --limit names, or all; words that name none. */
export const limited = (hosts: readonly Host[], limit: readonly string[]): { hosts: readonly Host[]; unknown: readonly string[] } => {
  const names = (host: Host): string[] => [host.key, host.address, nameOf(host)]
  return {
    hosts: limit.length === 0 ? hosts : hosts.filter((host) => names(host).some((name) => limit.includes(name))),
    unknown: limit.filter((word) => !hosts.some((host) => names(host).includes(word))),
  }
}

const unknownHost = (word: string): Problem => ({
  at: `--limit ${word}`,
  what: { en: 'cluster.yml has no such host', zh: 'cluster.yml 中没有该主机' },
  fix: { en: 'Name hosts by their address or hostname_override.', zh: '请使用主机的地址或 hostname_override。' },
  severity: 'error',
  exit: EXIT.config,
})

const unseen = (transport: Transport, error: Error): Problem => ({
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
        problems.push(error instanceof TransportError ? error.problem : unseen(transport, error as Error))
        return []
      }
    }),
  )
  return { targets: seen.flat(), problems }
}

/** Whether the one who asked means this cluster: the name typed in, or given with --confirm. A mere yes is too quick. */
const meant = async (cluster: string, text: string, options: Options, io: Io): Promise<number> => {
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
  io.err(zh ? `未做任何更改。要执行重置，请加 --confirm ${cluster}。\n` : `Nothing was changed. To reset it, add --confirm ${cluster}.\n`)
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

const tell = (cluster: string, done: readonly Done[], problems: readonly Problem[], options: Options, io: Io): number => {
  const lost = done.flatMap(({ result }) => (result.state === 'lost' ? [result.problem] : []))
  const all = [...problems, ...lost]
  if (options.output === 'json') {
    const hosts = done.map(({ name, host, result }) => ({
      host: host.key,
      name,
      ...result,
      left: result.left.map((left) => ({ ...left, text: leftText(left, io.language) })),
    }))
    io.out(`${JSON.stringify({ cluster, hosts, problems: all })}\n`)
  } else {
    for (const { name, result } of done) if (result.state !== 'nothing') io.err(`${resultText(name, result, io.language)}\n`)
    sayProblems(all, io)
    if (done.every(({ result }) => result.state === 'nothing'))
      io.err(io.language === 'zh' ? '没有需要移除的内容。\n' : 'There is nothing of Slipway to take away.\n')
    const failed = done.some(({ result }) => result.state === 'failed')
    if (failed || all.length > 0)
      io.err(io.language === 'zh' ? '排除原因后再次运行同一命令即可继续。\n' : 'The same command goes on from here, once that is mended.\n')
  }
  return done.some(({ result }) => result.state === 'failed') ? EXIT.failed : exitOf(all)
}

/** The cluster's lock. Of a cluster whose control planes do not answer nobody can hold it. */
const lockOf = (hosts: readonly Host[], fleets: readonly Fleet[], cluster: string, options: Options): Promise<Lock | Problem> => {
  const planes = hosts.filter(({ roles }) => roles.controlPlane).toSorted((a, b) => nameOf(a).localeCompare(nameOf(b), 'en'))
  const transports = planes.flatMap(({ key }) => fleets.flatMap((fleet) => fleet.transports.get(key) ?? []))
  const owner = { who: userInfo().username, from: hostname(), run: `${process.pid}`, command: `reset -f ${options.file}` }
  return takeLock(transports, planes.length, cluster, owner)
}

const doomedOf = (targets: readonly Target[]): Doomed[] =>
  targets.map(({ name, transport, survey }) => ({ name, label: transport.label, survey }))

/** `slipway reset`: takes away from the hosts what Slipway wrote, and gives back what was there before. */
export const reset: Command = {
  name: 'reset',
  summary: {
    en: 'Take the cluster away from its hosts (--confirm NAME, --limit HOST,...)',
    zh: '从主机上移除集群（--confirm 名称，--limit 主机,...）',
  },
  flags: { confirm: { type: 'string' } },
  run: async (options, io) => {
    const intent = await readIntent(options)
    if ('problems' in intent) {
      sayProblems(intent.problems, io)
      return exitOf(intent.problems)
    }
    const cluster = intent.config.cluster_name
    const { hosts, unknown } = limited(intent.hosts, options.limit)
    if (unknown.length > 0) {
      sayProblems(unknown.map(unknownHost), io)
      return EXIT.config
    }
    const environment = { home: io.home, env: io.env, ask: io.interactive ? createAsk(io.language) : undefined, share: createShare() }
    await using fleet = await assemble(hosts, environment)
    const seen = await survey(hosts, fleet)
    const problems = [...fleet.problems, ...seen.problems]
    if (!seen.targets.some(({ survey }) => survey.present))
      return tell(
        cluster,
        seen.targets.map(({ name, host }) => ({ name, host, result: { state: 'nothing', left: [] } })),
        problems,
        options,
        io,
      )
    const others = intent.hosts.filter((host) => !hosts.includes(host))
    const refused = await meant(cluster, destructionText(cluster, doomedOf(seen.targets), others.map(nameOf), io.language), options, io)
    if (refused !== EXIT.done) return refused
    // The lock is the control planes', whoever is reset; one of them that does not answer is no matter of this run.
    await using beside = await assemble(
      others.filter(({ roles }) => roles.controlPlane),
      environment,
    )
    const lock = await lockOf(intent.hosts, [fleet, beside], cluster, options)
    if ('what' in lock) {
      sayProblems([lock], io)
      return lock.exit
    }
    try {
      return tell(cluster, await resetAll(seen.targets, options, io), problems, options, io)
    } finally {
      await lock.release()
    }
  },
}
