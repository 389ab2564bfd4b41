import { describe, expect, test } from 'vitest'
import { plan } from '../../../src/engine/plan.ts'
import type { Facts, UnitFact } from '../../../src/hosts/facts.ts'
import { cluster, hosts, installed, problemsOf, world } from './support.ts'

test('fit hosts have no problem', () => {
  expect(problemsOf(world)).toEqual([])
})

describe('all at once', () => {
  test('every problem of every host is in one answer', () => {
    const bad = Object.fromEntries(Object.entries(world).map(([key, facts]) => [key, { ...facts, swap: ['/swap'], diskMiB: 1 }]))
    const found = problemsOf(bad)
    expect(found.length).toBe(2 * hosts.length)
    expect(new Set(found.map(({ at }) => at)).size).toBe(hosts.length)
  })
})

test('a restart of etcd that would cost the quorum is refused', () => {
  const dead = {
    ...(installed['10.0.0.1'] as Facts),
    units: { ...installed['10.0.0.1']?.units, etcd: { ...(installed['10.0.0.1']?.units.etcd as UnitFact), active: 'failed', restarts: 3 } },
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
