import { PHASES } from '../steps/index.ts'
import type { Phase } from '../steps/types.ts'
import type { Change } from './change.ts'

/** What one host does without waiting for others: one script. */
export type Batch = Readonly<{ host: string; changes: readonly Change[] }>

/** Batches that run side by side; the next stage begins when all are done. */
export type Stage = Readonly<{ phases: readonly string[]; batches: readonly Batch[] }>

/** Restarting these on several hosts at once would cost the quorum or the API. */
const ONE_AT_A_TIME = new Set(['etcd', 'apiserver', 'controllers'])

/** What makes a phase disruptive: a running part restarts, or etcd gets another member, of which it takes one at a time. */
const disrupts = ({ difference, want }: Change): boolean => difference.verb === 'restart' || want.kind === 'etcd-join'

const starts = (changes: readonly Change[], unit: string): readonly Change[] =>
  changes.filter(({ want, difference }) => want.kind === 'unit' && want.name === unit && difference.verb === 'start')

/** Several members are founded together: none is up before the others are. */
const foundsTogether = (changes: readonly Change[]): boolean =>
  starts(changes, 'etcd').length > 1 && !changes.some(({ want }) => want.kind === 'etcd-join')

/** An API server starts that asks members of etcd on other hosts. */
const asksOthers = (changes: readonly Change[]): boolean => {
  const founding = new Set(starts(changes, 'etcd').map(({ host }) => host))
  return founding.size > 0 && starts(changes, 'kube-apiserver').some(({ host }) => !founding.has(host))
}

/**
 * Where hosts wait for each other. Members that are founded together start when every host has fetched all it needs, for each of them
 * waits for the others with a time limit, and mirrors can be slow; nothing that `prepare` does needs a key, so it costs no stage.
 */
const waits = (phase: Phase, changes: readonly Change[]): boolean => {
  if (phase.id === 'prepare') return !foundsTogether(changes)
  if (phase.id === 'etcd') return foundsTogether(changes)
  if (phase.id === 'apiserver') return asksOthers(changes)
  return phase.barrier
}

type Draft = { phases: string[]; changes: Change[]; open: boolean }

const batchesOf = (changes: readonly Change[]): Batch[] =>
  [...new Set(changes.map(({ host }) => host))].map((host) => ({ host, changes: changes.filter((change) => change.host === host) }))

const turnOf = ({ changes }: Batch): number => Math.min(...changes.map(({ batch = 0 }) => batch))

/** First, together, the hosts where nothing that serves is stopped: the others may need them. Then the rest, one by one. */
const turnsOf = (changes: readonly Change[]): Change[][] => {
  const batches = batchesOf(changes)
  const quiet = batches.filter((batch) => !batch.changes.some(disrupts)).flatMap((batch) => batch.changes)
  const loud = batches
    .filter((batch) => batch.changes.some(disrupts))
    .toSorted((a, b) => turnOf(a) - turnOf(b))
    .map((batch) => [...batch.changes])
  return quiet.length > 0 ? [quiet, ...loud] : loud
}

/** What another host does before a node's own changes. */
const isBefore = ({ want: { kind } }: Change): boolean => kind === 'drain' || kind === 'node-absent'

/** Nodes where nothing restarts first, side by side; then batch by batch: drain, the nodes' own changes, uncordon. */
const nodeStages = (changes: readonly Change[]): Change[][] => {
  const numbers = [...new Set(changes.flatMap(({ batch }) => batch ?? []))].sort((a, b) => a - b)
  const inBatch = (number: number) => {
    const mine = changes.filter(({ batch }) => batch === number)
    const isAfter = ({ want }: Change): boolean => want.kind === 'uncordon'
    return [mine.filter(isBefore), mine.filter((change) => !isBefore(change) && !isAfter(change)), mine.filter(isAfter)]
  }
  return [changes.filter(({ batch }) => batch === undefined), ...numbers.flatMap(inBatch)].filter((stage) => stage.length > 0)
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
      for (const turn of turnsOf(own)) drafts.push({ phases: [phase.id], changes: turn, open: false })
    else if (last?.open && !waits(phase, changes)) {
      last.phases.push(phase.id)
      last.changes.push(...own)
    } else drafts.push({ phases: [phase.id], changes: [...own], open: true })
  }
  return drafts.map(({ phases, changes: own }) => ({ phases, batches: batchesOf(own) }))
}
