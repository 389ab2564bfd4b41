import { owned, type Refusal, removed, setting } from './refusal.ts'

/** Flags of kube-controller-manager. */
export const CONTROLLER_MANAGER: readonly Refusal[] = [
  setting('cluster-cidr', 'network.pod_cidr'),
  setting('service-cluster-ip-range', 'network.service_cidr'),
  setting('node-cidr-mask-size', 'network.node_mask'),
  setting('node-cidr-mask-size-ipv4', 'network.node_mask'),
  setting('cluster-name', 'cluster_name'),
  owned(
    'config',
    'kubeconfig',
    'authentication-kubeconfig',
    'authorization-kubeconfig',
    'client-ca-file',
    'requestheader-client-ca-file',
    'root-ca-file',
    'service-account-private-key-file',
    'cluster-signing-cert-file',
    'cluster-signing-key-file',
    'secure-port',
    'cert-dir',
    'tls-cert-file',
    'tls-private-key-file',
  ),
  removed(24, ['address', 'port']),
  removed(27, ['enable-taint-manager', 'pod-eviction-timeout']),
  removed(31, [
    'volume-host-cidr-denylist',
    'volume-host-allow-local-loopback',
    'horizontal-pod-autoscaler-upscale-delay',
    'horizontal-pod-autoscaler-downscale-delay',
  ]),
  removed(37, ['concurrent-service-syncs']),
]
