import type { Context } from '../../cluster/types.ts'
import type { Problem } from '../../problem.ts'

/** One question about a host: what is wrong with it, if anything. */
export type Check = (context: Context) => Problem | readonly Problem[] | undefined
