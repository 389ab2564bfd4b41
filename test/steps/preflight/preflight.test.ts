import { describe, expect, test } from 'vitest'
import { plan } from '../../../src/engine/plan.ts'
import type { World } from '../../../src/cluster/world.ts'
import type { Facts } from '../../../src/hosts/facts.ts'
import type { Problem } from '../../../src/problem.ts'
import { unitPath } from '../../../src/cluster/unit-path.ts'
import { NOW, scenarioNamed } from '../../engine/scenarios.ts'
import { converge } from '../../engine/support.ts'

const { cluster, hosts, world } = scenarioNamed('separate-etcd')
const PLANE = '10.0.0.11'
const WORKER = '10.0.0.21'

const problemsOf = (changed: World, config: Partial<typeof cluster.config> = {}): readonly Problem[] =>
  plan({ ...cluster, config: { ...cluster.config, ...config } }, hosts, changed).problems

/** The problems after something about one host is different. */
const with_ = (host: string, facts: Partial<Facts>, config: Partial<typeof cluster.config> = {}) =>
  problemsOf({ ...world, [host]: { ...(world[host] as Facts), ...facts } }, config)

const unitOf = (unit: string, binary: string) => ({
  paths: {
    ...world[PLANE]?.paths,
    [unitPath(unit)]: { type: 'file', mode: '0600', owner: 'root:root', sha256: '', text: `ExecStart=/opt/slipway/${binary}/x \\\n` },
  } as Facts['paths'],
})

test('fit hosts have no problem', () => {
  expect(problemsOf(world)).toEqual([])
})

type Row = readonly [name: string, host: string, facts: Partial<Facts>, what: RegExp, exit: number]

const ERRORS: readonly Row[] = [
  ['another system', PLANE, { os: { id: 'centos', version: '7', codename: '' } }, /system is centos 7/, 3],
  ['a release too old', PLANE, { os: { id: 'debian', version: '11', codename: 'bullseye' } }, /debian 11/, 3],
  ['another architecture', WORKER, { arch: 'riscv64' }, /architecture is riscv64/, 3],
  ['no systemd', WORKER, { systemd: 0 }, /systemd is not its first process/, 3],
  ['an old systemd', WORKER, { systemd: 239 }, /older than 240/, 3],
  ['not root', WORKER, { uid: 1000 }, /did not run as root/, 3],
  ['little memory on a control plane', PLANE, { memoryMiB: 1699 }, /1699 MiB of memory; 1700 are needed/, 3],
  ['little memory on a worker', WORKER, { memoryMiB: 699 }, /699 MiB of memory; 700 are needed/, 3],
  ['a full disk', WORKER, { diskMiB: 4095 }, /4095 MiB free; 4096 are needed/, 3],
  ['swap', WORKER, { swap: ['/dev/sda2', '/swapfile'] }, /swap is on \(\/dev\/sda2, \/swapfile\)/, 3],
  ['a name that is none', WORKER, { hostname: 'chen-PC' }, /calls itself "chen-PC"/, 3],
  ['the name of another host', WORKER, { hostname: 'cp1' }, /its name cp1 is also that of/, 3],
  ['the name of another host, but for capitals', WORKER, { hostname: 'CP1' }, /"CP1"|its name cp1/, 3],
  ['the machine-id of another host', WORKER, { machineId: world[PLANE]?.machineId ?? '' }, /machine-id is also that of/, 3],
  [
    'an address that is not its own',
    WORKER,
    { addresses: [{ device: 'eth0', address: '192.0.2.9', prefix: 24 }], defaultRoute: 'eth9' },
    /10\.0\.0\.21 is none of its addresses/,
    3,
  ],
  ['a clock ahead', WORKER, { now: NOW + 31 }, /31 s ahead of the other hosts/, 3],
  ['a clock behind', PLANE, { now: NOW - 3600 }, /3600 s behind the other hosts/, 3],
  ["the API's port taken", PLANE, { listening: [{ port: 6443, process: 'nginx' }] }, /port 6443 is taken by nginx/, 3],
  ["the balancer's port taken", WORKER, { listening: [{ port: 6443, process: 'envoy' }] }, /port 6443 is taken by envoy/, 3],
  ["kubelet's port taken", WORKER, { listening: [{ port: 10250, process: 'java' }] }, /port 10250 is taken by java/, 3],
  ["etcd's port taken", '10.0.0.1', { listening: [{ port: 2380, process: 'redis' }] }, /port 2380 is taken by redis/, 3],
  ['kubeadm was here', WORKER, { leftovers: [{ tool: 'kubeadm', path: '/etc/kubernetes/manifests' }] }, /kubeadm was here before/, 3],
  ['k3s was here', WORKER, { leftovers: [{ tool: 'k3s', path: '/var/lib/rancher/k3s' }] }, /k3s was here before/, 3],
  [
    'an old containerd',
    WORKER,
    { packages: { containerd: '1.6.20~ds1-1' } },
    /containerd 1\.6\.20~ds1-1 is installed; Kubernetes v1\.36 needs 2\.2\.0/,
    3,
  ],
  [
    "docker's containerd, new enough",
    WORKER,
    { packages: { 'containerd.io': '2.2.1-1~debian.12~bookworm' } },
    /containerd\.io 2\.2\.1\S* is installed$/,
    3,
  ],
  ['docker', WORKER, { packages: { 'docker.io': '20.10.24' } }, /docker\.io 20\.10\.24 is installed/, 3],
  ['a kernel too old for nftables', WORKER, { kernel: '5.10.0-30-amd64' }, /kernel 5\.10\.0-30-amd64 is too old/, 3],
  ['a filtered port', PLANE, { reach: { '10.0.0.1/tcp/2379': 'filtered' } }, /cannot reach e1 \(10\.0\.0\.1\) on port 2379\/tcp/, 3],
  ['no way to a kubelet', PLANE, { reach: { '10.0.0.21/tcp/10250': 'unreachable' } }, /cannot reach w1 \(10\.0\.0\.21\) on port 10250/, 3],
  ['a newer Kubernetes', PLANE, unitOf('kube-apiserver', 'kubernetes/v1.37.2'), /runs Kubernetes v1\.37\.2, newer than v1\.36\.3/, 2],
  ['a Kubernetes two minors older', PLANE, unitOf('kube-apiserver', 'kubernetes/v1.34.9'), /v1\.36\.3 would skip a minor/, 2],
  ['an etcd two minors older', '10.0.0.1', unitOf('etcd', 'etcd/3.4.30'), /runs etcd 3\.4\.30; 3\.6\.14 cannot follow/, 2],
]

describe('what stands in the way', () => {
  test.each(ERRORS)('%s', (_, host, facts, what, exit) => {
    const found = with_(host, facts).filter(({ severity }) => severity === 'error')
    const named = found.find((problem) => what.test(problem.what.en) && problem.at.includes(host))
    expect(named, JSON.stringify(found.map((problem) => problem.what.en))).toBeDefined()
    expect(named?.exit).toBe(exit)
    expect(named?.fix.en.length).toBeGreaterThan(10)
    expect(named?.what.zh).not.toBe('')
    expect(named?.fix.zh).not.toBe('')
  })

  test.each(ERRORS)('%s: nothing would be changed anywhere', (_, host, facts) => {
    expect(plan(cluster, hosts, { ...world, [host]: { ...(world[host] as Facts), ...facts } }).changes).toEqual([])
  })
})

describe('what is only said', () => {
  const silent: Facts['timeSync'] = ''

  test.each<Row>([
    ['another MTU', WORKER, { mtu: { eth0: 9000 } }, /MTU is 9000, another node's is 1500/, 3],
    ['nothing keeps its clock', WORKER, { container: false, timeSync: silent }, /nothing keeps its clock/, 3],
  ])('%s', (_, host, facts, what) => {
    const found = with_(host, facts, { time_sync: 'none' } as never)
    expect(found.map(({ severity, what: text }) => [severity, what.test(text.en)])).toEqual([['warning', true]])
  })

  test('a bad name of a host whose Node has a good one', () => {
    const one = scenarioNamed('one-plane-cn')
    expect(plan(one.cluster, one.hosts, one.world).problems).toMatchObject([{ severity: 'warning', at: 'root@10.0.0.11:22' }])
  })
})

describe('what is fit after all', () => {
  test.each<readonly [string, string, Partial<Facts>]>([
    ['just enough memory', PLANE, { memoryMiB: 1700 }],
    ['just enough disk', PLANE, { diskMiB: 4096 }],
    ['a clock 30 s off', WORKER, { now: NOW + 30 }],
    [
      'our own parts on our ports',
      PLANE,
      {
        listening: [
          { port: 6443, process: 'kube-apiserver' },
          { port: 10257, process: 'kube-controller' },
        ],
      },
    ],
    ['a port that is closed, because nothing listens yet', PLANE, { reach: { '10.0.0.1/tcp/2379': 'closed' } }],
    ['swap in fstab that is off', WORKER, { fstabSwap: ['/dev/sda2'] }],
    ['a kernel just new enough', WORKER, { kernel: '5.13.0-1' }],
    ['arm64', WORKER, { arch: 'arm64' }],
    ['the same Kubernetes', PLANE, unitOf('kube-apiserver', 'kubernetes/v1.36.3')],
    ['a Kubernetes one minor older', PLANE, unitOf('kube-apiserver', 'kubernetes/v1.35.8')],
    ['iptables on an old kernel', WORKER, { kernel: '6.0.0' }],
  ])('%s', (_, host, facts) => {
    expect(with_(host, facts).filter(({ severity }) => severity === 'error')).toEqual([])
  })
})

describe('all at once', () => {
  test('every problem of every host is in one answer', () => {
    const bad = Object.fromEntries(Object.entries(world).map(([key, facts]) => [key, { ...facts, swap: ['/swap'], diskMiB: 1 }]))
    const found = problemsOf(bad)
    expect(found.length).toBe(2 * hosts.length)
    expect(new Set(found.map(({ at }) => at)).size).toBe(hosts.length)
  })
})

describe('the keys of a cluster', () => {
  const installed = converge(cluster, hosts, world).world
  const ca = '/etc/kubernetes/pki/ca.crt'

  test('two different values are never resolved by guessing', () => {
    const facts = installed[PLANE] as Facts
    const stranger = { ...facts.paths[ca]?.certificate, key: 'another' }
    const other = {
      ...facts,
      paths: { ...facts.paths, [ca]: { ...facts.paths[ca], certificate: stranger, authorities: [stranger] } as never },
    }
    const found = problemsOf({ ...installed, [PLANE]: other })
    expect(found.filter(({ what }) => what.en.includes(`${ca} differs`)).length).toBe(2)
    expect(found[0]?.exit).toBe(3)
  })

  test('none is drawn while a control plane that may hold it is silent', () => {
    const { [PLANE]: _, ...rest } = world
    const found = problemsOf(rest)
    expect(found.some(({ what, exit }) => /no control plane that answers has/.test(what.en) && exit === 4)).toBe(true)
  })

  /** The cluster as its API reports it: with the addresses of its nodes. */
  const reported = Object.fromEntries(
    Object.entries(installed).map(([key, facts]) => {
      const nodes = facts.nodes.map((one) => ({ ...one, address: one.name === 'w1' ? WORKER : '' }))
      return [key, { ...facts, nodes }]
    }),
  )
  const { [WORKER]: _, ...silent } = reported

  test('a silent worker stops nobody', () => {
    expect(plan(cluster, hosts, silent)).toMatchObject({ changes: [], problems: [] })
  })

  test('a silent worker whose name nobody knows is not taken for a stranger', () => {
    const { [WORKER]: gone, ...rest } = installed
    expect(gone).toBeDefined()
    expect(plan(cluster, hosts, rest).problems).toEqual([])
  })

  test('no pod of the functional check is put on a silent worker', () => {
    const config = { ...cluster.config, network: { ...cluster.config.network, proxy_mode: 'iptables' as const } }
    const check = plan({ ...cluster, config }, hosts, silent).changes.find(({ want }) => want.kind === 'verification')
    const script = (check?.want as { script: string } | undefined)?.script ?? ''
    expect(script).toMatch(/nodeName: cp1/)
    expect(script).not.toMatch(/nodeName: w1/)
  })
})

describe('who is in the cluster', () => {
  const installed = converge(cluster, hosts, world).world
  const node = (name: string, managed: string): Facts['nodes'][number] => ({
    name,
    kubelet: 'v1.36.3',
    ready: true,
    unschedulable: false,
    labels: {},
    taints: [],
    managed,
    address: '10.0.0.99',
    drained: false,
  })
  const seen = (extra: Partial<Facts>) =>
    problemsOf(Object.fromEntries(Object.entries(installed).map(([key, facts]) => [key, { ...facts, ...extra }])))
  const nodes = installed[PLANE]?.nodes ?? []

  test('a node of ours that the file does not name is asked about, not removed', () => {
    const found = seen({ nodes: [...nodes, node('w9', '{"labels":[],"taints":[]}')] })
    expect(found).toMatchObject([{ severity: 'error', exit: 3, fix: { en: expect.stringContaining('slipway node remove w9') } }])
  })

  test("a node that somebody else made is somebody else's", () => {
    expect(seen({ nodes: [...nodes, node('stranger', '')] })).toEqual([])
  })

  test('a member of etcd that the file does not name is asked about', () => {
    const member = { id: '1', started: true, name: 'e9', peer: 'https://10.0.0.99:2380', learner: false }
    expect(seen({ etcdMembers: [member] })[0]?.what.en).toContain('etcd member e9')
  })
})

test('a restart of etcd that would cost the quorum is refused', () => {
  const installed = converge(cluster, hosts, world).world
  const dead = {
    ...(installed['10.0.0.1'] as Facts),
    units: { ...installed['10.0.0.1']?.units, etcd: { active: 'failed', enabled: true, inputs: '', restarts: 3, stale: false, since: 0 } },
  }
  const services = { ...cluster.config.services, etcd: { extra_args: { 'heartbeat-interval': '200' } } } as never
  const found = problemsOf({ ...installed, '10.0.0.1': dead }, { services })
  expect(found.some(({ what }) => what.en.includes('would cost the quorum'))).toBe(true)
})

test('bytes without a pin are refused, each once', () => {
  const { problems } = plan({ ...cluster, pins: {} }, hosts, world)
  const whats = problems.map(({ what }) => what.en)
  expect(whats.length).toBeGreaterThan(5)
  expect(new Set(whats).size).toBe(whats.length)
  expect(problems.every(({ exit }) => exit === 2)).toBe(true)
})
