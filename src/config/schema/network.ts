import { z } from 'zod'
import { key } from './key.ts'

/** Pod networks, by the names that cluster.yml knows; what each of them means stands in src/addons. */
export const PLUGINS = ['flannel', 'none'] as const

/** Ranges, pod network and kube-proxy. */
export const network = z.strictObject({
  plugin: z.enum(PLUGINS).default('flannel').meta(key('immutable', 'Pod network; none leaves it to you')),
  pod_cidr: z.string().default('10.244.0.0/16').meta(key('immutable', 'Range of the pods')),
  service_cidr: z.string().default('10.96.0.0/12').meta(key('immutable', 'Range of the services')),
  node_mask: z.int().min(16).max(30).default(24).meta(key('immutable', "Size of each node's share of pod_cidr")),
  proxy_mode: z
    .enum(['nftables', 'iptables'])
    .default('nftables')
    .meta(key('restart', 'How kube-proxy works; nftables needs a kernel of 5.13 or newer')),
})
