import { nodeRanges } from './node-ranges.ts'
import type { PodNetwork } from './types.ts'

/** The user brings a pod network. Most of them take the range that the node was given. */
export const noNetwork: PodNetwork = { ports: [], ...nodeRanges }
