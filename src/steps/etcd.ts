import { peerUrl, clientUrl } from '../cluster/etcd-view.ts'
import { unitText } from '../templates/unit.ts'
import { runningFlag } from '../cluster/runs-as.ts'
import type { EtcdAddressResource, Resource } from '../resources/types.ts'
import { anyEnded, API_READY, installed, leaf, PKI, withExtraArgs } from './common.ts'
import { controlPlanes } from '../cluster/roles.ts'
import { BOOTSTRAP, othersOf, type Start, startOf, startProblems } from './etcd-start.ts'
import { etcdSpace, etcdStranger } from './etcd-health.ts'
import { otherMinor, runningVersion } from '../cluster/versions.ts'
import type { Step } from './types.ts'
import type { Context } from '../cluster/types.ts'
import { hasBegun, snapshotBefore } from './upgrading.ts'

const DATA = '/var/lib/etcd'
const OWNER = 'etcd:etcd'
const CERTS = `${PKI}/etcd`

/** The flags of etcd 3.6 and 3.7 alike: none of the --experimental ones, which 3.7 no longer knows. */
const flags = ({ member }: Context): Record<string, string> => ({
  name: member.nodeName,
  'data-dir': DATA,
  'listen-peer-urls': peerUrl(member),
  'initial-advertise-peer-urls': peerUrl(member),
  'listen-client-urls': `${clientUrl(member)},https://127.0.0.1:2379`,
  'advertise-client-urls': clientUrl(member),
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

/** Other members, as whom this one may ask while it does not vote itself. */
const isLearner = ({ member, world }: Context): boolean =>
  Object.values(world).some(({ etcdMembers: seen }) => seen.some((one) => one.peer === peerUrl(member) && one.learner))

const bootstrapResources = (context: Context, start: Start): Resource[] => {
  const { member, config } = context
  if (start.how === 'found') return [{ kind: 'file', path: BOOTSTRAP, text: start.text }]
  if (start.how === 'has-data') return []
  if (start.how === 'restore')
    return [
      {
        kind: 'etcd-restore',
        name: member.nodeName,
        peer: peerUrl(member),
        cluster: start.cluster,
        token: config.cluster_name,
        bump: start.bump,
        bootstrap: BOOTSTRAP,
        etcdutl: installed('etcd', 'etcdutl', context),
      },
    ]
  return [
    {
      kind: 'etcd-join',
      name: member.nodeName,
      peer: peerUrl(member),
      endpoints: start.endpoints,
      bootstrap: BOOTSTRAP,
      token: config.cluster_name,
    },
  ]
}

/** Before the first byte of a newer etcd or kube-apiserver is run on what this member holds. */
const snapshotResources = (context: Context): Resource[] => {
  const { facts, release } = context
  const etcd = runningVersion(facts, 'etcd', 'etcd')
  const apiserver = runningVersion(facts, 'kube-apiserver', 'kubernetes')
  const changes =
    (etcd !== undefined && otherMinor(etcd, release.etcd)) || (apiserver !== undefined && otherMinor(apiserver, release.kubernetes))
  return facts.etcdData && changes ? [{ kind: 'etcd-snapshot', path: snapshotBefore(release.kubernetes), anew: !hasBegun(context) }] : []
}

const addressResource = (context: Context): EtcdAddressResource => ({
  kind: 'etcd-address',
  names: [...new Set([context.member.nodeName, runningFlag(context.facts, 'etcd', 'name') ?? context.member.nodeName])],
  peer: peerUrl(context.member),
  endpoints: ['https://127.0.0.1:2379', ...othersOf(context)],
})

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
    ...leaf(context),
  }) as const

/** An API server without its etcd lets requests hang until the balancers notice; where there are others it steps aside before. */
const aside = (context: Context) =>
  context.member.roles.controlPlane &&
  controlPlanes(context).length > 1 &&
  !anyEnded(context, [`${PKI}/apiserver.crt`, `${PKI}/apiserver-etcd-client.crt`])
    ? { aside: { name: 'kube-apiserver', ready: API_READY } }
    : {}

export const etcd: Step = {
  id: 'etcd',
  title: { en: 'etcd', zh: 'etcd' },
  on: 'etcd',
  leaves: ['path /var/lib/etcd'],
  problems: (context) => [...startProblems(context), ...etcdSpace(context), ...etcdStranger(context)],
  resources: (context): Resource[] => {
    const start = startOf(context)
    const address = addressResource(context)
    const hasData = start.how === 'has-data'
    // A member that is alone, and down because its old address is gone, can only be told once it runs at the new one.
    const answers = Object.values(context.world).some(({ etcdMembers: seen }) => seen.length > 0)
    const learning = start.how === 'join' || isLearner(context)
    return [
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
        ...leaf(context),
      },
      ...snapshotResources(context),
      ...bootstrapResources(context, start),
      ...(hasData && answers ? [address] : []),
      {
        kind: 'unit',
        name: 'etcd',
        inputs: [`${CERTS}/ca.crt`, `${CERTS}/server.crt`, `${CERTS}/peer.crt`],
        within: 180,
        ...(anyEnded(context, [`${CERTS}/server.crt`, `${CERTS}/peer.crt`]) ? { spent: true } : {}),
        // A learner answers no reads, so it is never "ready": that it serves at all is what can be waited for.
        ready: `loopback 2 -o /dev/null http://127.0.0.1:2381/${learning ? 'metrics' : 'readyz'}`,
        ...aside(context),
        text: unitText('etcd', {
          description: 'etcd key-value store of Kubernetes',
          argv: [installed('etcd', 'etcd', context), ...withExtraArgs(flags(context), context.config.services.etcd.extra_args)],
          type: 'notify',
          user: 'etcd',
          late: { file: BOOTSTRAP, variable: 'SLIPWAY_BOOTSTRAP' },
          settings: ['OOMScoreAdjust=-900'],
        }),
      },
      ...(hasData && !answers ? [address] : []),
      ...(learning
        ? [{ kind: 'etcd-promote', name: context.member.nodeName, peer: peerUrl(context.member), endpoints: othersOf(context) } as const]
        : []),
    ]
  },
}
