import { TransportError, type Transport } from '../hosts/transport.ts'
import { escapeRemote } from '../hosts/lines.ts'
import { kindOf } from '../resources/index.ts'
import type { Failure, Report } from './events.ts'
import type { Change } from './change.ts'
import { composeScript } from './script.ts'
import { type Batch, type Stage, stagesOf } from './stages.ts'
import type { Vault } from '../resources/types.ts'

/** How a run ended: on which hosts it failed, and whether all stages were gone through. */
export type Outcome = Readonly<{ failures: readonly Failure[]; lost: readonly string[]; complete: boolean }>

/** What every script finds in its environment. */
export type Environment = Readonly<Record<string, string>>

/** Brings to a host what the changes of a batch need that the host does not fetch itself. Throws DeliveryError. */
export type Deliver = (batch: Batch, transport: Transport, report: Report) => Promise<void>

/** What a change needs could not be brought to its host; `lines` say why. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'
  readonly change: Change
  readonly lines: readonly string[]
  constructor(change: Change, lines: readonly string[]) {
    super(lines.join('\n'))
    this.change = change
    this.lines = lines
  }
}

/** What surrounds a run: the environment of its scripts, and how bytes come to hosts that do not fetch them. */
export type Surroundings = Readonly<{ environment?: Environment; deliver?: Deliver | undefined }>

const LAST_LINES = 20

type Progress = { current: Change | undefined; since: number; lines: string[] }

/** Takes in one line of a script's talk: a marker moves the progress on, anything else is kept for the log and for an error report. */
const listen = (batch: Batch, progress: Progress, line: string, report: Report): void => {
  const [, word, rest = ''] = /^::slipway (begin|done|note) ?(.*)$/.exec(line) ?? []
  const { host } = batch
  if (word === 'begin') {
    progress.current = batch.changes[Number(rest)]
    progress.since = performance.now()
    progress.lines = []
    if (progress.current) report({ type: 'change-begin', host, change: progress.current })
  } else if (word === 'done') {
    const change = batch.changes[Number(rest)]
    if (change) report({ type: 'change-done', host, change, seconds: (performance.now() - progress.since) / 1000 })
  } else if (word === 'note') report({ type: 'note', host, text: escapeRemote(rest) })
  else {
    const text = escapeRemote(line)
    progress.lines.push(text)
    if (progress.lines.length > LAST_LINES) progress.lines.shift()
    report({ type: 'output', host, line: text })
  }
}

const runBatch = async (
  batch: Batch,
  transport: Transport,
  vault: Vault,
  report: Report,
  signal: AbortSignal,
  { environment = {}, deliver }: Surroundings,
): Promise<Failure | 'lost' | undefined> => {
  const progress: Progress = { current: undefined, since: 0, lines: [] }
  const { host } = batch
  try {
    await deliver?.(batch, transport, report)
    const steps = []
    for (const change of batch.changes) steps.push({ change, payload: (await kindOf(change.want).produce?.(change.want, vault)) ?? {} })
    for await (const output of transport.run(composeScript(steps, environment), { signal })) {
      if (!('exit' in output)) listen(batch, progress, output.line, report)
      else if (output.exit !== 0) {
        const failure: Failure = { host, label: transport.label, change: progress.current, exit: output.exit ?? 128, lines: progress.lines }
        report({ type: 'change-failed', host, failure })
        return failure
      }
    }
  } catch (error) {
    if (error instanceof DeliveryError) {
      const failure: Failure = { host, label: transport.label, change: error.change, exit: 1, lines: error.lines }
      report({ type: 'change-failed', host, failure })
      return failure
    }
    if (!(error instanceof TransportError)) throw error
    report({ type: 'host-lost', host, problem: error.problem })
    return 'lost'
  }
}

/**
 * Carries out a plan, stage by stage. A host that fails ends its own part; the others finish the stage they are in, and no further
 * stage begins. Every place to stop is a safe one: the next run goes on from what it finds.
 */
export const apply = async (
  changes: readonly Change[],
  transports: ReadonlyMap<string, Transport>,
  vault: Vault,
  report: Report,
  signal: AbortSignal,
  surroundings: Surroundings = {},
): Promise<Outcome> => {
  const stages: readonly Stage[] = stagesOf(changes)
  const failures: Failure[] = []
  // What one script of this run finds to be down, the next does not ask again (engine/fetch.sh).
  const shared = { ...surroundings, environment: { ...surroundings.environment, SLIPWAY_RUN: crypto.randomUUID() } }
  const lost: string[] = []
  for (const [index, stage] of stages.entries()) {
    signal.throwIfAborted()
    report({ type: 'stage', number: index + 1, of: stages.length, stage })
    const results = await Promise.all(
      stage.batches.map((batch) => {
        const transport = transports.get(batch.host)
        if (!transport) throw new Error(`no connection to ${batch.host}`)
        return runBatch(batch, transport, vault, report, signal, shared)
      }),
    )
    for (const [at, result] of results.entries()) {
      if (result === 'lost') lost.push(stage.batches[at]?.host ?? '')
      else if (result) failures.push(result)
    }
    if (failures.length > 0 || lost.length > 0) return { failures, lost, complete: false }
  }
  return { failures, lost, complete: true }
}
