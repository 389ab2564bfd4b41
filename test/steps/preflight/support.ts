import { describe, expect, test } from 'vitest'
import { unitPath } from '../../../src/cluster/unit-path.ts'
import type { World } from '../../../src/cluster/world.ts'
import { plan } from '../../../src/engine/plan.ts'
import type { Facts } from '../../../src/hosts/facts.ts'
import type { Problem } from '../../../src/problem.ts'
import { SECRET_PATHS } from '../../../src/resources/secrets.ts'
import { scenarioNamed } from '../../engine/scenarios.ts'
import { converge } from '../../engine/support.ts'

export const { cluster, hosts, world } = scenarioNamed('separate-etcd')
export const PLANE = '10.0.0.11'
export const WORKER = '10.0.0.21'

/** The same hosts after a first run. */
export const installed = converge(cluster, hosts, world).world

/** What stands in the way on these hosts. */
export const problemsOf = (seen: World, config: Partial<typeof cluster.config> = {}): readonly Problem[] =>
  plan({ ...cluster, config: { ...cluster.config, ...config } }, hosts, seen).problems

const changed = (host: string, facts: Partial<Facts>): World => ({ ...world, [host]: { ...(world[host] as Facts), ...facts } })

/** The problems after something about one host is different. */
export const withFacts = (host: string, facts: Partial<Facts>, config: Partial<typeof cluster.config> = {}): readonly Problem[] =>
  problemsOf(changed(host, facts), config)

const keys = Object.fromEntries(Object.values(SECRET_PATHS).flatMap((paths) => paths.map((path) => [path, installed[PLANE]?.paths[path]])))

/** A host on which a unit starts this version of its binary. */
export const unitOf = (unit: string, binary: string): Pick<Facts, 'paths'> => ({
  paths: {
    ...world[PLANE]?.paths,
    ...(unit === 'etcd' ? {} : keys),
    [unitPath(unit)]: { type: 'file', mode: '0600', owner: 'root:root', sha256: '', text: `ExecStart=/opt/slipway/${binary}/x \\\n` },
  } as Facts['paths'],
})

/** One fault of one host, and how it is said. */
export type Fault = readonly [name: string, host: string, facts: Partial<Facts>, what: RegExp, exit: number]

/** Each of these is said of its host, with its exit code and a way out in both languages, and stops everything. */
export const stops = (faults: readonly Fault[]): void => {
  describe('what stands in the way', () => {
    test.each(faults)('%s', (_, host, facts, what, exit) => {
      const found = withFacts(host, facts).filter(({ severity }) => severity === 'error')
      const named = found.find((problem) => what.test(problem.what.en) && problem.at.includes(host))
      expect(named, JSON.stringify(found.map((problem) => problem.what.en))).toMatchObject({ exit })
      expect(named?.fix.en.length).toBeGreaterThan(10)
      expect(named?.what.zh).not.toBe('')
      expect(named?.fix.zh).not.toBe('')
    })

    test.each(faults)('%s: nothing would be changed anywhere', (_, host, facts) => {
      expect(plan(cluster, hosts, changed(host, facts)).changes).toEqual([])
    })
  })
}

/** Each of these stops nothing. */
export const passes = (facts: readonly (readonly [name: string, host: string, facts: Partial<Facts>])[]): void => {
  describe('what is fit', () => {
    test.each(facts)('%s', (_, host, seen) => {
      expect(withFacts(host, seen).filter(({ severity }) => severity === 'error')).toEqual([])
    })
  })
}

/** Each of these is one warning. */
export const warns = (faults: readonly (readonly [name: string, host: string, facts: Partial<Facts>, what: RegExp])[]): void => {
  describe('what is only said', () => {
    test.each(faults)('%s', (_, host, facts, what) => {
      const found = withFacts(host, facts, { time_sync: 'none' } as never)
      expect(found.map(({ severity, what: text }) => [severity, what.test(text.en)])).toEqual([['warning', true]])
    })
  })
}
