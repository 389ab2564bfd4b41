import { describe, expect, test } from 'vitest'
import type { World } from '../../src/cluster/world.ts'
import { plan } from '../../src/engine/plan.ts'
import type { EtcdFact, Facts } from '../../src/hosts/facts.ts'
import { dropPath } from '../../src/resources/paths.ts'
import { clusterOf, scenarioNamed } from '../engine/scenarios.ts'
import { rotation } from '../engine/support.ts'
import { A, facts, withNode, worldA, worldB, yamlOf } from '../engine/two-clusters.ts'

/** Commands that take something away for good, by the host that they name. */
const DESTROYS = /`(?:slipway (?:reset|node remove|node replace|etcd restore [^`]*--force|etcd recover)|rm )[^`]*`/g

const advice = (cluster: Parameters<typeof plan>[0], hosts: Parameters<typeof plan>[1], world: World) => {
  const { changes, problems } = plan(cluster, hosts, world)
  const errors = problems.filter(({ severity }) => severity === 'error')
  expect(changes).toEqual([])
  expect(errors.length).toBeGreaterThan(0)
  return errors.map(({ at, what, fix }) => ({
    at,
    what: what.en,
    commands: fix.en.match(DESTROYS) ?? [],
    zh: fix.zh.match(DESTROYS) ?? [],
  }))
}

const one = scenarioNamed('three-planes-none')
const running = rotation(one.cluster, one.hosts, one.world)
const etcd: EtcdFact = { leader: false, size: 1, inUse: 1, quota: 1, alarms: [] }
const knows = (host: string, ...peers: string[]): Facts => ({
  ...(running[host] as Facts),
  etcd,
  etcdData: true,
  etcdMembers: peers.map((ip) => ({ id: ip, started: true, name: ip, peer: `https://${ip}:2380`, learner: false })),
})
const [CP1, CP2, CP3] = ['10.0.0.11', '10.0.0.12', '10.0.0.13'] as const
const three = (a: readonly string[], b: readonly string[], c: readonly string[]): World => ({
  ...running,
  [CP1]: knows(CP1, ...a),
  [CP2]: knows(CP2, ...b),
  [CP3]: knows(CP3, ...c),
})

describe('what is advised destroys nothing that lives', () => {
  test.each<[string, World, readonly (readonly [at: string, command: RegExp])[]]>([
    ['one member against two that know each other', three([CP1, CP2], [CP1, CP2], [CP3]), [[CP3, /slipway reset --limit cp3/]]],
    ['one member against two that do not: nobody can say', three([CP1], [CP2], [CP3]), []],
    ['two against one that was recovered alone: nobody can say', three([CP1], [CP1, CP2, CP3], [CP1, CP2, CP3]), []],
    [
      'a member that was taken out, and is down',
      { ...three([CP1, CP2], [CP1, CP2], []), [CP3]: { ...knows(CP3), etcdMembers: [] } },
      [[CP3, /slipway reset --limit cp3/]],
    ],
    [
      'a member whose disk is new',
      { ...three([CP1, CP2, CP3], [CP1, CP2, CP3], []), [CP3]: { ...(one.world[CP3] as Facts) } },
      [[CP3, /slipway node replace cp3/]],
    ],
  ])('%s', (_, world, expected) => {
    const found = advice(one.cluster, one.hosts, world)
    const commands = found.flatMap(({ at, commands: own }) => own.map((command) => [at, command] as const))
    expect(commands.length).toBe(expected.length)
    for (const [host, command] of expected) expect(commands.some(([at, text]) => at.includes(host) && command.test(text))).toBe(true)
    for (const { commands: en, zh } of found) expect(zh).toEqual(en)
  })

  test("a worker with another cluster's etcd: the healthy control plane is not blamed", () => {
    const { cluster, hosts } = clusterOf(yamlOf(withNode(A, '10.0.1.11', 'b-cp', 'worker')))
    const mixed = { ...worldA, '10.0.1.11': { ...facts(worldB, '10.0.1.11'), etcd } }
    const found = advice(cluster, hosts, mixed)
    expect(found.map(({ at }) => at)).toEqual(['root@10.0.1.11:22'])
    expect(found.flatMap(({ commands }) => commands).filter((command) => /reset|a-cp/.test(command))).toEqual([])
  })

  test.each([true, false])("nor where that host has lost what says whose it is (the control plane's etcd answers: %s)", (answers) => {
    const { cluster, hosts } = clusterOf(yamlOf(withNode(A, '10.0.1.11', 'b-cp', 'worker')))
    const plane = { ...facts(worldA, '10.0.0.11'), ...(answers ? { etcd } : { etcdMembers: [] }) }
    const stray = { ...facts(worldB, '10.0.1.11'), paths: {}, etcd }
    const { problems } = plan(cluster, hosts, { ...worldA, '10.0.0.11': plane, '10.0.1.11': stray })
    expect(problems.flatMap(({ fix }) => fix.en.match(DESTROYS) ?? [])).toEqual([])
  })

  test('two values of a key: what lies aside can be moved back', () => {
    const key = '/etc/kubernetes/encryption.yaml'
    const other = {
      ...(running[CP2] as Facts),
      paths: { ...running[CP2]?.paths, [key]: { ...running[CP2]?.paths[key], sha256: 'f'.repeat(64) } } as never,
    }
    const found = advice(one.cluster, one.hosts, { ...running, [CP2]: other })
    expect(found.flatMap(({ commands }) => commands)).toEqual([])
  })

  test('lost keys: a reset only where no etcd has begun', () => {
    const lost = (world: World): World =>
      Object.fromEntries(Object.entries(world).map(([host, seen]) => [host, dropPath(seen, '/etc/kubernetes/encryption.yaml')]))
    expect(advice(one.cluster, one.hosts, lost(running)).flatMap(({ commands }) => commands)).toEqual([])
    const begun = Object.fromEntries(
      Object.entries(one.world).map(([host, seen]) => [host, { ...seen, units: { etcd: { active: 'activating' } } as never }]),
    )
    expect(advice(one.cluster, one.hosts, begun).flatMap(({ commands }) => commands)).toEqual(['`slipway reset`'])
  })
})
