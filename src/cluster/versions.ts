import type { Facts } from '../hosts/facts.ts'
import { unitPath } from './unit-path.ts'
import { parts } from '../config/version.ts'

export { compareVersions, parts } from '../config/version.ts'

/** The version of a component that a host runs, from its unit's own file; undefined when it is not there. */
export const runningVersion = (facts: Facts | undefined, unit: string, component: string): string | undefined =>
  new RegExp(`/opt/slipway/${component}/([^/]+)/`).exec(facts?.paths[unitPath(unit)]?.text ?? '')?.[1]

/** Whether two releases are of different minors. */
export const otherMinor = (a: string, b: string): boolean => parts(a)[0] !== parts(b)[0] || parts(a)[1] !== parts(b)[1]
