import type { DrainResource, NodeAbsentResource, UncordonResource } from '../resources/types.ts'
import { PHASES } from '../steps/index.ts'
import type { Change } from './plan.ts'

/** What one host does without waiting for others: one script. */
export type Batch = Readonly<{ host: string; changes: readonly Change[] }>

/** Batches that run side by side; the next stage begins when all are done. */
export type Stage = Readonly<{ phases: readonly string[]; batches: readonly Batch[] }>

/** Restarting these on several hosts at once would cost the quorum or the API. */
const ONE_AT_A_TIME = new Set(['etcd', 'apiserver', 'controllers'])

/** What makes a phase disruptive: a running part restarts, or etcd gets another member, of which it takes one at a time. */
const disrupts = ({ difference, want }: Change): boolean => difference.verb === 'restart' || want.kind === 'etcd-join'

type Draft = { phases: string[]; changes: Change[]; open: boolean }

const batchesOf = (changes: readonly Change[]): Batch[] =>
  [...new Set(changes.map(({ host }) => host))].map((host) => ({ host, changes: changes.filter((change) => change.host === host) }))

/** What another host does around a node's own changes: before them, or after. */
const isBefore = ({ want: { kind } }: Change): boolean => kind === 'drain' || kind === 'node-absent'
const isDrain = (change: Change): boolean => isBefore(change) || (change.want.kind === 'uncordon' && change.phase === 'nodes')
const around = ({ want }: Change) => want as DrainResource | UncordonResource | NodeAbsentResource

/** Nodes that need no drain first; then batch by batch: drain, the nodes' own changes, uncordon. */
const nodeStages = (changes: readonly Change[]): Change[][] => {
  const drains = changes.filter(isDrain)
  const drained = new Set(drains.map((change) => around(change).host))
  const rest = changes.filter((change) => !isDrain(change) && !drained.has(change.host))
  const numbers = [...new Set(drains.map((change) => around(change).batch))].sort((a, b) => a - b)
  const inBatch = (number: number) => {
    const mine = drains.filter((change) => around(change).batch === number)
    const hosts = new Set(mine.map((change) => around(change).host))
    return [
      mine.filter(isBefore),
      changes.filter((change) => !isDrain(change) && hosts.has(change.host)),
      mine.filter(({ want }) => want.kind === 'uncordon'),
    ]
  }
  return [rest, ...numbers.flatMap(inBatch)].filter((stage) => stage.length > 0)
}

/**
 * Orders a plan: everything a host does between two points where hosts wait for each other is one batch, and there are as few such
 * points as possible. What is new goes in parallel; what already runs on a control plane is changed one host at a time.
 */
export const stagesOf = (changes: readonly Change[]): readonly Stage[] => {
  const drafts: Draft[] = []
  for (const phase of PHASES) {
    const own = changes.filter((change) => change.phase === phase.id)
    if (own.length === 0) continue
    const last = drafts.at(-1)
    if (phase.id === 'nodes') for (const stage of nodeStages(own)) drafts.push({ phases: [phase.id], changes: stage, open: false })
    else if (ONE_AT_A_TIME.has(phase.id) && own.some(disrupts))
      for (const batch of batchesOf(own)) drafts.push({ phases: [phase.id], changes: [...batch.changes], open: false })
    else if (last?.open && !phase.barrier) {
      last.phases.push(phase.id)
      last.changes.push(...own)
    } else drafts.push({ phases: [phase.id], changes: [...own], open: true })
  }
  return drafts.map(({ phases, changes: own }) => ({ phases, batches: batchesOf(own) }))
}
