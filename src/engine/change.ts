import type { Problem } from '../problem.ts'
import type { Difference, Resource } from '../resources/types.ts'

/**
 * One thing that will be done on one host. `batch`: nodes of one batch change together, and the next batch waits for them; where hosts of the control
 * plane take turns, a lower one goes first.
 */
export type Change = Readonly<{
  host: string
  phase: string
  step: string
  id: string
  want: Resource
  difference: Difference
  batch?: number
}>

/** What a run would do, and what speaks against it. A value: printing it is the dry run. */
export type Plan = Readonly<{ changes: readonly Change[]; problems: readonly Problem[] }>
