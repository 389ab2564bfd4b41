import { runsAs } from '../cluster/runs-as.ts'
import { drainOf } from '../resources/drain.ts'
import { kubernetesOf } from '../steps/node-version.ts'
import type { Cluster, Member } from '../cluster/types.ts'
import type { Change } from './change.ts'
import type { World } from '../cluster/world.ts'

/** A host whose Node has another name than the file says by now. */
export type Rename = Readonly<{ member: Member; from: string }>

/** The hosts that were looked at and whose kubelet runs under a name that is not theirs any more. */
export const renamesOf = (members: readonly Member[], world: World): readonly Rename[] =>
  members.flatMap((member) => {
    const from = runsAs(world[member.key])
    return from === undefined || from === member.nodeName ? [] : [{ member, from }]
  })

/**
 * What goes around such a host's own changes, one host at a time: its pods are moved away and its old Node is deleted. Deleted first, because
 * nothing on the host would tell a later run of the old name once its kubelet has the new one. Behind them its new Node is waited for: the pods
 * of the next host need somewhere to go.
 */
export const changesForRenames = (
  cluster: Cluster,
  members: readonly Member[],
  renames: readonly Rename[],
  world: World,
  delegate: Member,
  batchOf: (host: string) => number,
): Change[] => {
  const { drain } = cluster.config.upgrade_strategy
  const nodes = world[delegate.key]?.nodes ?? []
  // Without a list of Nodes there is nothing to delete, and nobody to say what is Ready.
  if (nodes.length === 0) return []
  return renames.flatMap(({ member, from }): Change[] => {
    const old = nodes.find(({ name }) => name === from)
    const base = { host: delegate.key, phase: 'nodes', step: 'kubelet', batch: batchOf(member.key) } as const
    const reason = { en: `it becomes the node ${member.nodeName}`, zh: `将成为节点 ${member.nodeName}` }
    const away: Change = {
      ...base,
      id: `drain ${from}`,
      difference: { verb: 'update', reason },
      want: drainOf(cluster.config, from, member.key),
    }
    const gone: Change = {
      ...base,
      id: `node-absent ${from}`,
      difference: { verb: 'remove', reason },
      want: { kind: 'node-absent', name: from, host: member.key },
    }
    const back: Change = {
      ...base,
      id: `uncordon ${member.nodeName}`,
      difference: { verb: 'update', reason: { en: 'when it is Ready under its new name', zh: '以新名称就绪之后' } },
      want: { kind: 'uncordon', node: member.nodeName, host: member.key, version: kubernetesOf(cluster, members, member, world) },
    }
    // An earlier run was cut off behind the old Node: the new one is waited for all the same.
    if (!old) return drain ? [back] : []
    return drain && old.ready ? [away, gone, back] : [gone]
  })
}
