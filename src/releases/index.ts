import type { Release } from './types.ts'
import { v1_36 } from './v1.36.ts'
import { v1_37 } from './v1.37.ts'

/** Every Kubernetes release Slipway knows, oldest minor first. */
export const RELEASES: readonly Release[] = [...v1_36, ...v1_37]

/** The releases' versions, as cluster.yml names them. */
export const SUPPORTED: readonly string[] = RELEASES.map(({ kubernetes }) => kubernetes)

/** The data of one release. Throws for a version that loading cluster.yml would have refused. */
export const releaseOf = (version: string): Release => {
  const found = RELEASES.find(({ kubernetes }) => kubernetes === version)
  if (!found) throw new Error(`${version} is not among ${SUPPORTED.join(', ')}`)
  return found
}
