import type { Context } from '../cluster/types.ts'
import type { Text } from '../text.ts'

/** A part of the cluster that runs as objects in it. Pure. */
export interface Addon {
  readonly name: string
  readonly title: Text
  wanted(context: Context): boolean
  /** What its pods leave on the hosts, as `Step.leaves` says it. */
  readonly leaves?: readonly string[]
  objects(context: Context): readonly object[]
  /** sh that exits 0 once it works, where that can be waited for; `k` is kubectl as administrator. */
  ready(context: Context): string | undefined
}
