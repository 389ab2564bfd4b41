import { z } from 'zod'
import { dns1123Label } from './hostname.ts'
import { etcdBackup } from './schema/backup.ts'
import { certificates } from './schema/certificates.ts'
import { components } from './schema/components.ts'
import { key } from './schema/key.ts'
import { mirrors } from './schema/mirrors.ts'
import { network } from './schema/network.ts'
import { node } from './schema/node.ts'
import { privateRegistry } from './schema/private-registry.ts'
import { proxy } from './schema/proxy.ts'
import { services } from './schema/services.ts'
import { bastion, ssh } from './schema/ssh.ts'
import { upgradeStrategy } from './schema/upgrade.ts'
import { name } from './schema/values.ts'
import { vip } from './schema/vip.ts'

const timeSync = z
  .enum(['auto', 'none'])
  .default('auto')
  .meta(key('install', 'auto installs chrony where nothing keeps the clock (not in containers); none leaves it to you'))

/** The name of a cluster whose file gives it none. */
export const DEFAULT_NAME = 'kubernetes'

/** The whole of cluster.yml. Every key carries its description and how a change to it is applied. */
export const schema = z.strictObject({
  cluster_name: z
    .string()
    .refine(dns1123Label, 'is not a DNS-1123 label')
    .default(DEFAULT_NAME)
    .meta(key('immutable', 'Name of the cluster and of its kubeconfig context', 'lab')),
  kubernetes_version: z
    .string()
    .meta(
      key(
        'drain',
        'The Kubernetes release (any patch), or its minor for the newest that needs no lock; only another minor drains',
        'v1.36.3',
      ),
    ),
  components,
  cluster_domain: name.default('cluster.local').meta(key('immutable', 'DNS domain of the services')),
  mirrors: mirrors.prefault({}).meta(key('restart', 'Where every byte comes from: none, cn, or a map', 'cn')),
  delivery: z
    .enum(['pull', 'push'])
    .default('pull')
    .meta(key('live', 'pull: hosts fetch what they need; push: this machine fetches it once and streams it to them, and they ask nobody')),
  private_registries: z.array(privateRegistry).default([]).meta(key('live', 'Registries of your own')),
  proxy: proxy.optional().meta(key('restart', 'HTTP proxy')),
  ssh: ssh.prefault({}).meta(key('operator', 'Defaults for reaching the nodes')),
  bastion_host: bastion.optional().meta(key('operator', 'Bastion for every node')),
  nodes: z.array(node).min(1).meta(key('live', 'The hosts')),
  control_plane_endpoint: z
    .string()
    .min(1)
    .optional()
    .meta(key('restart', 'Name or address people use for the API (a load balancer or VIP of yours); port 6443', 'api.example.com')),
  control_plane_vip: vip
    .optional()
    .meta(key('restart', 'A virtual address for the API on the control planes (keepalived); it moves to one whose API server is ready')),
  extra_sans: z
    .array(z.string().min(1))
    .default([])
    .meta(key('restart', "More names and addresses for kube-apiserver's certificate", ['api.example.com'])),
  network: network.prefault({}).meta(key('immutable', 'The network of the cluster')),
  services: services.prefault({}).meta(key('restart', 'Settings of each component')),
  etcd_backup: etcdBackup.optional().meta(key('live', 'Backups of etcd and of the keys, taken by a timer on the control planes')),
  certificates: certificates.prefault({}).meta(key('restart', 'How long certificates live, and who signs them')),
  upgrade_strategy: upgradeStrategy.prefault({}).meta(key('live', 'How a running cluster is upgraded')),
  time_sync: timeSync,
})

/** cluster.yml with every default filled in. */
export type Config = z.output<typeof schema>
export type NodeConfig = Config['nodes'][number]
export type Role = NodeConfig['role'][number]
