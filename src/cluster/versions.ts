import type { Facts } from '../hosts/facts.ts'
import { unitPath } from './unit-path.ts'

/** The version of a component that a host runs, from its unit's own file; undefined when it is not there. */
export const runningVersion = (facts: Facts | undefined, unit: string, component: string): string | undefined =>
  new RegExp(`/opt/slipway/${component}/([^/]+)/`).exec(facts?.paths[unitPath(unit)]?.text ?? '')?.[1]

/** [major, minor, patch] of "v1.36.3" or "3.6.14". */
export const parts = (version: string): readonly [number, number, number] => {
  const [major = 0, minor = 0, patch = 0] = version.replace(/^v/, '').split('.').map(Number)
  return [major, minor, patch]
}

/** Negative, zero or positive, as for sorting. */
export const compareVersions = (a: string, b: string): number => {
  const [left, right] = [parts(a), parts(b)]
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2]
}

/** Whether two releases are of different minors. */
export const otherMinor = (a: string, b: string): boolean => parts(a)[0] !== parts(b)[0] || parts(a)[1] !== parts(b)[1]
