import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { plan, simulate } from '../../src/engine/plan.ts'
import type { Change } from '../../src/engine/change.ts'
import { type Stage, stagesOf } from '../../src/engine/stages.ts'
import type { World } from '../../src/cluster/world.ts'
import { clusterOf, SCENARIOS, type Scenario, scenarioNamed } from './scenarios.ts'
import { changesFor, converge, inOrder, namesOf, rotation } from './support.ts'

/** The same cluster one minor further, on hosts that run the one before. */
const upgraded = ({ name, cluster, hosts, world }: Scenario): Scenario => {
  const { release } = clusterOf(
    'cluster_name: x\nkubernetes_version: v1.37.2\nnodes: [{address: 10.0.0.1, user: root, role: [control-plane]}]\n',
  ).cluster
  const pins = clusterOf('cluster_name: x\nkubernetes_version: v1.37.2\nnodes: [{address: 10.0.0.1, user: root, role: [control-plane]}]\n')
    .cluster.pins
  return { name: `${name}-upgraded`, cluster: { ...cluster, release, pins }, hosts, world: rotation(cluster, hosts, world) }
}

/** The same cluster with other settings, on hosts that run the old ones. */
const changed = ({ name, cluster, hosts, world }: Scenario): Scenario => {
  const services = {
    ...cluster.config.services,
    'kube-apiserver': { ...cluster.config.services['kube-apiserver'], extra_args: { 'max-requests-inflight': '900' } },
    etcd: { ...cluster.config.services.etcd, extra_args: { 'heartbeat-interval': '200' } },
  }
  return {
    name: `${name}-changed`,
    cluster: { ...cluster, config: { ...cluster.config, services } },
    hosts,
    world: converge(cluster, hosts, world).world,
  }
}

const ALL: readonly Scenario[] = [
  ...SCENARIOS,
  upgraded(scenarioNamed('one-plane-cn')),
  upgraded(scenarioNamed('separate-etcd')),
  ...SCENARIOS.map(changed),
]

/** What a run that was stopped in STAGE left: all stages before it, and of each host in it the first few changes. */
const stoppedAt = (stages: readonly Stage[], stage: number, done: readonly number[]): Change[] => [
  ...stages.slice(0, stage).flatMap(({ batches }) => batches.flatMap(({ changes }) => changes)),
  ...(stages[stage]?.batches ?? []).flatMap(({ changes }, index) => changes.slice(0, (done[index] ?? 0) % (changes.length + 1))),
]

describe.each(ALL)('$name', ({ cluster, hosts, world }) => {
  let changes: readonly Change[]
  let undisturbed: World
  beforeAll(() => {
    changes = changesFor(cluster, hosts, world)
    undisturbed = simulate(world, inOrder(changes))
  })

  test('there is something to do', () => {
    expect(changes.length).toBeGreaterThan(0)
  })

  test('the plan after the plan is empty', () => {
    const next = plan(cluster, hosts, undisturbed)
    expect(next.changes.map(({ host, id, difference }) => `${host} ${id}: ${difference.reason.en}`)).toEqual([])
    expect(next.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  })

  test('the same input gives the same plan, whatever the order of the hosts in the world', () => {
    const again = plan(cluster, hosts, Object.fromEntries(Object.entries(world).toReversed()))
    expect(JSON.stringify(again.changes)).toBe(JSON.stringify(changes))
  })

  test('planning and simulating change nothing they were given', () => {
    const before = JSON.stringify([cluster, hosts, world])
    simulate(world, plan(cluster, hosts, world).changes)
    expect(JSON.stringify([cluster, hosts, world])).toBe(before)
  })

  test('nothing is claimed twice on a host', () => {
    const names = changes.map(({ host, id }) => `${host} ${id}`)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  test('everything planned is carried out, once', () => {
    expect(namesOf(inOrder(changes)).sort()).toEqual(namesOf(changes).sort())
  })

  test('stopped after any stage, the next run ends where an undisturbed one does', () => {
    const stages = stagesOf(changes)
    for (let stage = 0; stage <= stages.length; stage++) {
      const { world: found } = converge(cluster, hosts, simulate(world, stoppedAt(stages, stage, [])))
      expect(found, `stopped before stage ${stage}`).toEqual(undisturbed)
    }
  })

  test('stopped anywhere inside a stage, each host at a place of its own, too', () => {
    const stages = stagesOf(changes)
    fc.assert(
      fc.property(fc.nat(stages.length - 1), fc.array(fc.nat(200), { minLength: hosts.length, maxLength: hosts.length }), (stage, done) => {
        const { world: found, runs } = converge(cluster, hosts, simulate(world, stoppedAt(stages, stage, done)))
        expect(found).toEqual(undisturbed)
        expect(runs).toBeLessThanOrEqual(1)
      }),
      { numRuns: 25 },
    )
  })
})

test('stopped after every single change, the next run ends where an undisturbed one does', () => {
  const { cluster, hosts, world } = scenarioNamed('single-node')
  const changes = inOrder(changesFor(cluster, hosts, world))
  const undisturbed = simulate(world, changes)
  for (let done = 0; done <= changes.length; done++)
    expect(converge(cluster, hosts, simulate(world, changes.slice(0, done))).world, `after ${changes[done - 1]?.id}`).toEqual(undisturbed)
})
