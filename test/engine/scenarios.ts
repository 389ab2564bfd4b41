import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Host } from '../../src/config/hosts.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { placesOf } from '../../src/config/walk.ts'
import { sha256 } from '../../src/digest.ts'
import type { World } from '../../src/cluster/world.ts'
import type { Facts } from '../../src/hosts/facts.ts'
import { parseFacts } from '../../src/hosts/parse-facts.ts'
import { Secret } from '../../src/shell/quote.ts'
import { sourcesOf } from '../../src/mirrors/sources.ts'
import { ARTIFACTS } from '../../src/releases/artifacts.ts'
import { releaseOf, SUPPORTED } from '../../src/releases/index.ts'
import type { Cluster } from '../../src/cluster/types.ts'
import type { Release } from '../../src/releases/types.ts'

/** The time of every simulated host: nothing in a test depends on the day it runs. */
export const NOW = 1_790_000_000

/** A cluster.yml together with the hosts it is for, as they are before the first run. */
export type Scenario = Readonly<{ name: string; cluster: Cluster; hosts: readonly Host[]; world: World }>

const capture = (name: string): string => readFileSync(join(import.meta.dirname, '../facts', `${name}.txt`), 'utf8')

/** A host like the captured one, with another name and address. */
export const hostLike = async (fixture: string, hostname: string, address: string): Promise<Facts> => {
  const facts = await parseFacts(capture(fixture))
  return {
    ...facts,
    now: NOW,
    hostname,
    machineId: sha256(hostname).slice(0, 32),
    addresses: [{ device: 'eth0', address, prefix: 24 }],
    nameservers: [facts.resolved ? '127.0.0.53' : '10.0.0.2'],
    hostKeys: [`ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${sha256(hostname).slice(0, 43)}`],
    // The captured hosts share a kernel that is tuned already; a host of its own is not.
    sysctls: { ...facts.sysctls, 'net.ipv4.ip_forward': '0', 'vm.overcommit_memory': '0', 'kernel.panic': '0' },
    modules: [],
    reach: {},
  }
}

type Draft = Readonly<{ name: string; yaml: string; hosts: readonly (readonly [address: string, hostname: string, fixture: string])[] }>

export const pinsFor = (release: Release): Readonly<Record<string, string>> => {
  const paths = ['amd64', 'arm64'].flatMap((arch) => Object.values(ARTIFACTS).map((make) => make(release, arch).path))
  return Object.fromEntries([...paths, ...Object.values(release.images)].map((path) => [path, `sha256:${sha256(path)}`]))
}

const AUTHORITY = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
const LOGINS = { 'registry.corp:5000': new Secret('Basic cHVsbGVyOmhpZGRlbg=='), 'docker.io': new Secret('Basic bWU6aGlkZGVu') }

/** Reads a cluster.yml that must be without errors. */
export const clusterOf = (yaml: string): Readonly<{ cluster: Cluster; hosts: readonly Host[] }> => {
  const read = (path: string) => (path === '/nowhere/ca.pem' ? { text: AUTHORITY } : ({ error: 'missing' } as const))
  const loaded = parseConfig(yaml, 'cluster.yml', { folder: '/nowhere', home: '/nowhere', read }, SUPPORTED)
  if (!loaded.config) throw new Error(loaded.problems.map(({ at, what }) => `${at} ${what.en}`).join('\n'))
  const { config, hosts, source } = loaded
  const release = releaseOf(config.kubernetes_version, config.components)
  return {
    cluster: {
      config,
      release,
      sources: sourcesOf(config.mirrors, config.private_registries),
      pins: pinsFor(release),
      places: placesOf(source.at),
      files: { 'ca.pem': AUTHORITY },
      logins: LOGINS,
    },
    hosts,
  }
}

const scenario = async ({ name, yaml, hosts: machines }: Draft): Promise<Scenario> => {
  const entries = machines.map(async ([address, hostname, fixture]) => [address, await hostLike(fixture, hostname, address)] as const)
  return { name, ...clusterOf(yaml), world: Object.fromEntries(await Promise.all(entries)) }
}

const node = (address: string, role: string, more = ''): string => `  - {address: ${address}, user: root, role: [${role}]${more}}\n`

const DRAFTS: readonly Draft[] = [
  {
    name: 'one-plane-cn',
    yaml: [
      'cluster_name: small\nkubernetes_version: v1.36.3\nmirrors: cn\nnodes:\n',
      node('10.0.0.11', 'control-plane, etcd', ', hostname_override: cp1'),
      node('10.0.0.21', 'worker', ', labels: {zone: a}, taints: [{key: dedicated, value: gpu, effect: NoSchedule}]'),
      node('10.0.0.22', 'worker'),
    ].join(''),
    hosts: [
      ['10.0.0.11', 'chen-PC', 'debian-12-bare'],
      ['10.0.0.21', 'w1', 'debian-13-bare'],
      ['10.0.0.22', 'w2', 'ubuntu-24.04-bare-derived'],
    ],
  },
  {
    name: 'pushed',
    yaml: [
      'cluster_name: pushed\nkubernetes_version: v1.36.3\nmirrors: cn\ndelivery: push\nnodes:\n',
      node('10.0.0.11', 'control-plane, etcd', ', hostname_override: cp1'),
      node('10.0.0.21', 'worker'),
    ].join(''),
    hosts: [
      ['10.0.0.11', 'cp1', 'debian-12-bare'],
      ['10.0.0.21', 'w1', 'ubuntu-24.04-bare-derived'],
    ],
  },
  {
    name: 'three-planes-none',
    yaml: [
      'cluster_name: large\nkubernetes_version: v1.37.2\nmirrors: none\ncontrol_plane_endpoint: api.example.com\nnodes:\n',
      node('10.0.0.11', 'control-plane', ', hostname_override: cp1'),
      node('10.0.0.12', 'control-plane', ', hostname_override: cp2'),
      node('10.0.0.13', 'control-plane', ', hostname_override: cp3'),
      node('10.0.0.21', 'worker', ', hostname_override: w1'),
      node('10.0.0.22', 'worker', ', hostname_override: w2, set_hostname: true'),
    ].join(''),
    hosts: [
      ['10.0.0.11', 'cp1', 'ubuntu-24.04-bare-derived'],
      ['10.0.0.12', 'cp2', 'ubuntu-22.04-bare-derived'],
      ['10.0.0.13', 'cp3', 'debian-12-bare'],
      ['10.0.0.21', 'w1', 'debian-13-bare'],
      ['10.0.0.22', 'LAB_7', 'debian-12-bare'],
    ],
  },
  {
    name: 'separate-etcd',
    yaml: [
      'cluster_name: apart\nkubernetes_version: v1.36.3\nmirrors: cn\nnodes:\n',
      node('10.0.0.1', 'etcd'),
      node('10.0.0.2', 'etcd'),
      node('10.0.0.3', 'etcd'),
      node('10.0.0.11', 'control-plane'),
      node('10.0.0.12', 'control-plane'),
      node('10.0.0.21', 'worker'),
    ].join(''),
    hosts: [
      ['10.0.0.1', 'e1', 'debian-12-bare'],
      ['10.0.0.2', 'e2', 'debian-12-bare'],
      ['10.0.0.3', 'e3', 'debian-12-bare'],
      ['10.0.0.11', 'cp1', 'debian-12-bare'],
      ['10.0.0.12', 'cp2', 'debian-12-bare'],
      ['10.0.0.21', 'w1', 'debian-13-bare'],
    ],
  },
  {
    name: 'single-node',
    yaml: [
      'cluster_name: one\nkubernetes_version: v1.37.2\nmirrors: none\nnodes:\n',
      node('10.0.0.11', 'control-plane, etcd, worker'),
      'network: {plugin: none, proxy_mode: iptables}\n',
      'services:\n',
      '  kube-apiserver: {extra_args: {max-requests-inflight: "800", profiling: null, tls-cipher-suites: [TLS_A, TLS_B]}}\n',
      '  kubelet: {config: {maxPods: 50}}\n',
      'private_registries:\n',
      '  - {url: registry.corp:5000/mirror, user: puller, password: env:PULLER, ca_file: ca.pem, is_default: true}\n',
      '  - {url: docker.io, user: me, password: env:HUB}\n',
      'proxy: {http: http://proxy.corp:3128, https: http://proxy.corp:3128, no_proxy: [.corp]}\n',
    ].join(''),
    hosts: [['10.0.0.11', 'solo', 'debian-12-bare']],
  },
]

/** The shapes of clusters that every property is asked of. */
export const SCENARIOS: readonly Scenario[] = await Promise.all(DRAFTS.map(scenario))

/** One of them. */
export const scenarioNamed = (name: string): Scenario => {
  const found = SCENARIOS.find((one) => one.name === name)
  if (!found) throw new Error(`no scenario ${name}`)
  return found
}
