import { stringify } from 'yaml'
import type { Host } from '../../src/config/hosts.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { placesOf } from '../../src/config/walk.ts'
import { plan } from '../../src/engine/plan.ts'
import type { Plan } from '../../src/engine/change.ts'
import type { World } from '../../src/cluster/world.ts'
import { Secret } from '../../src/shell/quote.ts'
import { mintAuthority } from '../../src/engine/vault-keys.ts'
import { readCertificate } from '../../src/hosts/certificate-facts.ts'
import type { Facts } from '../../src/hosts/facts.ts'
import { sourcesOf } from '../../src/mirrors/sources.ts'
import { releaseOf, SUPPORTED } from '../../src/releases/index.ts'
import type { Cluster } from '../../src/cluster/types.ts'
import { sha256 } from '../../src/digest.ts'
import type { Sources } from '../../src/mirrors/types.ts'
import type { Release } from '../../src/releases/types.ts'
import { hostLike, NOW, pinsFor, type Scenario } from './scenarios.ts'
import { converge } from './support.ts'

/** A cluster.yml before it is text. */
type File = {
  [key: string]: unknown
  mirrors: { profile: string; apt: Record<string, unknown>; [key: string]: unknown }
  ssh: Record<string, unknown>
  nodes: Record<string, unknown>[]
  network: Record<string, unknown>
  services: Record<string, Record<string, unknown>>
  upgrade_strategy: Record<string, unknown>
}

/** One key of cluster.yml, changed on a cluster that runs. `seen` is what else is different then: a host that has its new address. */
export type Row = Readonly<{
  key: string
  change: string
  edit: (file: File) => void
  seen?: (world: World) => World
  /** This change of the key is refused, although others are not. */
  refused?: true
}>

const AUTHORITY = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
const KEY_FILE = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxjMEZ\n-----END PGP PUBLIC KEY BLOCK-----\n'

const RECIPIENT = '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'

const MACHINES = [
  ['10.0.0.11', 'cp1', 'debian-12-bare'],
  ['10.0.0.12', 'cp2', 'debian-12-bare'],
  ['10.0.0.13', 'cp3', 'debian-12-bare'],
  ['10.0.0.21', 'w1', 'debian-12-bare'],
  ['10.0.0.22', 'w2', 'debian-13-bare'],
] as const

const base = (): File => ({
  cluster_name: 'lab',
  kubernetes_version: 'v1.36.3',
  mirrors: { profile: 'cn', apt: {} },
  ssh: {},
  nodes: MACHINES.map(([address, name]) => ({ address, role: [name.startsWith('cp') ? 'control-plane' : 'worker'] })),
  network: {},
  services: {},
  upgrade_strategy: {},
})

const OWN = Object.fromEntries(
  await Promise.all(['ca', 'etcd', 'front'].map(async (name) => [name, await mintAuthority(`own-${name}`, NOW * 1000)] as const)),
)

const OWN_FACTS = (await Promise.all(Object.values(OWN).map(({ certificate }) => readCertificate(certificate)))).flatMap(
  (fact) => fact ?? [],
)

/** The files that cluster.yml names: keys of repositories, and CAs by their first name ("ca.crt"). */
const namedFile = (path: string): { text: string } => {
  const [, name = '', part = ''] = /([a-z]+)\.(crt|key)$/.exec(path) ?? []
  const own = OWN[name]
  if (path.endsWith('.pem')) return { text: AUTHORITY }
  if (path.endsWith('.pub')) return { text: RECIPIENT }
  return { text: own ? (part === 'crt' ? own.certificate : own.key) : KEY_FILE }
}

/** As a lock has them: a place whose copies have digests of their own is pinned by its own name too. */
const copies = ({ images }: Release, { carriers }: Sources): Record<string, string> =>
  Object.fromEntries(
    Object.values(images).flatMap((ref) => [ref, ...carriers(ref).map(({ name }) => name)].map((name) => [name, `sha256:${sha256(name)}`])),
  )

const read = (file: File): Readonly<{ cluster: Cluster; hosts: readonly Host[] }> => {
  const files = { folder: '/nowhere', home: '/nowhere', read: namedFile }
  const loaded = parseConfig(stringify(file), 'cluster.yml', files, SUPPORTED)
  if (!loaded.config) throw new Error(loaded.problems.map(({ at, what }) => `${at} ${what.en}`).join('\n'))
  const { config, hosts, source } = loaded
  const release = releaseOf(config.kubernetes_version, config.components)
  const sources = sourcesOf(config.mirrors, config.private_registries)
  const named = Object.values(config.mirrors.apt.keys).map((name) => [name, KEY_FILE])
  return {
    cluster: {
      config,
      release,
      sources,
      pins: { ...pinsFor(release), ...copies(release, sources) },
      places: placesOf(source.at),
      files: { ...Object.fromEntries(named), 'ca.pem': AUTHORITY, 'backup.pub': RECIPIENT },
      s3Login: 'user = "access:hidden"\n',
      logins: { 'registry.corp:5000': new Secret('Basic cHVsbGVyOmhpZGRlbg==') },
      authorities: Object.fromEntries(
        Object.entries(loaded.authorities).map(([name, { main }]) => [name, OWN_FACTS.find(({ pem }) => pem === main)]),
      ),
    },
    hosts,
  }
}

const bare: World = Object.fromEntries(
  await Promise.all(MACHINES.map(async ([address, name, fixture]) => [address, await hostLike(fixture, name, address)] as const)),
)

/** What kubelets add to the Nodes once they run, which no resource of ours does. */
const alive = (world: World): World =>
  Object.fromEntries(
    Object.entries(world).map(([key, facts]): [string, Facts] => [
      key,
      {
        ...facts,
        nodes: facts.nodes.map((node) => ({
          ...node,
          ready: true,
          kubelet: 'v1.36.3',
          address: MACHINES.find(([, name]) => name === node.name)?.[0] ?? '',
        })),
        etcdData: facts.units.etcd?.active === 'active',
        etcdMembers:
          facts.units.etcd?.active === 'active'
            ? MACHINES.slice(0, 3).map(([address, name]) => ({
                id: name,
                started: true,
                name,
                peer: `https://${address}:2380`,
                learner: false,
              }))
            : facts.etcdMembers,
      },
    ]),
  )

const installed: World = (() => {
  const { cluster, hosts } = read(base())
  return alive(converge(cluster, hosts, bare).world)
})()

/** The installed cluster and its file after one key was changed. */
export const scenarioOf = ({ key, edit, seen = (world) => world }: Row): Scenario => {
  const file = base()
  edit(file)
  return { name: key, ...read(file), world: seen(installed) }
}

const plans = new Map<Row, Plan>()

/** The plan for it, made once. */
export const planAfter = (row: Row): Plan => {
  const known = plans.get(row)
  if (known) return known
  const { cluster, hosts, world } = scenarioOf(row)
  const made = plan(cluster, hosts, world)
  plans.set(row, made)
  return made
}

/** The plan for the installed cluster and the file it was installed from. */
export const planUnchanged = (): Plan => planAfter({ key: '', change: '', edit: () => {} })

const node = (index: number, values: Record<string, unknown>) => (file: File) => void Object.assign(file.nodes[index] ?? {}, values)
const ssh = (values: Record<string, unknown>) => (file: File) => void Object.assign(file.ssh, values)
const network = (values: Record<string, unknown>) => (file: File) => void Object.assign(file.network, values)
const service = (name: string, values: Record<string, unknown>) => (file: File) => void Object.assign(file.services, { [name]: values })
const apt = (values: Record<string, unknown>) => (file: File) => void Object.assign(file.mirrors.apt, values)
const top = (values: Record<string, unknown>) => (file: File) => void Object.assign(file, values)

/** The host of OLD answers at, and has, the address NEW. */
const moved =
  (before: string, after: string, keys: 'same' | 'new') =>
  (world: World): World =>
    Object.fromEntries(
      Object.entries(world).map(([key, facts]) =>
        key === before
          ? [
              keys === 'new' ? after : key,
              { ...facts, addresses: [{ device: 'eth0', address: after, prefix: 24 }, ...(keys === 'new' ? [] : facts.addresses)] },
            ]
          : [key, facts],
      ),
    )

const registry = (values: Record<string, unknown>) => top({ private_registries: [{ url: 'registry.corp:5000', ...values }] })
const LOGIN = { user: 'puller', password: 'env:PULLER' }
const PROXY = { https: 'http://proxy.corp:3128' }
const VIP = { address: '10.0.0.100' }
const BACKUP = { recipient: 'backup.pub' }
const S3 = { endpoint: 'https://s3.corp', bucket: 'backups', access_key: 'env:A', secret_key: 'env:B' }
const storage = (values: Record<string, unknown> = {}) => top({ etcd_backup: { ...BACKUP, s3: { ...S3, ...values } } })
const BASTION = { address: '203.0.113.10' }
const WORKER = 3
const PLANE = 1

/** Every key of the schema that is not a mere map of others, and some that are. */
export const ROWS: readonly Row[] = [
  { key: 'cluster_name', change: 'lab -> other', edit: top({ cluster_name: 'other' }) },
  { key: 'kubernetes_version', change: 'v1.36.3 -> v1.37.2', edit: top({ kubernetes_version: 'v1.37.2' }) },
  ...(
    [
      ['etcd', '3.6.14 -> 3.6.13', '3.6.13'],
      ['containerd', '2.3.4 -> 2.3.6', '2.3.6'],
      ['runc', '1.4.3 -> 1.5.1', '1.5.1'],
      ['cni', '1.9.1 -> 1.8.0', '1.8.0'],
      ['coredns', '1.14.6 -> 1.14.2', '1.14.2'],
      ['flannel', '0.28.7 -> 0.28.5', '0.28.5'],
      ['pause', '3.10.2 -> 3.10.1', '3.10.1'],
    ] as const
  ).map(([name, change, value]): Row => ({ key: `components.${name}`, change, edit: top({ components: { [name]: value } }) })),
  { key: 'cluster_domain', change: 'cluster.local -> example.internal', edit: top({ cluster_domain: 'example.internal' }) },
  { key: 'mirrors', change: 'cn -> none', edit: (file) => void Object.assign(file, { mirrors: 'none' }) },
  { key: 'mirrors.profile', change: 'cn -> none', edit: (file) => void Object.assign(file.mirrors, { profile: 'none' }) },
  { key: 'mirrors.apt.base', change: '[tuna, aliyun]', edit: apt({ base: ['tuna', 'aliyun'] }) },
  { key: 'mirrors.apt.kubernetes', change: '[tuna, ustc]', edit: apt({ kubernetes: ['tuna', 'ustc'] }) },
  { key: 'mirrors.apt.docker', change: '[ustc]', edit: apt({ docker: ['ustc'] }) },
  { key: 'mirrors.apt.mirror_security', change: 'false -> true', edit: apt({ mirror_security: true }) },
  { key: 'mirrors.apt.keys.kubernetes', change: 'keys/kubernetes.asc', edit: apt({ keys: { kubernetes: 'kubernetes.asc' } }) },
  { key: 'mirrors.apt.keys.docker', change: 'keys/docker.asc', edit: apt({ keys: { docker: 'docker.asc' } }) },
  {
    key: 'mirrors.files',
    change: '[daocloud, upstream]',
    edit: (file) => void Object.assign(file.mirrors, { files: ['daocloud', 'upstream'] }),
  },
  {
    key: 'mirrors.images',
    change: '[aliyun, daocloud]',
    edit: (file) => void Object.assign(file.mirrors, { images: ['aliyun', 'daocloud'] }),
  },
  { key: 'private_registries[].url', change: 'http://registry.corp:5000', edit: registry({ url: 'http://registry.corp:5000' }) },
  { key: 'private_registries[].user', change: 'puller', edit: registry(LOGIN) },
  { key: 'private_registries[].password', change: 'env:PULLER', edit: registry(LOGIN) },
  { key: 'private_registries[].ca_file', change: 'ca.pem', edit: registry({ ca_file: 'ca.pem' }) },
  { key: 'private_registries[].is_default', change: 'true', edit: registry({ is_default: true }) },
  { key: 'private_registries[].layout', change: 'path, of a default', edit: registry({ is_default: true, layout: 'path' }) },
  {
    key: 'private_registries[].projects',
    change: 'registry.k8s.io: k8s, of a default',
    edit: registry({ is_default: true, projects: { 'registry.k8s.io': 'k8s' } }),
  },
  { key: 'delivery', change: 'pull -> push', edit: top({ delivery: 'push' }) },
  { key: 'proxy.http', change: 'a proxy', edit: top({ proxy: { http: PROXY.https } }) },
  { key: 'proxy.https', change: 'a proxy', edit: top({ proxy: PROXY }) },
  { key: 'proxy.no_proxy', change: '[.corp], with a proxy', edit: top({ proxy: { ...PROXY, no_proxy: ['.corp'] } }) },
  { key: 'proxy.scope', change: '[containerd], with a proxy', edit: top({ proxy: { ...PROXY, scope: ['containerd'] } }) },
  { key: 'ssh.user', change: 'root -> ops', edit: ssh({ user: 'ops' }) },
  { key: 'ssh.port', change: '22 -> 2222', edit: ssh({ port: 2222 }) },
  { key: 'ssh.key_path', change: 'another key', edit: ssh({ key_path: '~/.ssh/other' }) },
  { key: 'ssh.password', change: 'env:PW', edit: ssh({ password: 'env:PW' }) },
  { key: 'ssh.sudo_password', change: 'env:PW', edit: ssh({ sudo_password: 'env:PW' }) },
  { key: 'ssh.known_hosts', change: 'another file', edit: ssh({ known_hosts: 'other' }) },
  { key: 'ssh.accept_new', change: 'false -> true', edit: ssh({ accept_new: true }) },
  { key: 'ssh.connect_timeout', change: '15 -> 60', edit: ssh({ connect_timeout: 60 }) },
  { key: 'ssh.agent', change: 'true -> false', edit: ssh({ agent: false }) },
  { key: 'ssh.config', change: 'true -> false', edit: ssh({ config: false }) },
  { key: 'bastion_host.address', change: 'a bastion', edit: top({ bastion_host: BASTION }) },
  { key: 'bastion_host.port', change: '2222', edit: top({ bastion_host: { ...BASTION, port: 2222 } }) },
  { key: 'bastion_host.user', change: 'jump', edit: top({ bastion_host: { ...BASTION, user: 'jump' } }) },
  { key: 'bastion_host.ssh_key_path', change: 'a key', edit: top({ bastion_host: { ...BASTION, ssh_key_path: '~/.ssh/jump' } }) },
  {
    key: 'nodes[].address',
    change: 'w1: 10.0.0.21 -> 10.0.0.121',
    edit: node(WORKER, { address: '10.0.0.121' }),
    seen: moved('10.0.0.21', '10.0.0.121', 'new'),
  },
  {
    key: 'nodes[].address',
    change: 'cp2: 10.0.0.12 -> 10.0.0.112',
    edit: node(PLANE, { address: '10.0.0.112' }),
    seen: moved('10.0.0.12', '10.0.0.112', 'new'),
  },
  { key: 'nodes[].role', change: 'w1: [worker] -> [control-plane, worker]', edit: node(WORKER, { role: ['control-plane', 'worker'] }) },
  {
    key: 'nodes[].role',
    change: 'cp2: [control-plane] -> [control-plane, worker]',
    edit: node(PLANE, { role: ['control-plane', 'worker'] }),
  },
  { key: 'nodes[].role', change: 'cp2: [control-plane] -> [worker]', edit: node(PLANE, { role: ['worker'] }), refused: true },
  { key: 'nodes[].hostname_override', change: 'w1 -> worker-1', edit: node(WORKER, { hostname_override: 'worker-1' }) },
  { key: 'nodes[].hostname_override', change: 'cp2 -> plane-2', edit: node(PLANE, { hostname_override: 'plane-2' }) },
  {
    key: 'nodes[].set_hostname',
    change: 'false -> true',
    edit: node(WORKER, { set_hostname: true, hostname_override: 'w1' }),
  },
  {
    key: 'nodes[].internal_address',
    change: 'w1: 10.0.0.21 -> 10.0.0.121',
    edit: node(WORKER, { internal_address: '10.0.0.121' }),
    seen: moved('10.0.0.21', '10.0.0.121', 'same'),
  },
  {
    key: 'nodes[].internal_address',
    change: 'cp2: 10.0.0.12 -> 10.0.0.112',
    edit: node(PLANE, { internal_address: '10.0.0.112' }),
    seen: moved('10.0.0.12', '10.0.0.112', 'same'),
  },
  { key: 'nodes[].user', change: 'ops', edit: node(WORKER, { user: 'ops' }) },
  { key: 'nodes[].port', change: '2222', edit: node(WORKER, { port: 2222 }) },
  { key: 'nodes[].ssh_key_path', change: 'another key', edit: node(WORKER, { ssh_key_path: '~/.ssh/other' }) },
  { key: 'nodes[].password', change: 'env:PW', edit: node(WORKER, { password: 'env:PW' }) },
  { key: 'nodes[].sudo_password', change: 'env:PW', edit: node(WORKER, { sudo_password: 'env:PW' }) },
  {
    key: 'nodes[].host_key',
    change: 'a pin',
    edit: node(WORKER, { host_key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUSGZE2fmVQrNVEfT9ayVqJ4pFzqO8VPHrnbVHYqZmo' }),
  },
  { key: 'nodes[].bastion_host.address', change: 'a bastion', edit: node(WORKER, { bastion_host: BASTION }) },
  { key: 'nodes[].bastion_host.port', change: '2222', edit: node(WORKER, { bastion_host: { ...BASTION, port: 2222 } }) },
  { key: 'nodes[].bastion_host.user', change: 'jump', edit: node(WORKER, { bastion_host: { ...BASTION, user: 'jump' } }) },
  { key: 'nodes[].bastion_host.ssh_key_path', change: 'a key', edit: node(WORKER, { bastion_host: { ...BASTION, ssh_key_path: '~/k' } }) },
  { key: 'nodes[].labels', change: 'w1: {zone: a}', edit: node(WORKER, { labels: { zone: 'a' } }) },
  ...(['key', 'value', 'effect'] as const).map(
    (part): Row => ({
      key: `nodes[].taints[].${part}`,
      change: 'w1: dedicated=gpu:NoSchedule',
      edit: node(WORKER, { taints: [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }] }),
    }),
  ),
  { key: 'control_plane_endpoint', change: 'api.example.com', edit: top({ control_plane_endpoint: 'api.example.com' }) },
  { key: 'control_plane_vip.address', change: '10.0.0.100', edit: top({ control_plane_vip: VIP }) },
  { key: 'control_plane_vip.interface', change: 'eth0', edit: top({ control_plane_vip: { ...VIP, interface: 'eth0' } }) },
  { key: 'control_plane_vip.router_id', change: '52', edit: top({ control_plane_vip: { ...VIP, router_id: 52 } }) },
  { key: 'extra_sans', change: '[k8s.example.com]', edit: top({ extra_sans: ['k8s.example.com'] }) },
  { key: 'network.plugin', change: 'flannel -> none', edit: network({ plugin: 'none' }) },
  { key: 'network.pod_cidr', change: '10.244.0.0/16 -> 10.245.0.0/16', edit: network({ pod_cidr: '10.245.0.0/16' }) },
  { key: 'network.service_cidr', change: '10.96.0.0/12 -> 10.112.0.0/12', edit: network({ service_cidr: '10.112.0.0/12' }) },
  { key: 'network.node_mask', change: '24 -> 25', edit: network({ node_mask: 25 }) },
  { key: 'network.proxy_mode', change: 'nftables -> iptables', edit: network({ proxy_mode: 'iptables' }) },
  {
    key: 'services.etcd.extra_args',
    change: '{heartbeat-interval: "200"}',
    edit: service('etcd', { extra_args: { 'heartbeat-interval': '200' } }),
  },
  {
    key: 'services.kube-apiserver.extra_args',
    change: '{max-requests-inflight: "800"}',
    edit: service('kube-apiserver', { extra_args: { 'max-requests-inflight': '800' } }),
  },
  {
    key: 'services.kube-controller-manager.extra_args',
    change: '{kube-api-qps: "50"}',
    edit: service('kube-controller-manager', { extra_args: { 'kube-api-qps': '50' } }),
  },
  {
    key: 'services.kube-scheduler.extra_args',
    change: '{kube-api-qps: "100"}',
    edit: service('kube-scheduler', { extra_args: { 'kube-api-qps': '100' } }),
  },
  { key: 'services.kubelet.extra_args', change: '{v: "3"}', edit: service('kubelet', { extra_args: { v: '3' } }) },
  { key: 'services.kubelet.config', change: '{maxPods: 200}', edit: service('kubelet', { config: { maxPods: 200 } }) },
  {
    key: 'services.kube-proxy.config',
    change: '{metricsBindAddress: 127.0.0.1:10250}',
    edit: service('kube-proxy', { config: { metricsBindAddress: '0.0.0.0:10249' } }),
  },
  ...(
    [
      ['max_unavailable_worker', 2],
      ['drain', false],
    ] as const
  ).map(
    ([name, value]): Row => ({
      key: `upgrade_strategy.${name}`,
      change: String(value),
      edit: (file) => void Object.assign(file.upgrade_strategy, { [name]: value }),
    }),
  ),
  ...(
    [
      ['force', true],
      ['delete_local_data', false],
      ['grace_period', 30],
      ['timeout', 60],
    ] as const
  ).map(
    ([name, value]): Row => ({
      key: `upgrade_strategy.node_drain_input.${name}`,
      change: String(value),
      edit: (file) => void Object.assign(file.upgrade_strategy, { node_drain_input: { [name]: value } }),
    }),
  ),
  { key: 'etcd_backup.recipient', change: 'backup.pub', edit: top({ etcd_backup: BACKUP }) },
  { key: 'etcd_backup.schedule', change: 'hourly', edit: top({ etcd_backup: { ...BACKUP, schedule: 'hourly' } }) },
  { key: 'etcd_backup.retention', change: '30', edit: top({ etcd_backup: { ...BACKUP, retention: 30 } }) },
  { key: 'etcd_backup.directory', change: '/mnt/share', edit: top({ etcd_backup: { ...BACKUP, directory: '/mnt/share' } }) },
  { key: 'etcd_backup.s3.endpoint', change: 'https://s3.corp', edit: storage() },
  { key: 'etcd_backup.s3.bucket', change: 'others', edit: storage({ bucket: 'others' }) },
  { key: 'etcd_backup.s3.prefix', change: 'etcd/', edit: storage({ prefix: 'etcd/' }) },
  { key: 'etcd_backup.s3.region', change: 'cn-north-1', edit: storage({ region: 'cn-north-1' }) },
  { key: 'etcd_backup.s3.access_key', change: 'env:C', edit: storage({ access_key: 'env:C' }) },
  { key: 'etcd_backup.s3.secret_key', change: 'env:C', edit: storage({ secret_key: 'env:C' }) },
  { key: 'etcd_backup.s3.ca_file', change: 'ca.pem', edit: storage({ ca_file: 'ca.pem' }) },
  { key: 'etcd_backup.s3.path_style', change: 'false', edit: storage({ path_style: false }) },
  ...(
    [
      ['lifetime', '3650d -> 365d', '365d'],
      ['admin_lifetime', '365d -> 30d', '30d'],
      ['renew_before', '90d', '90d'],
    ] as const
  ).map(([name, change, value]): Row => ({ key: `certificates.${name}`, change, edit: top({ certificates: { [name]: value } }) })),
  ...(
    [
      ['ca', 'ca'],
      ['etcd_ca', 'etcd'],
      ['front_proxy_ca', 'front'],
    ] as const
  ).flatMap(([name, file]) =>
    (['certificate', 'key'] as const).map(
      (part): Row => ({
        key: `certificates.${name}.${part}`,
        change: 'a CA of your own',
        edit: top({ certificates: { [name]: { certificate: `/pki/${file}.crt`, key: `/pki/${file}.key` } } }),
      }),
    ),
  ),
  { key: 'time_sync', change: 'auto -> none', edit: top({ time_sync: 'none' }) },
]
