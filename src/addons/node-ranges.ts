import type { PodNetwork } from './types.ts'

/** The controller manager cuts pod_cidr into one range a node, and kube-proxy takes pod_cidr for the addresses of pods. */
export const nodeRanges: Pick<PodNetwork, 'controllerManager' | 'kubeProxy'> = {
  controllerManager: ({ network }) => ({
    'allocate-node-cidrs': 'true',
    'cluster-cidr': network.pod_cidr,
    'node-cidr-mask-size': String(network.node_mask),
  }),
  kubeProxy: ({ network }) => ({ clusterCIDR: network.pod_cidr, detectLocalMode: 'ClusterCIDR' }),
}
