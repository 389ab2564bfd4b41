import { say } from '../words.ts'
import { owned, type Refusal, removed, setting } from './refusal.ts'

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

/** Flags of kube-apiserver. */
export const APISERVER: readonly Refusal[] = [
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
