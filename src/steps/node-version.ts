import type { World } from '../cluster/world.ts'
import { otherMinor, runningVersion } from '../cluster/versions.ts'
import type { Cluster, Member } from '../cluster/types.ts'

/** What the API says of a node's kubelet, from whoever could ask. */
const kubeletOf = (name: string, world: World): string | undefined =>
  Object.values(world)
    .flatMap(({ nodes }) => nodes)
    .find((node) => node.name === name)?.kubelet || undefined

/**
 * The control planes that do not answer and may still be of an older minor: their kubelets were, when last heard. When such a host comes back its
 * API server answers newer kubelets, which no version skew allows (kubernetes.io, Version Skew Policy).
 */
export const mayBeOlder = ({ release }: Cluster, members: readonly Member[], world: World): readonly Member[] =>
  members.filter(({ key, nodeName, roles }) => {
    if (!roles.controlPlane || world[key] !== undefined) return false
    const seen = kubeletOf(nodeName, world)
    return seen === undefined || otherMinor(seen, release.kubernetes)
  })

/**
 * The Kubernetes version that a node's kubelet and kube-proxy are to have: the release's, or the one that runs there as long as some control plane
 * may be of an older minor.
 */
export const kubernetesOf = (cluster: Cluster, members: readonly Member[], member: Member, world: World): string => {
  const running = runningVersion(world[member.key], 'kubelet', 'kubernetes')
  const wanted = cluster.release.kubernetes
  if (running === undefined || !otherMinor(running, wanted)) return wanted
  return mayBeOlder(cluster, members, world).length > 0 ? running : wanted
}
