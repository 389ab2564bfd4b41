import { z } from 'zod'
import { key } from './key.ts'

// The names are RKE's (types/rke_types.go, NodeUpgradeStrategy and NodeDrainInput).
const nodeDrainInput = z.strictObject({
  force: z
    .boolean()
    .default(false)
    .meta(key('live', 'Delete pods that no controller would make again; false: they stop the drain before anything is cordoned')),
  delete_local_data: z.boolean().default(true).meta(key('live', 'Delete pods with emptyDir volumes; false: they stop the drain')),
  grace_period: z.int().min(-1).max(86400).default(-1).meta(key('live', "Seconds a pod has to end; -1: the pod's own")),
  timeout: z
    .int()
    .min(1)
    .max(86400)
    .default(300)
    .meta(key('live', 'Seconds after which a drain that cannot end is given up and the run stops')),
})

const NO_NUMBER = 'is not a number of workers'

/** How a running cluster is upgraded. */
export const upgradeStrategy = z.strictObject({
  max_unavailable_worker: z
    .union([z.int().min(1).max(5000), z.string().regex(/^[1-9][0-9]*%?$/, NO_NUMBER)], NO_NUMBER)
    .default('10%')
    .meta(key('live', 'How many workers may be away at once: a number or a percentage (at least one). Control planes go one at a time')),
  drain: z.boolean().default(true).meta(key('live', 'Drain a node before its kubelet changes to another minor version')),
  node_drain_input: nodeDrainInput.prefault({}).meta(key('live', 'How a node is drained')),
})
