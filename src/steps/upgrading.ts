import { etcdStampPath } from '../resources/etcd.ts'
import { controlPlanes, etcdMembers } from '../cluster/roles.ts'
import { compareVersions, otherMinor, runningVersion } from '../cluster/versions.ts'
import type { Context, Member } from '../cluster/types.ts'

/** The version of a control plane's API server, from its unit's own file. */
export const apiserverOf = ({ world }: Context, { key }: Member): string | undefined =>
  runningVersion(world[key], 'kube-apiserver', 'kubernetes')

/** Where the snapshot before an upgrade lies. */
export const snapshotBefore = (kubernetes: string): string => `/var/lib/slipway/snapshots/before-${kubernetes}.db`

/** Whether some part of the control plane has the new minor already: then the way is on, not back, and nothing is asked that an interrupted run may have left. */
export const hasBegun = (context: Context): boolean => {
  const { release, world } = context
  const at = (member: Member, unit: string, component: string, wanted: string): boolean =>
    runningVersion(world[member.key], unit, component) === wanted
  const stamp = etcdStampPath(snapshotBefore(release.kubernetes))
  return (
    controlPlanes(context).some((member) => {
      const version = apiserverOf(context, member)
      return version !== undefined && !otherMinor(version, release.kubernetes)
    }) || etcdMembers(context).some((member) => world[member.key]?.paths[stamp] && at(member, 'etcd', 'etcd', release.etcd))
  )
}

/** Whether API servers of an older minor run, that is, whether this run upgrades. A way back is refused as such (preflight-version.ts). */
export const upgrades = (context: Context): boolean =>
  controlPlanes(context).some((member) => {
    const version = apiserverOf(context, member)
    const wanted = context.release.kubernetes
    return version !== undefined && otherMinor(version, wanted) && compareVersions(version, wanted) < 0
  })
