import type { Text } from '../text.ts'
import { say } from './words.ts'

/** The components whose flags can be set in `services`. */
export type Component = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kubelet'

/** Why a flag may not stand in extra_args, and what to do. `since`: only from that Kubernetes minor on. `good`: values that are fine. */
export type Refusal = Readonly<{
  flags: readonly string[]
  since?: number
  good?: (values: readonly string[]) => boolean
  what: Text
  fix: Text
}>

const REMOVE = say('Take it out.', '请删除。')
const ours = say(
  'Slipway writes this flag: the certificates, files and addresses of the cluster depend on it.',
  '该参数由 Slipway 写入：集群的证书、文件和地址都依赖它。',
)
const owned = (...flags: string[]): Refusal => ({ flags, what: ours, fix: REMOVE })
const setting = (flag: string, key: string): Refusal => ({
  flags: [flag],
  what: say('Slipway writes this flag from another key.', '该参数由 Slipway 根据另一个键写入。'),
  fix: say(`Set ${key} instead.`, `请改为设置 ${key}。`),
})
const removed = (since: number, flags: readonly string[], fix: Text = REMOVE): Refusal => ({
  flags,
  since,
  what: say(
    `Kubernetes 1.${since} removed this flag: the component would not start.`,
    `Kubernetes 1.${since} 已移除该参数：组件将无法启动。`,
  ),
  fix,
})

const includesAll =
  (...needed: string[]) =>
  (values: readonly string[]): boolean => {
    const parts = values.flatMap((value) => value.split(',')).map((part) => part.trim())
    return needed.every((one) => parts.includes(one))
  }

const AUTHENTICATION: readonly Refusal[] = [
  {
    flags: ['oidc-*'],
    what: say(
      'kube-apiserver does not start with --oidc-* beside --authentication-config, which Slipway uses.',
      '--oidc-* 与 Slipway 使用的 --authentication-config 不能并存，kube-apiserver 将无法启动。',
    ),
    fix: say('Take it out; sign-in by OIDC cannot be set in cluster.yml yet.', '请删除；目前还不能在 cluster.yml 中配置 OIDC 登录。'),
  },
  {
    flags: ['anonymous-auth'],
    what: say(
      'kube-apiserver does not start with --anonymous-auth beside --authentication-config, which Slipway uses.',
      '--anonymous-auth 与 Slipway 使用的 --authentication-config 不能并存，kube-apiserver 将无法启动。',
    ),
    fix: say(
      'Take it out: only /livez, /readyz and /healthz answer without a certificate already.',
      '请删除：匿名请求本来就只能访问 /livez、/readyz 和 /healthz。',
    ),
  },
]

const APISERVER: readonly Refusal[] = [
  ...AUTHENTICATION,
  setting('service-cluster-ip-range', 'network.service_cidr'),
  {
    flags: ['authorization-mode'],
    good: includesAll('Node', 'RBAC'),
    what: say(
      'Without Node and RBAC nobody, not even the nodes, may do anything.',
      '缺少 Node 和 RBAC 时，包括节点在内的任何人都没有权限。',
    ),
    fix: say('Write it with both: Node,RBAC.', '请两者都写：Node,RBAC。'),
  },
  owned(
    'authentication-config',
    'authorization-config',
    'etcd-servers',
    'etcd-cafile',
    'etcd-certfile',
    'etcd-keyfile',
    'client-ca-file',
    'tls-cert-file',
    'tls-private-key-file',
    'kubelet-client-certificate',
    'kubelet-client-key',
    'kubelet-certificate-authority',
    'service-account-key-file',
    'service-account-signing-key-file',
    'requestheader-*',
    'proxy-client-cert-file',
    'proxy-client-key-file',
    'encryption-provider-config',
    'advertise-address',
    'secure-port',
    'cert-dir',
  ),
  removed(33, ['cloud-provider', 'cloud-config']),
]

const CONTROLLERS: readonly Refusal[] = [
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

const SCHEDULER: readonly Refusal[] = [
  owned(
    'config',
    'kubeconfig',
    'authentication-kubeconfig',
    'authorization-kubeconfig',
    'secure-port',
    'cert-dir',
    'tls-cert-file',
    'tls-private-key-file',
  ),
  removed(24, ['address', 'port']),
]

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

const KUBELET: readonly Refusal[] = [
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
    say("Take it out: containerd's own setting names the pause image.", '请删除:pause 镜像由 containerd 的配置指定。'),
  ),
  removed(37, CADVISOR),
]

const ETCD: readonly Refusal[] = [
  owned(
    'name',
    'data-dir',
    'config-file',
    'listen-peer-urls',
    'listen-client-urls',
    'listen-metrics-urls',
    'initial-*',
    'advertise-client-urls',
    'cert-file',
    'key-file',
    'trusted-ca-file',
    'client-cert-auth',
    'peer-cert-file',
    'peer-key-file',
    'peer-trusted-ca-file',
    'peer-client-cert-auth',
    'auto-tls',
    'peer-auto-tls',
    'force-new-cluster',
    'discovery*',
  ),
  {
    flags: ['experimental-*'],
    since: 34,
    what: say(
      'etcd 3.6 renamed the --experimental-* flags and 3.7 removed the old names: etcd would not start.',
      'etcd 3.6 改了 --experimental-* 参数的名称，3.7 移除了旧名：etcd 将无法启动。',
    ),
    fix: say(
      'Write it without experimental-, or as a feature gate (etcd --help lists both).',
      '请去掉 experimental-,或写成 feature-gates(见 etcd --help)。',
    ),
  },
  removed(34, ['enable-v2', 'proxy', 'proxy-failure-wait']),
]

/** What may not stand in `services.<component>.extra_args`; `*` at the end of a name stands for any rest. */
export const REFUSED: Readonly<Record<Component, readonly Refusal[]>> = {
  etcd: ETCD,
  'kube-apiserver': APISERVER,
  'kube-controller-manager': CONTROLLERS,
  'kube-scheduler': SCHEDULER,
  kubelet: KUBELET,
}

const matches = (pattern: string, flag: string): boolean =>
  pattern.endsWith('*') ? flag.startsWith(pattern.slice(0, -1)) : flag === pattern

/** Why `flag` may not be set (or left out, with null) for a component of Kubernetes 1.`minor`; undefined when it may. */
export const refusal = (
  component: Component,
  flag: string,
  value: string | readonly string[] | null,
  minor: number,
): Refusal | undefined => {
  const values = value === null ? [] : typeof value === 'string' ? [value] : value
  return REFUSED[component].find(
    (rule) => (rule.since ?? 0) <= minor && rule.flags.some((pattern) => matches(pattern, flag)) && !rule.good?.(values),
  )
}

/** Fields of the components' own config files that Slipway writes and the cluster depends on. */
export const REFUSED_FIELDS: Readonly<Record<'kubelet' | 'kube-proxy', Readonly<Record<string, Text>>>> = {
  kubelet: {
    apiVersion: REMOVE,
    kind: REMOVE,
    tlsCertFile: REMOVE,
    tlsPrivateKeyFile: REMOVE,
    serverTLSBootstrap: say(
      "Take it out: Slipway issues kubelet's serving certificate itself.",
      '请删除：kubelet 的服务证书由 Slipway 签发。',
    ),
    containerRuntimeEndpoint: REMOVE,
    cgroupDriver: REMOVE,
    clusterDNS: say(
      'Set network.service_cidr instead: DNS is its tenth address.',
      '请改为设置 network.service_cidr:DNS 使用其中第 10 个地址。',
    ),
    clusterDomain: say('Set cluster_domain instead.', '请改为设置 cluster_domain。'),
    registerWithTaints: say('Set nodes[].taints instead.', '请改为设置 nodes[].taints。'),
  },
  'kube-proxy': {
    apiVersion: REMOVE,
    kind: REMOVE,
    clientConnection: REMOVE,
    hostnameOverride: say('Set nodes[].hostname_override instead.', '请改为设置 nodes[].hostname_override。'),
    clusterCIDR: say('Set network.pod_cidr instead.', '请改为设置 network.pod_cidr。'),
    mode: say('Set network.proxy_mode instead.', '请改为设置 network.proxy_mode。'),
  },
}

/** What is said of such a field; the fix stands beside its name. */
export const FIELD_IS_OURS = say('Slipway writes this field: the cluster depends on it.', '该字段由 Slipway 写入：集群依赖它。')
