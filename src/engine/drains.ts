import { runsAs } from '../hosts/runs-as.ts'
import type { UnitResource } from '../resources/types.ts'
import { otherMinor, runningVersion } from '../steps/running.ts'
import type { Cluster, Member } from '../steps/types.ts'
import type { Change } from './plan.ts'
import type { World } from './world.ts'

/** "10%" of 25 is 2, of 3 is 1: at least one, or an upgrade would never begin. */
export const atOnce = (limit: string, workers: number): number =>
  Math.max(1, limit.endsWith('%') ? Math.floor((Number.parseInt(limit, 10) * workers) / 100) : Number.parseInt(limit, 10))

/** The nodes whose kubelet goes to another minor: an in-place change under running pods is not supported (kubernetes.io, Version Skew Policy). */
const toDrain = (cluster: Cluster, members: readonly Member[], changes: readonly Change[], world: World): Member[] =>
  members.filter((member) => {
    const restarts = changes.some(
      ({ host, want, difference }) =>
        host === member.key && want.kind === 'unit' && (want as UnitResource).name === 'kubelet' && difference.verb === 'restart',
    )
    // A node that gets another name is drained under its old one (renames.ts).
    const from = runsAs(world[member.key])
    if (from !== undefined && from !== member.nodeName) return false
    const running = runningVersion(world[member.key], 'kubelet', 'kubernetes')
    return restarts && running !== undefined && otherMinor(running, cluster.release.kubernetes)
  })

/** Control planes go one by one, workers in groups. */
const batchesOf = (nodes: readonly Member[], size: number): (readonly [Member, number])[] => {
  const planes = nodes.filter(({ roles }) => roles.controlPlane)
  const workers = nodes.filter(({ roles }) => !roles.controlPlane)
  return [
    ...planes.map((node, index) => [node, index] as const),
    ...workers.map((node, index) => [node, planes.length + Math.floor(index / size)] as const),
  ]
}

/** The drains and uncordons that go around the nodes' own changes; done by the control plane that speaks for the cluster. */
export const drainsFor = (
  cluster: Cluster,
  members: readonly Member[],
  changes: readonly Change[],
  world: World,
  speaker: Member,
): Change[] => {
  const { drain, drain_timeout: timeout, max_unavailable_worker: limit } = cluster.config.upgrade_strategy
  if (!drain) return []
  const workers = members.filter(({ roles }) => roles.worker && !roles.controlPlane).length
  const reason = { en: 'its kubelet changes to another minor version', zh: '其 kubelet 将切换到另一个次版本' }
  const again = { en: 'its kubelet has changed', zh: '其 kubelet 已切换' }
  const change = (kind: 'drain' | 'uncordon', member: Member, batch: number): Change => ({
    host: speaker.key,
    phase: 'nodes',
    step: 'kubelet',
    id: `${kind} ${member.nodeName}`,
    difference: { verb: 'update', reason: kind === 'drain' ? reason : again },
    want:
      kind === 'drain'
        ? { kind, node: member.nodeName, host: member.key, batch, timeout }
        : { kind, node: member.nodeName, host: member.key, batch, version: cluster.release.kubernetes },
  })
  return batchesOf(toDrain(cluster, members, changes, world), atOnce(limit, workers)).flatMap(([member, batch]) => [
    change('drain', member, batch),
    change('uncordon', member, batch),
  ])
}
