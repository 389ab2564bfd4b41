import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { apply, type Outcome } from '../engine/apply.ts'
import type { Event } from '../engine/events.ts'
import { membersOf } from '../engine/members.ts'
import { type Plan, stagesFor } from '../engine/plan.ts'
import { authorityOf } from '../resources/generations.ts'
import { createVault } from '../engine/vault.ts'
import { readSecret } from '../hosts/read-secret.ts'
import { takeLock } from '../hosts/lock.ts'
import { EXIT } from '../problem.ts'
import { scriptProxy } from '../steps/proxy.ts'
import { failureText } from '../ui/failure-text.ts'
import { planText } from '../ui/plan-text.ts'
import { problemText } from '../ui/problems.ts'
import { confirmPlan } from '../ui/prompt.ts'
import { createReporter } from '../ui/reporter.ts'
import { deliveryFor, lackingIn } from './delivery.ts'
import { lockPathOf } from '../releases/pins.ts'
import { writeWhole } from './write-file.ts'
import { withLogins } from './logins.ts'
import { exitOf, type Intent, look, namesOf, planOf, sayProblems, type Session } from './session.ts'
import type { Io, Options } from './types.ts'

const idsOf = ({ changes }: Plan): string =>
  changes.map(({ host, id, difference }) => `${host} ${id} ${difference.verb} ${difference.diff ?? ''}`).join('\n')

/** The run's own log on this machine: everything the hosts printed, already escaped, without payloads. */
const openLog = async (io: Io, cluster: string) => {
  const path = join(
    io.env.XDG_STATE_HOME ?? join(io.home, '.local/state'),
    'slipway',
    cluster,
    `${new Date().toISOString().replaceAll(':', '')}.log`,
  )
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const stream = createWriteStream(path, { mode: 0o600 })
  const write = (event: Event): void => {
    const line = (host: string, text: string) => stream.write(`${new Date().toISOString()} ${host} ${text}\n`)
    if (event.type === 'output') line(event.host, event.line)
    else if (event.type === 'note') line(event.host, `note: ${event.text}`)
    else if (event.type === 'change-begin') line(event.host, `begin ${event.change.id}`)
    else if (event.type === 'change-done') line(event.host, `done ${event.change.id} ${event.seconds.toFixed(2)} s`)
    else if (event.type === 'change-failed') line(event.host, `failed with ${event.failure.exit}`)
  }
  return { path, write, close: () => new Promise<void>((resolve) => stream.end(() => resolve())) }
}

const agreed = async (plan: Plan, session: Session, options: Options, io: Io): Promise<boolean> => {
  if (options.output === 'text') io.err(planText(plan, namesOf(session.intent, session.world), io.language, io.style, options.verbose))
  if (options.yes) return true
  if (!io.interactive) {
    io.err(io.language === 'zh' ? '没有终端可供确认：请加 --yes。\n' : 'There is no terminal to ask on: add --yes.\n')
    return false
  }
  return confirmPlan(io.language)
}

/** What every script of a run gets told besides its changes. */
const environmentOf = ({ config, hosts }: Intent, { flags }: Options) => ({
  ...scriptProxy(config, hosts),
  ...(flags['keep-failed'] === true ? { KEEP_FAILED: 'yes' } : {}),
})

/** Applies a plan and looks again: what is still different then is our bug. */
export const carryOut = async (plan: Plan, session: Session, options: Options, io: Io): Promise<number> =>
  (await applyPlan(plan, session, options, io)) || (await verify(session, io))

/** Applies a plan, shows how it goes, and says what failed. */
export const applyPlan = async (plan: Plan, session: Session, options: Options, io: Io): Promise<number> => {
  const { intent, fleet, world } = session
  const log = await openLog(io, intent.config.cluster_name)
  const reporter = createReporter(options.output === 'json' ? 'json' : io.interactive && !options.verbose ? 'listr' : 'plain', {
    language: io.language,
    style: io.style,
    stream: options.output === 'json' ? process.stdout : process.stderr,
    members: () => namesOf(intent, world),
    verbose: options.verbose,
  })
  const report = (event: Event): void => {
    log.write(event)
    reporter.report(event)
  }
  const vault = createVault(
    (name) => readSecret(name, world, fleet.transports),
    () => Date.now(),
    { stages: stagesFor(intent.cluster, world), own: intent.ownAuthorities },
  )
  let outcome: Outcome
  try {
    const surroundings = { environment: environmentOf(intent, options), deliver: deliveryFor(plan.changes, session, io) }
    outcome = await apply(plan.changes, fleet.transports, vault, report, io.signal, surroundings)
  } finally {
    await reporter.finish()
    await log.close()
  }
  const again = `slipway up -f ${options.file}`
  for (const failure of outcome.failures) io.err(`${failureText(failure, { language: io.language, logPath: log.path, again })}\n`)
  if (outcome.failures.length > 0) return EXIT.failed
  return outcome.lost.length > 0 ? EXIT.unreachable : EXIT.done
}

/** What may still be on its way right after a run: a leader that lost its lease while the API restarted comes back by itself. */
const SETTLING: ReadonlySet<string> = new Set(['unit', 'objects', 'node'])
const PAUSES_MS = [0, 3_000, 6_000, 12_000]

/** Looks again: what differs then, and goes on differing, is our bug. */
export const verify = async (session: Session, io: Io): Promise<number> => {
  const { intent, world } = session
  // What was to be renewed has been: after the run only what the file says counts.
  const wanted = { ...intent, cluster: { ...intent.cluster, renew: false, exchange: [] } }
  for (const [turn, pause] of PAUSES_MS.entries()) {
    await setTimeout(pause, undefined, { signal: io.signal })
    const after = await look(session, io.signal, world)
    const left = planOf({ intent: wanted, world: after.world })
    const wrong = [...after.problems, ...left.problems.filter(({ severity }) => severity === 'error')]
    if (wrong.length > 0) {
      sayProblems(wrong, io)
      return exitOf(wrong)
    }
    if (left.changes.length === 0) return EXIT.done
    if (turn < PAUSES_MS.length - 1 && left.changes.every(({ want }) => SETTLING.has(want.kind))) continue
    io.err(
      io.language === 'zh' ? '这是 Slipway 的缺陷：应用后仍有差异：\n' : 'This is a bug of Slipway: after the run these still differ:\n',
    )
    io.err(planText(left, namesOf(intent, after.world), io.language, io.style, true))
    return EXIT.bug
  }
  return EXIT.bug
}

const done = (io: Io, options: Options, text: { en: string; zh: string }): number => {
  if (options.output === 'text') io.err(`${text[io.language]}\n`)
  return EXIT.done
}

/** The part under the lock: look again, because somebody may have changed something while a person was reading the plan. */
const locked = async (first: Plan, session: Session, options: Options, io: Io): Promise<number> => {
  const { intent, fleet } = session
  const again = await look(session, io.signal, session.world)
  const renewed: Session = { ...session, world: again.world }
  const second = planOf(renewed)
  const problems = [...again.problems, ...second.problems]
  if (exitOf(problems) !== EXIT.done) {
    sayProblems(problems, io)
    return exitOf(problems)
  }
  if (second.changes.length === 0) return done(io, options, { en: 'Nothing is left to do.', zh: '没有需要更改的内容。' })
  if (idsOf(second) !== idsOf(first)) {
    io.err(io.language === 'zh' ? '主机在此期间有变化，新的计划如下：\n' : 'The hosts changed in the meantime. This is the new plan:\n')
    if (!(await agreed(second, renewed, options, io))) return EXIT.interrupted
  }
  const exit = await carryOut(second, { ...renewed, fleet, intent }, options, io)
  return exit === EXIT.done
    ? done(io, options, {
        en: `The cluster ${intent.config.cluster_name} is as cluster.yml says.`,
        zh: `集群 ${intent.config.cluster_name} 已与 cluster.yml 一致。`,
      })
    : exit
}

const owner = (options: Options) => ({
  who: userInfo().username,
  from: hostname(),
  run: `${process.pid}`,
  command: `up -f ${options.file}`,
})

const isEstablished = ({ world }: Session): boolean => Object.keys(world).length > 0 && authorityOf(world, 'ca') !== undefined

/** The hosts that did not answer decide how a run ends that went well on all others. */
const withoutSome = (missing: number, io: Io): number => {
  if (missing !== EXIT.done)
    io.err(
      io.language === 'zh'
        ? '以上无法连接的主机未作任何处理；恢复后再次运行 slipway up。\n'
        : 'The hosts that could not be reached were left as they are; run slipway up again when they are back.\n',
    )
  return missing
}

const make = async (plan: Plan, session: Session, options: Options, io: Io): Promise<number> => {
  if (plan.changes.length === 0)
    return done(io, options, { en: 'No changes. The hosts are as cluster.yml says.', zh: '没有更改。主机与 cluster.yml 一致。' })
  if (!(await agreed(plan, session, options, io))) return EXIT.interrupted
  return underLock(session, options, io, () => locked(plan, session, options, io))
}

/** Does something that changes the cluster while no other run can; says who holds the lock when somebody does. */
export const underLock = async (session: Session, options: Options, io: Io, work: () => Promise<number>): Promise<number> => {
  const { intent, fleet, world } = session
  const members = membersOf(intent.hosts, world).filter(({ roles }) => roles.controlPlane)
  const planes = members
    .toSorted((a, b) => a.nodeName.localeCompare(b.nodeName, 'en'))
    .flatMap(({ key }) => fleet.transports.get(key) ?? [])
  const lock = await takeLock(planes, members.length, intent.config.cluster_name, owner(options))
  if ('what' in lock) {
    io.err(`${problemText(lock, io.language, io.style)}\n`)
    return lock.exit
  }
  try {
    return await work()
  } finally {
    await lock.release()
  }
}

/** What the control planes had of cluster.lock.yml lies beside cluster.yml from now on. */
const keepAdopted = async ({ adopted }: Session, options: Options, io: Io): Promise<void> => {
  if (adopted === undefined) return
  const path = lockPathOf(options.file === '-' ? 'cluster.yml' : options.file)
  await writeWhole(path, adopted)
  io.err(
    io.language === 'zh' ? `${path} 不存在，已取用控制平面上的副本。\n` : `${path} was missing here: the control planes' copy was taken.\n`,
  )
}

/** Plans for what was seen, asks, and makes it so; the exit code of a run. */
export const converge = async (seen: Session, options: Options, io: Io): Promise<number> => {
  const { intent, problems: unread } = await withLogins(seen.intent, io)
  if (unread.length > 0) {
    sayProblems(unread, io)
    return exitOf(unread)
  }
  const session: Session = { ...seen, intent }
  await keepAdopted(session, options, io)
  const plan = planOf(session)
  sayProblems([...session.intent.warnings, ...session.problems, ...plan.problems], io)
  if (exitOf(plan.problems) !== EXIT.done) return Math.max(exitOf(plan.problems), exitOf(session.problems))
  const lacking = session.bundle ? await lackingIn(session.bundle, plan.changes, io) : []
  if (lacking.length > 0) {
    sayProblems(lacking, io)
    return exitOf(lacking)
  }
  const missing = exitOf(session.problems)
  // A cluster that exists goes on without a dead host; a first install either has all its hosts or touches none.
  if (missing !== EXIT.done && (options.strict || !isEstablished(session))) return missing
  return (await make(plan, session, options, io)) || withoutSome(missing, io)
}
