/** Where a node's host records that the functional check has passed for it as it is; a part of the node that starts anew takes it away. */
export const CHECKED = '/etc/slipway/checked'

/** The units that make a host a node. */
export const NODE_UNITS: ReadonlySet<string> = new Set(['containerd', 'kubelet', 'kube-proxy'])
