import { say } from '../words.ts'
import { owned, type Refusal, removed, setting } from './refusal.ts'

const CADVISOR = [
  'application-metrics-count-limit',
  'boot-id-file',
  'container-hints',
  'containerd',
  'containerd-namespace',
  'enable-load-reader',
  'event-storage-age-limit',
  'event-storage-event-limit',
  'global-housekeeping-interval',
  'log-cadvisor-usage',
  'machine-id-file',
  'storage-driver-user',
  'storage-driver-password',
  'storage-driver-host',
  'storage-driver-db',
  'storage-driver-table',
  'storage-driver-secure',
  'storage-driver-buffer-duration',
]

/** Flags of kubelet. */
export const KUBELET: readonly Refusal[] = [
  setting('hostname-override', 'nodes[].hostname_override'),
  setting('node-ip', 'nodes[].internal_address'),
  setting('node-labels', 'nodes[].labels'),
  setting('register-with-taints', 'nodes[].taints'),
  setting('cluster-domain', 'cluster_domain'),
  owned(
    'config',
    'config-dir',
    'kubeconfig',
    'bootstrap-kubeconfig',
    'cert-dir',
    'root-dir',
    'tls-cert-file',
    'tls-private-key-file',
    'client-ca-file',
    'container-runtime-endpoint',
    'cgroup-driver',
  ),
  removed(24, ['network-plugin', 'cni-conf-dir', 'cni-bin-dir', 'cni-cache-dir']),
  removed(27, ['container-runtime', 'master-service-namespace']),
  removed(31, ['keep-terminated-pod-volumes', 'iptables-masquerade-bit', 'iptables-drop-bit']),
  removed(34, ['cloud-config']),
  removed(
    35,
    ['pod-infra-container-image'],
    say("Take it out: containerd's own setting names the pause image.", '请删除：pause 镜像由 containerd 的配置指定。'),
  ),
  removed(37, CADVISOR),
]
