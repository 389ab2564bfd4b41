import { unitText } from '../templates/unit.ts'
import { etcdMembers, installed, LEAF, PKI, withExtraArgs } from './common.ts'
import type { Context, Step } from './types.ts'

const DATA = '/var/lib/etcd'
const BOOTSTRAP = '/etc/slipway/etcd-bootstrap.env'
const OWNER = 'etcd:etcd'
const CERTS = `${PKI}/etcd`

const peer = (ip: string) => `https://${ip}:2380`

/** The flags of etcd 3.6 and 3.7 alike: none of the --experimental ones, which 3.7 no longer knows. */
const flags = ({ member }: Context): Record<string, string> => ({
  name: member.nodeName,
  'data-dir': DATA,
  'listen-peer-urls': peer(member.ip),
  'initial-advertise-peer-urls': peer(member.ip),
  'listen-client-urls': `https://${member.ip}:2379,https://127.0.0.1:2379`,
  'advertise-client-urls': `https://${member.ip}:2379`,
  'listen-metrics-urls': 'http://127.0.0.1:2381',
  'cert-file': `${CERTS}/server.crt`,
  'key-file': `${CERTS}/server.key`,
  'client-cert-auth': 'true',
  'trusted-ca-file': `${CERTS}/ca.crt`,
  'peer-cert-file': `${CERTS}/peer.crt`,
  'peer-key-file': `${CERTS}/peer.key`,
  'peer-client-cert-auth': 'true',
  'peer-trusted-ca-file': `${CERTS}/ca.crt`,
  'feature-gates': 'InitialCorruptCheck=true',
  'watch-progress-notify-interval': '5s',
  'auto-compaction-retention': '8',
  'quota-backend-bytes': '2147483648',
})

/**
 * How a new member finds the others. It is no part of the unit, so that growth restarts nobody: etcd reads it only while it has no data.
 */
const bootstrap = (context: Context): string => {
  const cluster = etcdMembers(context)
    .map(({ nodeName, ip }) => `${nodeName}=${peer(ip)}`)
    .sort()
    .join(',')
  return `SLIPWAY_BOOTSTRAP=--initial-cluster=${cluster} --initial-cluster-token=${context.config.cluster_name} --initial-cluster-state=new\n`
}

const certificate = (context: Context, name: 'server' | 'peer') =>
  ({
    kind: 'certificate',
    path: `${CERTS}/${name}`,
    form: 'pair',
    authority: 'etcd-ca',
    commonName: context.member.nodeName,
    organizations: [],
    sans: [...new Set(['localhost', '127.0.0.1', context.member.nodeName, context.member.ip])],
    usages: ['server', 'client'],
    owner: OWNER,
    ...LEAF,
  }) as const

export const etcd: Step = {
  id: 'etcd',
  title: { en: 'etcd', zh: 'etcd' },
  on: 'etcd',
  resources: (context) => [
    { kind: 'user', name: 'etcd', home: DATA },
    { kind: 'directory', path: DATA, mode: '0700', owner: OWNER },
    { kind: 'link', path: '/usr/local/bin/etcdctl', target: installed('etcd', 'etcdctl', context) },
    // A control plane holds this CA whole, as one of the shared secrets.
    ...(context.member.roles.controlPlane ? [] : [{ kind: 'trust', path: `${CERTS}/ca.crt`, authority: 'etcd-ca' } as const]),
    certificate(context, 'server'),
    certificate(context, 'peer'),
    {
      kind: 'certificate',
      path: `${CERTS}/healthcheck-client`,
      form: 'pair',
      authority: 'etcd-ca',
      commonName: 'kube-etcd-healthcheck-client',
      organizations: [],
      sans: [],
      usages: ['client'],
      ...LEAF,
    },
    ...(context.facts.etcdData ? [] : [{ kind: 'file', path: BOOTSTRAP, text: bootstrap(context) } as const]),
    {
      kind: 'unit',
      name: 'etcd',
      inputs: [`${CERTS}/ca.crt`, `${CERTS}/server.crt`, `${CERTS}/peer.crt`],
      within: 180,
      ready: 'curl -fsS --max-time 2 http://127.0.0.1:2381/readyz',
      text: unitText('etcd', {
        description: 'etcd key-value store of Kubernetes',
        argv: [installed('etcd', 'etcd', context), ...withExtraArgs(flags(context), context.config.services.etcd.extra_args)],
        type: 'notify',
        user: 'etcd',
        late: { file: BOOTSTRAP, variable: 'SLIPWAY_BOOTSTRAP' },
        settings: ['OOMScoreAdjust=-900'],
      }),
    },
  ],
}
