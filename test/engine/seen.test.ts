import { describe, expect, test } from 'vitest'
import { PROBE } from '../../src/shell/texts.ts'
import { simulate } from '../../src/engine/plan.ts'
import { kindOf } from '../../src/resources/index.ts'
import { type Scenario, SCENARIOS, scenarioNamed } from './scenarios.ts'
import { changesFor, rotation } from './support.ts'

const FILES = /^files\(\) \{\n([\s\S]*?)^}/m.exec(PROBE)?.[1] ?? ''
const wordsOf = (text: string | undefined): string[] => (text ?? '').split(/[\s\\]+/).filter((word) => word.startsWith('/'))

/** What the probe looks at with all that is under it, and what it only looks at itself. */
const TREES = wordsOf(/set -- ([\s\S]*?)\n\tfind/.exec(FILES)?.[1])
const ALONE = wordsOf(/^\tfor path in (.*); do$/m.exec(FILES)?.[1])

const isSeen = (path: string): boolean => ALONE.includes(path) || TREES.some((root) => path === root || path.startsWith(`${root}/`))

test('the probe is read rightly by this test', () => {
  expect(TREES).toContain('/etc/kubernetes')
  expect(TREES.length).toBeGreaterThan(20)
  expect(ALONE).toContain('/var/lib/etcd')
})

const upgraded = (one: Scenario): Scenario => {
  const { release, pins } = scenarioNamed('single-node').cluster
  return {
    ...one,
    name: `${one.name}-upgraded`,
    cluster: { ...one.cluster, release, pins },
    world: rotation(one.cluster, one.hosts, one.world),
  }
}

// What the probe does not look at would be missing at the next run, and be made again for ever.
describe.each([...SCENARIOS, upgraded(scenarioNamed('one-plane-cn'))])('$name', ({ cluster, hosts, world }) => {
  const changes = changesFor(cluster, hosts, world)

  test('every path that a plan is decided by is one the probe looks at', () => {
    const after = simulate(world, changes)
    const written = Object.entries(after).flatMap(([host, { paths }]) =>
      Object.keys(paths).filter((path) => world[host]?.paths[path] !== paths[path]),
    )
    expect([...new Set(written)].filter((path) => !isSeen(path))).toEqual([])
  })

  test('every path that a script writes is one the probe looks at, or one a stamp vouches for', () => {
    const written = changes.flatMap(({ want, difference }) => {
      const payload = new Proxy({}, { get: () => 'symbol\n' })
      const script = kindOf(want).script(want, difference, payload)
      return [...script.matchAll(/^\s*(?:put|link|directory) '?([^\s']+)/gm)].map(([, path = '']) => path)
    })
    const own = written.filter((path) => path.startsWith('/'))
    expect(own.length).toBeGreaterThan(0)
    expect([...new Set(own)].filter((path) => !isSeen(path) && !path.startsWith('/opt/slipway/'))).toEqual([])
  })

  test('every unit that runs is one the probe asks systemd for', () => {
    const names = changes.flatMap(({ want }) => (want.kind === 'unit' ? [want.name] : []))
    const asked = /^\tfor unit in (etcd .*); do$/m.exec(PROBE)?.[1]?.split(' ') ?? []
    expect(names.filter((name) => !asked.includes(name))).toEqual([])
  })

  test('every package, sysctl and module that is wanted is one the probe reports', () => {
    const named = changes.flatMap(({ want }) =>
      want.kind === 'packages' || want.kind === 'modules' ? want.names : want.kind === 'sysctls' ? Object.keys(want.values) : [],
    )
    const words = new Set(PROBE.split(/[\s;()"']+/))
    expect(named.filter((name) => !words.has(name))).toEqual([])
  })
})
