import { describe, expect, test } from 'vitest'
import { clusterHosts, signsOf } from '../../src/cluster/signs.ts'
import { simulate } from '../../src/engine/plan.ts'
import { stagesOf } from '../../src/engine/stages.ts'
import { dropPath } from '../../src/resources/paths.ts'
import { SCENARIOS, scenarioNamed } from '../engine/scenarios.ts'
import { changesFor, converge } from '../engine/support.ts'

describe.each(SCENARIOS)('$name', ({ cluster, hosts, world }) => {
  test('bare hosts show no cluster, and every installed one does', () => {
    expect(clusterHosts(world)).toEqual([])
    expect(clusterHosts(converge(cluster, hosts, world).world)).toEqual(Object.keys(world).sort())
  })

  test('keys that were drawn before anything else are no cluster', () => {
    const [first] = stagesOf(changesFor(cluster, hosts, world))
    const drawn = simulate(world, first?.batches.flatMap(({ changes }) => changes) ?? [])
    expect(drawn).not.toEqual(world)
    expect(clusterHosts(drawn)).toEqual([])
  })
})

describe('one host', () => {
  const { cluster, hosts, world } = scenarioNamed('one-plane-cn')
  const installed = converge(cluster, hosts, world).world
  const [plane, worker] = [installed['10.0.0.11'], installed['10.0.0.21']]
  if (!plane || !worker) throw new Error('no hosts')

  test('every sign by itself', () => {
    expect([...signsOf(plane)].sort()).toEqual(['etcd-data', 'kubeconfig', 'leaf', 'running', 'unit'])
    expect([...signsOf(worker)].sort()).toEqual(['kubeconfig', 'leaf', 'running', 'trust', 'unit'])
    const bare = { ...plane, paths: {}, units: {}, etcdData: false }
    expect(signsOf(bare)).toEqual([])
    expect(signsOf({ ...bare, etcdData: true })).toEqual(['etcd-data'])
    expect(signsOf({ ...bare, units: { etcd: { ...plane.units.etcd, active: 'active' } as never } })).toEqual(['running'])
  })

  test('a public part whose key is gone is a sign', () => {
    const keysAlone = Object.fromEntries(
      Object.entries(plane.paths).filter(([path]) => /\/(ca|front-proxy-ca)\.(crt|key)$|\/sa\./.test(path)),
    )
    const drawn = { ...plane, paths: keysAlone, units: {}, etcdData: false }
    expect(signsOf(drawn)).toEqual([])
    expect(signsOf(dropPath(drawn, '/etc/kubernetes/pki/ca.key'))).toEqual(['trust'])
    expect(signsOf(dropPath(drawn, '/etc/kubernetes/pki/sa.key'))).toEqual(['trust'])
  })
})
