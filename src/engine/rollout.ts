import type { UnitResource } from '../resources/types.ts'
import { drainOf } from '../resources/drain.ts'
import { kubernetesOf } from '../steps/node-version.ts'
import { NODE_UNITS } from '../cluster/checked.ts'
import { otherMinor, runningVersion } from '../cluster/versions.ts'
import type { Cluster, Member } from '../cluster/types.ts'
import type { Change } from './change.ts'
import { changesForRenames, type Rename } from './renames.ts'
import type { World } from '../cluster/world.ts'

/** "10%" of 25 is 2, of 3 is 1: at least one, or an upgrade would never begin. */
export const atOnce = (limit: number | string, workers: number): number => {
  const number = Number.parseInt(String(limit), 10)
  return Math.max(1, String(limit).endsWith('%') ? Math.floor((number * workers) / 100) : number)
}

// Restarts of NODE_UNITS can take a node away from the cluster. A balancer's is over in a moment.

const restartsOn = (member: Member, changes: readonly Change[]): string[] =>
  changes.flatMap(({ host, want, difference }) =>
    host === member.key && want.kind === 'unit' && NODE_UNITS.has(want.name) && difference.verb === 'restart'
      ? [(want as UnitResource).name]
      : [],
  )

/** Whether its kubelet goes to another minor: an in-place change under running pods is not supported (kubernetes.io, Version Skew Policy). */
const changesMinor = (cluster: Cluster, members: readonly Member[], member: Member, world: World): boolean => {
  const running = runningVersion(world[member.key], 'kubelet', 'kubernetes')
  return running !== undefined && otherMinor(running, kubernetesOf(cluster, members, member, world))
}

/**
 * Nodes that an earlier run left drained come first, so that they are not away together with others. They, control planes and nodes that get
 * another name go one by one; other workers in groups.
 */
const batchesOf = (
  nodes: readonly Member[],
  size: number,
  isLeft: (member: Member) => boolean,
  isRenamed: (member: Member) => boolean,
): ReadonlyMap<string, number> => {
  const alone = [...new Set([...nodes.filter(isLeft), ...nodes.filter(({ roles }) => roles.controlPlane), ...nodes.filter(isRenamed)])]
  const workers = nodes.filter((one) => !alone.includes(one))
  return new Map([
    ...alone.map(({ key }, index) => [key, index] as const),
    ...workers.map(({ key }, index) => [key, alone.length + Math.floor(index / size)] as const),
  ])
}

const REASON = { en: 'its kubelet changes to another minor version', zh: '其 kubelet 将切换到另一个次版本' }
const AGAIN = { en: 'its kubelet has changed', zh: '其 kubelet 已切换' }

/** The drain and the uncordon that go around a node's own changes; done by the control plane that speaks for the cluster. */
const around = (cluster: Cluster, member: Member, batch: number, version: string, delegate: Member): Change[] => {
  const common = { host: delegate.key, phase: 'nodes', step: 'kubelet', batch } as const
  const node = member.nodeName
  return [
    {
      ...common,
      id: `drain ${node}`,
      difference: { verb: 'update', reason: REASON },
      want: drainOf(cluster.config, node, member.key),
    },
    {
      ...common,
      id: `uncordon ${node}`,
      difference: { verb: 'update', reason: AGAIN },
      want: { kind: 'uncordon', node, host: member.key, version },
    },
  ]
}

/**
 * Where in a row of restarts: etcd's leader goes last, so that leadership moves once. While it moves, etcd drops a write that a follower hands on
 * and answers nothing until its own time limit (raft's ErrProposalDropped; etcd/server/v3/config, ReqTimeout).
 */
const turnOf = ({ phase, host }: Change, world: World): number | undefined =>
  phase === 'etcd' && world[host]?.etcd?.leader ? 1 : undefined

/** What a roll-out is decided by. `delegate`: the control plane that drains; `renames`: nodes that get another name. */
export type Rollout = Readonly<{
  cluster: Cluster
  members: readonly Member[]
  world: World
  delegate: Member | undefined
  renames: readonly Rename[]
}>

/**
 * Puts the changes of nodes into batches: nodes of one batch are away together, and the next batch begins when all of them are back.
 * A node that needs nothing restarted has no batch. What changes the minor of a kubelet gets a drain and an uncordon around it. etcd's leader
 * takes its turn after the other members.
 */
export const rollOut = ({ cluster, members, world, delegate, renames }: Rollout, changes: readonly Change[]): Change[] => {
  const nodes = changes.filter(({ phase }) => phase === 'nodes')
  const renamed = (one: Member): boolean => renames.some(({ member }) => member.key === one.key)
  const left = changes.flatMap(({ want }) => (want.kind === 'uncordon' ? [want.host] : []))
  const rolling = members.filter((member) => renamed(member) || restartsOn(member, nodes).length > 0)
  const workers = members.filter(({ roles }) => roles.worker && !roles.controlPlane).length
  const { drain, max_unavailable_worker: limit } = cluster.config.upgrade_strategy
  const batches = batchesOf(rolling, atOnce(limit, workers), ({ key }) => left.includes(key), renamed)
  const batchOf = (host: string): number => batches.get(host) ?? 0
  // A node that gets another name is drained under its old one.
  const drained = rolling.filter(
    (member) => drain && !renamed(member) && restartsOn(member, nodes).includes('kubelet') && changesMinor(cluster, members, member, world),
  )
  const added = delegate
    ? [
        ...drained.flatMap((member) =>
          around(cluster, member, batchOf(member.key), kubernetesOf(cluster, members, member, world), delegate),
        ),
        ...changesForRenames(cluster, members, renames, world, delegate, batchOf),
      ]
    : []
  const ids = new Set(added.map(({ id }) => id))
  const own = changes.filter(({ id }) => !ids.has(id))
  return [
    ...own.map((change) => {
      // A node that an earlier run left drained takes pods again before others are drained.
      if (change.want.kind === 'uncordon') return { ...change, phase: 'nodes', step: 'kubelet', batch: batches.get(change.want.host) ?? -1 }
      const batch = change.phase === 'nodes' ? batches.get(change.host) : turnOf(change, world)
      return batch === undefined ? change : { ...change, batch }
    }),
    ...added,
  ]
}
