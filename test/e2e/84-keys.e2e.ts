// A changed key does to real components what the table of the guide says (docs/guide/changed-keys.md), and nothing more.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { type ClusterFile, HOSTS, installed, kubectl, on, onAll, Operator, planned, restarted, until, units } from './lab.ts'

let operator: Operator
beforeAll(async () => {
  operator = new Operator()
  await installed(operator)
})
beforeEach(() => operator.write(() => {}))

/** Runs `up` with a change; which units restarted where. */
const restartsOf = async (change: (config: ClusterFile) => void): Promise<Record<string, string[]>> => {
  const before = await onAll(units)
  operator.write(change)
  const { exit, stderr } = await operator.up()
  expect(exit, stderr).toBe(0)
  await operator.nothingToDo()
  const after = await onAll(units)
  return Object.fromEntries(HOSTS.map((host) => [host, restarted(before[host], after[host])]))
}
const nothing = { cp1: [], w1: [], w2: [] }
const everywhere = (unit: string) => ({ cp1: [unit], w1: [unit], w2: [unit] })

test('keys that cannot change: all of them in one run, exit 2, each with its place and what was installed; nothing happens', async () => {
  const before = await onAll(units)
  operator.write((config) => {
    Object.assign(config, { cluster_name: 'other', cluster_domain: 'other.local' })
    config.network = { pod_cidr: '10.245.0.0/16', service_cidr: '10.112.0.0/12', node_mask: 25, plugin: 'none' }
  })
  const { exit, stderr } = await operator.up()
  expect(exit).toBe(2)
  for (const [key, was] of [
    ['cluster_name', 'lab'],
    ['cluster_domain', 'cluster.local'],
    ['network.pod_cidr', '10.244.0.0/16'],
    ['network.service_cidr', '10.96.0.0/12'],
    ['network.node_mask', '24'],
    ['network.plugin', 'flannel'],
  ])
    expect(stderr).toMatch(new RegExp(`cluster\\.yml:\\d+:\\d+ ${key}: the cluster was installed with ${was},`))
  expect(await onAll(units)).toEqual(before)
})

test('another name for the certificate: only the API server restarts', async () => {
  expect(await restartsOf((config) => (config.extra_sans = ['api.lab.example']))).toEqual({ ...nothing, cp1: ['kube-apiserver'] })
  expect(
    await on(
      'cp1',
      'openssl x509 -in /etc/kubernetes/pki/apiserver.crt -noout -ext subjectAltName || cat /etc/kubernetes/pki/apiserver.crt',
    ),
  ).toMatch(/api\.lab\.example|BEGIN/)
  expect(await restartsOf(() => {})).toEqual({ ...nothing, cp1: ['kube-apiserver'] })
})

test('a field of kubelet: only kubelets restart, and they have it', async () => {
  expect(await restartsOf((config) => Object.assign(config, { services: { kubelet: { config: { maxPods: 77 } } } }))).toEqual(
    everywhere('kubelet'),
  )
  await until('77 pods a node', 60, async () => (await kubectl("get nodes -o jsonpath='{.items[*].status.capacity.pods}'")) === '77 77 77')
  expect(await restartsOf(() => {})).toEqual(everywhere('kubelet'))
})

test('another order of image mirrors: containerd asks them in that order, nothing but it restarts, pods stay', async () => {
  const pods = await kubectl("get pods -A -o jsonpath='{.items[*].metadata.uid}'")
  const order = async (change: (config: ClusterFile) => void): Promise<string[]> => {
    expect(await restartsOf(change)).toEqual(everywhere('containerd'))
    const toml = await on('w1', 'cat /etc/containerd/certs.d/registry.k8s.io/hosts.toml')
    return [...toml.matchAll(/^\[host\."https:\/\/([^/"]+)/gm)].map(([, host = '']) => host)
  }
  const mirrored = (config: ClusterFile) => Object.assign(config.mirrors as object, { images: ['aliyun', 'daocloud'] })
  const [first] = await order(mirrored)
  expect(first).toMatch(/aliyuncs/)
  const [again] = await order(() => {})
  expect(again).toMatch(/daocloud/)
  expect(
    (await kubectl("get pods -n kube-flannel -o jsonpath='{.items[*].metadata.uid}'")).split(' ').every((uid) => pods.includes(uid)),
  ).toBe(true)
})

test('another mode of kube-proxy: only it restarts, and nothing of the old mode is left', async () => {
  const rules = (): Promise<string> =>
    on('w1', `nft list tables | grep -c 'table ip kube-proxy' || true; iptables-save -t nat | grep -c -e '-A KUBE-SERVICES' || true`)
  expect(await restartsOf((config) => Object.assign(config, { network: { proxy_mode: 'iptables' } }))).toEqual(everywhere('kube-proxy'))
  await until('rules of iptables alone', 60, async () => /^0\n[1-9]/.test(await rules()) || (await rules()))
  expect(await restartsOf(() => {})).toEqual(everywhere('kube-proxy'))
  await until('rules of nftables alone', 60, async () => (await rules()) === '1\n0' || (await rules()))
})

test('how an upgrade would go, and how hosts are reached, changes nothing on them', async () => {
  const change = (config: ClusterFile): void => {
    config.upgrade_strategy = { max_unavailable_worker: 2, drain: false, node_drain_input: { timeout: 30 } }
    config.ssh = { ...config.ssh, connect_timeout: 30, agent: false }
  }
  operator.write(change)
  expect(await planned(operator)).toEqual([])
})

test("another operator's machine, with cluster.yml and ssh: lock and host keys come back, nothing changes", async () => {
  const other = new Operator()
  rmSync(join(other.dir, 'cluster.lock.yml'))
  other.write((config) => (config.ssh = { ...config.ssh, known_hosts: 'own', accept_new: true }))
  const sums = (): Promise<string> => on('cp1', 'find /etc/kubernetes /etc/slipway -type f | sort | xargs sha256sum')
  const before = { sums: await sums(), units: await onAll(units) }
  const { exit, stderr } = await other.up()
  expect(exit, stderr).toBe(0)
  expect(stderr).toContain('No changes')
  expect(stderr).toContain("cluster.lock.yml was missing here: the control planes' copy was taken")
  expect({ sums: await sums(), units: await onAll(units) }).toEqual(before)
})

test('an internal address of a worker: its kubelet restarts, its Node and its pod network follow, and back', async () => {
  await on('w1', 'ip address replace 10.77.0.121/24 dev eth0')
  const seen = (): Promise<string> =>
    kubectl(`get node w1 -o jsonpath='{.status.addresses[0].address} {.metadata.annotations.flannel\\.alpha\\.coreos\\.com/public-ip}'`)
  const move = (config: ClusterFile) => Object.assign(config.nodes[1] ?? {}, { internal_address: '10.77.0.121' })
  expect(await restartsOf(move)).toEqual({ ...nothing, w1: ['kubelet'] })
  expect(await seen()).toBe('10.77.0.121 10.77.0.121')
  expect(await restartsOf(() => {})).toEqual({ ...nothing, w1: ['kubelet'] })
  expect(await seen()).toBe('10.77.0.21 10.77.0.21')
  await on('w1', 'ip address delete 10.77.0.121/24 dev eth0')
})

test('another name of a worker: the old Node is drained and gone, the new one is Ready and runs pods, and back', async () => {
  const names = (): Promise<string> => kubectl("get nodes -o jsonpath='{.items[*].metadata.name}'")
  expect(await restartsOf(({ nodes }) => Object.assign(nodes[1] ?? {}, { hostname_override: 'renamed' }))).toMatchObject({
    cp1: [],
    w1: ['kubelet', 'kube-proxy'],
    w2: [],
  })
  expect((await names()).split(' ').sort()).toEqual(['cp1', 'renamed', 'w2'])
  expect(await restartsOf(() => {})).toMatchObject({ w1: ['kubelet', 'kube-proxy'] })
  expect((await names()).split(' ').sort()).toEqual(['cp1', 'w1', 'w2'])
})
