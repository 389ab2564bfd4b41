import { describe, expect, test } from 'vitest'
import type { World } from '../../src/cluster/world.ts'
import { plan } from '../../src/engine/plan.ts'
import type { AptKeys } from '../../src/mirrors/keys/index.ts'
import { SHIPPED_KEYS } from '../../src/mirrors/keys/index.ts'
import { clusterOf, hostLike } from './scenarios.ts'
import { converge } from './support.ts'

// The day after upstream's key of the Kubernetes packages has ended (2026-12-29 01:33 UTC).

const AFTER = Date.parse('2027-01-15') / 1000
const BEFORE = Date.parse('2026-12-01') / 1000
const LATER: AptKeys = { kubernetes: { ...SHIPPED_KEYS.kubernetes, text: 'extended\n', ends: AFTER + 86_400 } }
const DEBS = { 'kubelet_1.36.4-1.1_amd64': `sha256:${'1'.repeat(64)}`, 'containerd.io_2.3.4-1_amd64': `sha256:${'2'.repeat(64)}` }

const read = (mirrors: string, keys: AptKeys = {}, version = 'v1.36.4') => {
  const { cluster, hosts } = clusterOf(
    `kubernetes_version: ${version}\nmirrors: ${mirrors}\nnodes:\n  - {address: 10.0.0.11, role: [control-plane, worker]}\n`,
  )
  return { cluster: { ...cluster, keys, pins: { ...cluster.release.pins, ...DEBS } }, hosts }
}

const at = (world: World, now: number): World => Object.fromEntries(Object.entries(world).map(([key, facts]) => [key, { ...facts, now }]))
const bare = async (now: number): Promise<World> => ({ '10.0.0.11': { ...(await hostLike('debian-12-bare', 'cp1', '10.0.0.11')), now } })

type Made = ReturnType<typeof plan>
const packages = ({ changes }: Made): string[] =>
  changes.flatMap(({ want }) =>
    want.kind === 'artifact' ? (want.others ?? []).flatMap((one) => (one.kind === 'deb' ? [one.package] : [])) : [],
  )
const sources = ({ changes }: Made): string[] =>
  changes.flatMap(({ want, difference }) => (want.kind === 'apt-sources' ? [`${difference.verb} ${want.path.split('/').at(-1)}`] : []))

describe.each(['cn', 'none'])('mirrors: %s', (mirrors) => {
  test('an install with the clock behind the end of the key: no error, no warning, two places for every file', async () => {
    const { cluster, hosts } = read(mirrors)
    const made = plan(cluster, hosts, await bare(AFTER))
    expect(made.problems).toEqual([])
    expect(packages(made)).not.toContain('kubelet')
    expect(sources(made)).not.toContain('create kubernetes.sources')
    const places = made.changes.flatMap(({ want }) =>
      want.kind === 'artifact' ? [[want.artifact.path, want.urls.length + (want.others?.length ?? 0)] as const] : [],
    )
    expect(places.length).toBeGreaterThan(9)
    if (mirrors === 'cn') expect(places.filter(([, count]) => count < 2)).toEqual([])
  })

  test('before its end the packages are one way more, and nothing is said of a day on which nobody can do anything', async () => {
    const { cluster, hosts } = read(mirrors)
    const made = plan(cluster, hosts, await bare(BEFORE))
    expect(made.problems).toEqual([])
    expect(packages(made)).toContain('kubelet')
  })

  test('a key that the lock has extended opens the packages again', async () => {
    const { cluster, hosts } = read(mirrors, LATER)
    const made = plan(cluster, hosts, await bare(AFTER))
    expect(packages(made)).toContain('kubelet')
    expect(made.problems).toEqual([])
  })
})

test('a host that was installed before loses the sources whose key has ended, and gets them back with a key that was extended', async () => {
  const { cluster, hosts } = read('cn')
  const installed = converge(cluster, hosts, await bare(BEFORE)).world
  expect(plan(cluster, hosts, installed).changes).toEqual([])
  const ended = plan(cluster, hosts, at(installed, AFTER))
  expect([ended.problems, ended.changes.map(({ id, difference }) => `${difference.verb} ${id}`)]).toEqual([
    [],
    ['remove apt-sources /etc/apt/sources.list.d/kubernetes.sources'],
  ])
  const without = at(converge(cluster, hosts, at(installed, AFTER)).world, AFTER)
  expect(plan(cluster, hosts, without).changes).toEqual([])
  const extended = read('cn', LATER)
  expect(sources(plan(extended.cluster, extended.hosts, without))).toEqual(['create kubernetes.sources'])
})

test('an upgrade behind the end of the key', async () => {
  const { cluster, hosts } = read('cn')
  const installed = converge(cluster, hosts, await bare(BEFORE)).world
  const next = read('cn', {}, 'v1.37.1')
  const ready = Object.fromEntries(
    Object.entries(at(installed, AFTER)).map(([key, facts]) => [
      key,
      { ...facts, nodes: facts.nodes.map((node) => ({ ...node, ready: true, kubelet: 'v1.36.4' })) },
    ]),
  )
  const made = plan(next.cluster, next.hosts, ready)
  expect(made.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(sources(made)).toEqual(['remove kubernetes.sources'])
})
