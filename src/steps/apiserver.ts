import { clientUrl } from '../cluster/etcd-view.ts'
import { unitText } from '../templates/unit.ts'
import { auditPolicy, authenticationConfiguration } from '../templates/audit-policy.ts'
import { anyEnded, API_READY, CIPHERS, clientCertificate, installed, leaf, PKI, withExtraArgs } from './common.ts'
import { etcdMembers } from '../cluster/roles.ts'
import { apiServiceIp } from '../cluster/service-ips.ts'
import type { Step } from './types.ts'
import type { Context } from '../cluster/types.ts'

const AUDIT = '/etc/kubernetes/audit-policy.yaml'
const AUTHENTICATION = '/etc/kubernetes/authentication.yaml'
const ENCRYPTION = '/etc/kubernetes/encryption.yaml'

/** A control plane that holds etcd asks its own member, so that growth of the cluster restarts no apiserver. */
const etcdServers = (context: Context): string =>
  context.member.roles.etcd ? 'https://127.0.0.1:2379' : etcdMembers(context).map(clientUrl).join(',')

const sans = (context: Context): string[] => {
  const { config, member } = context
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', `kubernetes.default.svc.${config.cluster_domain}`]
  const reachable = [
    member.address,
    member.ip,
    member.nodeName,
    config.control_plane_endpoint ?? '',
    config.control_plane_vip?.address ?? '',
    ...config.extra_sans,
  ]
  return [...new Set([...names, 'localhost', '127.0.0.1', apiServiceIp(context), ...reachable])].filter((san) => san !== '').sort()
}

const flags = (context: Context): Record<string, string> => {
  const { config, member } = context
  return {
    'advertise-address': member.ip,
    'secure-port': '6443',
    'allow-privileged': 'true',
    'etcd-servers': etcdServers(context),
    'etcd-cafile': `${PKI}/etcd/ca.crt`,
    'etcd-certfile': `${PKI}/apiserver-etcd-client.crt`,
    'etcd-keyfile': `${PKI}/apiserver-etcd-client.key`,
    'client-ca-file': `${PKI}/ca.crt`,
    'tls-cert-file': `${PKI}/apiserver.crt`,
    'tls-private-key-file': `${PKI}/apiserver.key`,
    'tls-min-version': 'VersionTLS12',
    'tls-cipher-suites': CIPHERS.join(','),
    'authentication-config': AUTHENTICATION,
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'kubelet-client-certificate': `${PKI}/apiserver-kubelet-client.crt`,
    'kubelet-client-key': `${PKI}/apiserver-kubelet-client.key`,
    'kubelet-certificate-authority': `${PKI}/ca.crt`,
    'kubelet-preferred-address-types': 'InternalIP,ExternalIP,Hostname',
    'service-cluster-ip-range': config.network.service_cidr,
    'service-account-issuer': `https://kubernetes.default.svc.${config.cluster_domain}`,
    'service-account-key-file': `${PKI}/sa.pub`,
    'service-account-signing-key-file': `${PKI}/sa.key`,
    'service-account-extend-token-expiration': 'false',
    'requestheader-client-ca-file': `${PKI}/front-proxy-ca.crt`,
    'requestheader-allowed-names': 'front-proxy-client',
    'requestheader-username-headers': 'X-Remote-User',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'proxy-client-cert-file': `${PKI}/front-proxy-client.crt`,
    'proxy-client-key-file': `${PKI}/front-proxy-client.key`,
    // A control plane need not run kube-proxy's rules for its own requests: the aggregator then asks the endpoints themselves.
    'enable-aggregator-routing': 'true',
    'encryption-provider-config': ENCRYPTION,
    'audit-policy-file': AUDIT,
    'audit-log-path': '/var/log/kubernetes/audit.log',
    'audit-log-maxage': '30',
    'audit-log-maxbackup': '10',
    'audit-log-maxsize': '100',
    profiling: 'false',
    // Balancers see /readyz fail for this long before connections are refused.
    'shutdown-delay-duration': '10s',
    // Without it open watches keep a stopping server for its whole request timeout of 60 s.
    'shutdown-watch-termination-grace-period': '5s',
  }
}

const inputs = [
  `${PKI}/ca.crt`,
  `${PKI}/front-proxy-ca.crt`,
  `${PKI}/etcd/ca.crt`,
  `${PKI}/apiserver.crt`,
  `${PKI}/apiserver-etcd-client.crt`,
  `${PKI}/apiserver-kubelet-client.crt`,
  `${PKI}/front-proxy-client.crt`,
  `${PKI}/sa.pub`,
  `${PKI}/sa.key`,
  ENCRYPTION,
  AUDIT,
  AUTHENTICATION,
]

export const apiserver: Step = {
  id: 'kube-apiserver',
  title: { en: 'kube-apiserver', zh: 'kube-apiserver' },
  on: 'control-plane',
  leaves: ['path /var/log/kubernetes', 'path /run/kubernetes'],
  resources: (context) => [
    // A worker that becomes a control plane: its balancer holds the port that the API server needs.
    {
      kind: 'unit-absent',
      name: 'kube-apiserver-balancer',
      reason: { en: 'a control plane has its own API server', zh: '控制平面使用自己的 API 服务器' },
    },
    { kind: 'directory', path: '/var/log/kubernetes', mode: '0700' },
    {
      kind: 'certificate',
      path: `${PKI}/apiserver`,
      form: 'pair',
      authority: 'ca',
      commonName: 'kube-apiserver',
      organizations: [],
      sans: sans(context),
      usages: ['server'],
      ...leaf(context),
    },
    clientCertificate(context, { path: `${PKI}/apiserver-etcd-client`, commonName: 'kube-apiserver-etcd-client', authority: 'etcd-ca' }),
    // Without a group: RBAC names this user (CHANGELOG-1.37 did the same in kubeadm).
    clientCertificate(context, { path: `${PKI}/apiserver-kubelet-client`, commonName: 'kube-apiserver-kubelet-client' }),
    clientCertificate(context, { path: `${PKI}/front-proxy-client`, commonName: 'front-proxy-client', authority: 'front-proxy-ca' }),
    { kind: 'file', path: AUDIT, text: auditPolicy(), mode: '0600' },
    { kind: 'file', path: AUTHENTICATION, text: authenticationConfiguration(), mode: '0600' },
    {
      kind: 'unit',
      name: 'kube-apiserver',
      inputs,
      within: 180,
      ...(anyEnded(context, [`${PKI}/apiserver.crt`, `${PKI}/apiserver-etcd-client.crt`]) ? { spent: true } : {}),
      ready: API_READY,
      text: unitText('kube-apiserver', {
        description: 'Kubernetes API server',
        argv: [
          installed('kube-apiserver', 'kube-apiserver', context),
          ...withExtraArgs(flags(context), context.config.services['kube-apiserver'].extra_args),
        ],
        after: context.member.roles.etcd ? ['etcd.service'] : [],
        type: 'notify',
      }),
    },
  ],
}
