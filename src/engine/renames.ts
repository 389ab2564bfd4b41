import { runsAs } from '../hosts/runs-as.ts'
import { drainOf } from '../resources/drain.ts'
import type { Cluster, Member } from '../steps/types.ts'
import type { Change } from './change.ts'
import type { World } from './world.ts'

/** A host whose Node has another name than the file says by now. */
export type Rename = Readonly<{ member: Member; from: string }>

/** The hosts that were looked at and whose kubelet runs under a name that is not theirs any more. */
export const renamesOf = (members: readonly Member[], world: World): readonly Rename[] =>
  members.flatMap((member) => {
    const from = runsAs(world[member.key])
    return from === undefined || from === member.nodeName ? [] : [{ member, from }]
  })

/**
 * What goes before such a host's own changes, one host at a time: its pods are moved away and its old Node is deleted. Deleted first, because
 * nothing on the host would tell a later run of the old name once its kubelet has the new one.
 */
export const changesForRenames = (
  cluster: Cluster,
  renames: readonly Rename[],
  world: World,
  speaker: Member,
  batchOf: (host: string) => number,
): Change[] => {
  const { drain } = cluster.config.upgrade_strategy
  const nodes = world[speaker.key]?.nodes ?? []
  return renames
    .filter(({ from }) => nodes.some(({ name }) => name === from))
    .flatMap(({ member, from }): Change[] => {
      const base = { host: speaker.key, phase: 'nodes', step: 'kubelet', batch: batchOf(member.key) } as const
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
      return drain && nodes.some(({ name, ready }) => name === from && ready) ? [away, gone] : [gone]
    })
}
