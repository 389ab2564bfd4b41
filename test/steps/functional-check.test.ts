import { expect, test } from 'vitest'
import type { World } from '../../src/cluster/world.ts'
import { scenarioNamed } from '../engine/scenarios.ts'
import { changesFor, converge } from '../engine/support.ts'

const PATH = '/etc/slipway/verified'

test('passed once for a cluster, it is not asked again when another control plane speaks first', () => {
  const { cluster, hosts, world } = scenarioNamed('three-planes-none')
  const { world: whole } = converge(cluster, hosts, world)
  const [first] = Object.keys(whole).filter((key) => whole[key]?.paths[PATH])
  const record = whole[first ?? '']?.paths[PATH]
  const moved: World = Object.fromEntries(
    Object.entries(whole).map(([key, facts]) => {
      const { [PATH]: _, ...paths } = facts.paths
      return [key, { ...facts, paths: key === '10.0.0.13' && record ? { ...paths, [PATH]: record } : paths }]
    }),
  )
  expect(first).toBe('10.0.0.11')
  expect(changesFor(cluster, hosts, moved)).toEqual([])
})
