import { describe, expect, test } from 'vitest'
import type { Change } from '../../src/engine/change.ts'
import { type Stage, stagesOf } from '../../src/engine/stages.ts'
import { PHASES } from '../../src/steps/index.ts'
import { SCENARIOS, scenarioNamed } from './scenarios.ts'
import { changesFor, converge, rotation } from './support.ts'

const ORDER = PHASES.map(({ id }) => id)

const shape = (stages: readonly Stage[]) =>
  stages.map(({ phases, batches }) => `${phases.join('+')}: ${batches.map(({ host }) => host.replace('10.0.0.', '')).join(' ')}`)

/** The same cluster, one setting of everything else. */
const restarted = (name: string, service: 'etcd' | 'kube-apiserver' | 'kube-scheduler'): readonly Change[] => {
  const { cluster, hosts, world } = scenarioNamed(name)
  const services = { ...cluster.config.services, [service]: { extra_args: { v: '2' } } }
  const { world: installed } = converge(cluster, hosts, world)
  return changesFor({ ...cluster, config: { ...cluster.config, services } }, hosts, installed)
}

describe('a first install', () => {
  test.each(SCENARIOS)('$name: in the order of the phases, hosts side by side', ({ cluster, hosts, world }) => {
    const stages = stagesOf(changesFor(cluster, hosts, world))
    const phases = stages.flatMap((stage) => stage.phases)
    expect(phases).toEqual(ORDER.filter((id) => phases.includes(id)))
    for (const { batches } of stages) expect(new Set(batches.map(({ host }) => host)).size).toBe(batches.length)
  })

  test.each(SCENARIOS)('$name: few stages, so that a host has few executions', ({ cluster, hosts, world }) => {
    const batches = stagesOf(changesFor(cluster, hosts, world)).flatMap((stage) => stage.batches)
    // With two looks before, one after and the lock this stays below eight executions a host, and nine on a control plane that is not the first.
    const counts = hosts.map(({ key }) => batches.filter(({ host }) => host === key).length)
    expect(counts[0]).toBeLessThanOrEqual(4)
    for (const count of counts) expect(count).toBeLessThanOrEqual(5)
  })

  test('keys are on every control plane before anything that they signed lands anywhere', () => {
    const { cluster, hosts, world } = scenarioNamed('three-planes-none')
    const stages = stagesOf(changesFor(cluster, hosts, world)).map(({ batches }) => batches.flatMap(({ changes }) => changes))
    const [first = [], ...later] = stages
    const holders = new Set(first.flatMap(({ host, want }) => (want.kind === 'shared-secret' ? [host] : [])))
    expect([...holders].sort()).toEqual(['10.0.0.11', '10.0.0.12', '10.0.0.13'])
    const signed = ['certificate', 'trust', 'objects', 'unit']
    expect(first.filter(({ want }) => signed.includes(want.kind) && !(want.kind === 'unit' && want.name === 'containerd'))).toEqual([])
    expect(later.flat().filter(({ want }) => want.kind === 'shared-secret')).toEqual([])
  })

  test('members that are founded together wait for the slowest mirror first, not for each other', () => {
    const { cluster, hosts, world } = scenarioNamed('three-planes-none')
    expect(shape(stagesOf(changesFor(cluster, hosts, world)))).toEqual([
      'secrets+prepare: 11 12 13 21 22',
      'etcd+apiserver+controllers: 11 12 13',
      'nodes: 11 12 13 21 22',
      'addons: 11 12 13',
      'checked: 12 13 21 22',
    ])
  })

  test('API servers start when etcd on its own hosts answers', () => {
    const { cluster, hosts, world } = scenarioNamed('separate-etcd')
    expect(shape(stagesOf(changesFor(cluster, hosts, world)))).toEqual([
      'secrets+prepare: 11 12 1 2 3 21',
      'etcd: 1 2 3',
      'apiserver+controllers: 11 12',
      'nodes: 11 12 21',
      'addons: 11 12',
      'checked: 12 21',
    ])
  })

  test('all members of etcd start in one stage: the first would wait for the others for ever', () => {
    const { cluster, hosts, world } = scenarioNamed('separate-etcd')
    const stages = stagesOf(changesFor(cluster, hosts, world))
    const holding = stages.filter(({ batches }) => batches.some(({ changes }) => changes.some(({ id }) => id === 'unit etcd')))
    expect(holding.length).toBe(1)
    expect(holding[0]?.batches.filter(({ changes }) => changes.some(({ id }) => id === 'unit etcd')).length).toBe(3)
  })

  test('a slow worker delays nobody: fetching, etcd and the API server are one stage', () => {
    const { cluster, hosts, world } = scenarioNamed('one-plane-cn')
    expect(shape(stagesOf(changesFor(cluster, hosts, world)))).toEqual([
      'secrets: 11',
      'prepare+etcd+apiserver+controllers: 11 21 22',
      'nodes: 11 21 22',
      'addons: 11',
      'checked: 21 22',
    ])
  })
})

describe('a change of what runs', () => {
  test.each(['etcd', 'kube-apiserver', 'kube-scheduler'] as const)('%s restarts on one control plane after the other', (service) => {
    const stages = stagesOf(restarted('three-planes-none', service))
    expect(stages.every(({ batches }) => batches.length === 1)).toBe(true)
    expect(stages.map(({ batches }) => batches[0]?.host)).toEqual(['10.0.0.11', '10.0.0.12', '10.0.0.13'])
    expect(stages.every(({ batches }) => batches[0]?.changes.map(({ id }) => id).join() === `unit ${service}`)).toBe(true)
  })

  test.each(['10.0.0.11', '10.0.0.12', '10.0.0.13'])("etcd's leader restarts after the other members: %s", (leader) => {
    const { cluster, hosts, world } = scenarioNamed('three-planes-none')
    const services = { ...cluster.config.services, etcd: { extra_args: { v: '2' } } }
    const { world: installed } = converge(cluster, hosts, world)
    const etcd = (key: string) => ({ leader: key === leader, size: 1, inUse: 1, quota: 100, alarms: [] })
    const led = Object.fromEntries(Object.entries(installed).map(([key, facts]) => [key, { ...facts, etcd: etcd(key) }]))
    const stages = stagesOf(changesFor({ ...cluster, config: { ...cluster.config, services } }, hosts, led))
    expect(shape(stages)).toEqual(
      [...['10.0.0.11', '10.0.0.12', '10.0.0.13'].filter((key) => key !== leader), leader].map((key) => `etcd: ${key.slice(-2)}`),
    )
  })

  test('nothing to do is no stage', () => {
    expect(stagesOf([])).toEqual([])
  })
})

describe('an upgrade', () => {
  const { cluster, hosts, world } = scenarioNamed('separate-etcd')
  const { release, pins } = scenarioNamed('single-node').cluster
  const stages = stagesOf(changesFor({ ...cluster, release, pins }, hosts, rotation(cluster, hosts, world)))
  const first = (test_: (change: Change) => boolean): number =>
    stages.findIndex(({ batches }) => batches.some(({ changes }) => changes.some(test_)))
  const last = (test_: (change: Change) => boolean): number =>
    stages.findLastIndex(({ batches }) => batches.some(({ changes }) => changes.some(test_)))
  const unit = (name: string) => (change: Change) => change.id === `unit ${name}`

  test('etcd, then the API servers, then their controllers, then kubelets, then kube-proxies', () => {
    const order = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubelet']
    for (const [index, name] of order.entries())
      if (index > 0) expect(first(unit(name)), name).toBeGreaterThan(last(unit(order[index - 1] as string)))
    for (const { batches } of stages)
      for (const { changes } of batches) {
        const ids = changes.map(({ id }) => id)
        if (ids.includes('unit kubelet') && ids.includes('unit kube-proxy'))
          expect(ids.indexOf('unit kubelet')).toBeLessThan(ids.indexOf('unit kube-proxy'))
      }
  })

  test('one member, one control plane at a time', () => {
    for (const { phases, batches } of stages)
      if (phases.some((phase) => ['etcd', 'apiserver', 'controllers'].includes(phase))) expect(batches.length).toBe(1)
  })

  test('a node is drained in a stage before its kubelet changes, and takes pods in a stage after', () => {
    const nodes = hosts.filter(({ roles }) => roles.controlPlane || roles.worker).map(({ key }) => key)
    for (const host of nodes) {
      const kubelet = first((change) => change.host === host && change.id === 'unit kubelet')
      const drain = first((change) => change.want.kind === 'drain' && change.want.host === host)
      const back = first((change) => change.want.kind === 'uncordon' && change.want.host === host && change.phase === 'nodes')
      expect(drain, host).toBeGreaterThanOrEqual(0)
      expect(kubelet, host).toBeGreaterThan(drain)
      expect(back, host).toBeGreaterThan(kubelet)
    }
  })
})
