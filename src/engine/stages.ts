import { PHASES } from '../steps/index.ts'
import type { Change } from './plan.ts'

/** What one host does without waiting for others: one script. */
export type Batch = Readonly<{ host: string; changes: readonly Change[] }>

/** Batches that run side by side; the next stage begins when all are done. */
export type Stage = Readonly<{ phases: readonly string[]; batches: readonly Batch[] }>

/** Restarting these on several hosts at once would cost the quorum or the API. */
const ONE_AT_A_TIME = new Set(['control-plane'])

const hostsOf = (changes: readonly Change[]): string[] => [...new Set(changes.map(({ host }) => host))]
const of = (changes: readonly Change[], host: string): Change[] => changes.filter((change) => change.host === host)

const restarts = (changes: readonly Change[]): boolean => changes.some(({ difference }) => difference.verb === 'restart')

/**
 * Orders a plan: everything a host does between two points where hosts wait for each other is one batch, and there are as few such
 * points as possible. What is new goes in parallel; what already runs on a control plane is changed one host at a time.
 */
export const stagesOf = (changes: readonly Change[]): readonly Stage[] => {
  const stages: { phases: string[]; changes: Change[]; serial: boolean }[] = []
  for (const phase of PHASES) {
    const own = changes.filter((change) => change.phase === phase.id)
    if (own.length === 0) continue
    const serial = ONE_AT_A_TIME.has(phase.id) && restarts(own)
    const last = stages.at(-1)
    if (last && !phase.barrier && !serial && !last.serial) {
      last.phases.push(phase.id)
      last.changes.push(...own)
    } else stages.push({ phases: [phase.id], changes: own, serial })
  }
  return stages.flatMap((stage): Stage[] => {
    const batches = hostsOf(stage.changes).map((host) => ({ host, changes: of(stage.changes, host) }))
    return stage.serial ? batches.map((batch) => ({ phases: stage.phases, batches: [batch] })) : [{ phases: stage.phases, batches }]
  })
}
