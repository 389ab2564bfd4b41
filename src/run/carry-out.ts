import { setTimeout } from 'node:timers/promises'
import { apply, type Outcome } from '../engine/apply.ts'
import type { Event } from '../engine/events.ts'
import { stagesFor } from '../engine/plan.ts'
import type { Plan } from '../engine/change.ts'
import { createVault } from '../engine/vault.ts'
import { readSecret } from './read-secret.ts'
import type { SecretName } from '../cluster/secret-names.ts'
import { EXIT } from '../problem.ts'
import type { World } from '../cluster/world.ts'
import { scriptProxy } from '../steps/proxy.ts'
import { failureText } from '../ui/failure-text.ts'
import { planText } from '../ui/plan-text.ts'
import { createReporter } from '../ui/create-reporter.ts'
import { deliveryFor } from './delivery.ts'
import { datedVault } from './issue-clock.ts'
import { openLog } from './run-log.ts'
import { type Intent, look, namesOf, planOf, refuse, type Session } from './session.ts'
import type { Io, Options } from './types.ts'

/** What every script of a run gets told besides its changes. */
const environmentOf = ({ config, hosts }: Intent, world: World, { flags }: Options) => ({
  ...scriptProxy(config, hosts, world),
  ...(flags['keep-failed'] === true ? { KEEP_FAILED: 'yes' } : {}),
})

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
  const { hosts, cluster, ownAuthorities: own } = intent
  const read = (name: SecretName) => readSecret(name, { hosts, world, own: Object.keys(own) }, fleet.transports)
  const create = (now: () => number) => createVault(read, now, { stages: stagesFor(cluster, hosts, world), own })
  const vault = datedVault(create, world, hosts, fleet.transports)
  let outcome: Outcome
  try {
    const surroundings = { environment: environmentOf(intent, world, options), deliver: deliveryFor(plan.changes, session, io) }
    outcome = await apply(plan.changes, fleet.transports, vault, report, io.signal, surroundings)
  } finally {
    await reporter.finish()
    await log.close()
  }
  const context = { language: io.language, logPath: log.path, again: io.command }
  for (const failure of outcome.failures) io.err(`${failureText(failure, context)}\n`)
  if (outcome.failures.length > 0) return EXIT.failed
  return outcome.lost.length > 0 ? EXIT.unreachable : EXIT.done
}

/** What may still be on its way right after a run: a leader that lost its lease while the API restarted comes back by itself. */
const SETTLING: ReadonlySet<string> = new Set(['unit', 'objects', 'node'])
const PAUSES_MS = [0, 3_000, 6_000, 12_000]

/** Looks again: what differs then, and goes on differing, is our bug. */
const verify = async (session: Session, options: Options, io: Io): Promise<number> => {
  const { intent, world } = session
  // What was to be renewed has been: after the run only what the file says counts.
  const wanted = { ...intent, cluster: { ...intent.cluster, renew: false, exchange: [] } }
  for (const [turn, pause] of PAUSES_MS.entries()) {
    await setTimeout(pause, undefined, { signal: io.signal })
    const after = await look(session, io.signal, world)
    const left = planOf({ intent: wanted, world: after.world })
    const wrong = [...after.problems, ...left.problems.filter(({ severity }) => severity === 'error')]
    if (wrong.length > 0) return refuse(wrong, io, options)
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

/** Applies a plan and looks again: what is still different then is our bug. */
export const carryOut = async (plan: Plan, session: Session, options: Options, io: Io): Promise<number> =>
  (await applyPlan(plan, session, options, io)) || (await verify(session, options, io))
