import { z } from 'zod'
import { key } from './key.ts'
import { ipv4 } from './values.ts'

/** The virtual address of the API. */
export const vip = z.strictObject({
  address: ipv4.meta(key('restart', 'An address of the network of the control planes that nobody has', '10.0.0.100')),
  interface: z
    .string()
    .regex(/^[A-Za-z0-9_.@-]{1,15}$/, 'is not the name of a network device')
    .optional()
    .meta(key('restart', "The device that carries it (default: the one with the node's own address)", 'eth0')),
  router_id: z.int().min(1).max(255).default(51).meta(key('restart', 'VRRP router id; each virtual address of a network needs its own')),
})
