import type { Config } from '../config/schema.ts'
import type { Release } from '../releases/types.ts'
import { coredns } from './coredns.ts'
import { NETWORKS } from './networks.ts'
import type { Addon } from './types.ts'

/** Every add-on, in the order it is applied: pods of the others start once there is a pod network. */
export const ADDONS: readonly Addon[] = [...Object.values(NETWORKS).flatMap(({ addon }) => (addon ? [addon] : [])), coredns]

/** The add-ons of a cluster. */
export const addonsOf = (config: Config): readonly Addon[] => ADDONS.filter((addon) => addon.wanted(config))

/** The images of the pods that Slipway itself starts, by what they are for: the sandbox, the add-ons, the functional check. */
export const imagesOf = (config: Config, release: Release): Readonly<Record<string, string>> => {
  const { pause, agnhost } = release.images
  const needed = [pause, agnhost, ...addonsOf(config).flatMap((addon) => addon.images(release))]
  return Object.fromEntries(Object.entries(release.images).filter(([, ref]) => needed.includes(ref)))
}
