import type { Config } from '../config/schema.ts'
import { flannelNetwork } from './flannel.ts'
import { noNetwork } from './none.ts'
import type { PodNetwork } from './types.ts'

/** Every pod network, by its name in `network.plugin`. */
export const NETWORKS: Readonly<Record<Config['network']['plugin'], PodNetwork>> = {
  flannel: flannelNetwork,
  none: noNetwork,
}

/** The pod network of a cluster. */
export const networkOf = ({ network }: Config): PodNetwork => NETWORKS[network.plugin]
