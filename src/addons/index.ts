import { coredns } from './coredns.ts'
import { flannel } from './flannel.ts'
import type { Addon } from './types.ts'

/** Every add-on, in the order it is applied. */
export const ADDONS: readonly Addon[] = [flannel, coredns]
