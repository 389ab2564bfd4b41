import type { Problem } from '../problem.ts'
import { mistake, type Source } from './source.ts'
import { valueAt } from './walk.ts'
import { PLUGINS } from './schema/network.ts'
import { say } from './words.ts'

/** Top-level keys of RKE's cluster.yml that Slipway does not have (RKE v1.6 docs, "Example Cluster.ymls"). */
const TOP = [
  'authentication',
  'authorization',
  'system_images',
  'ssh_key_path',
  'ssh_cert_path',
  'ssh_agent_auth',
  'ingress',
  'monitoring',
  'addons',
  'addons_include',
  'addon_job_timeout',
  'ignore_docker_version',
  'enable_cri_dockerd',
  'cloud_provider',
  'prefix_path',
  'win_prefix_path',
  'restore',
  'rotate_certificates',
  'rotate_encryption_key',
  'dns',
]
const SERVICES = ['kube-api', 'kube-controller', 'scheduler', 'kubeproxy']
const ETCD = ['snapshot', 'creation', 'retention', 'backup_config', 'external_urls', 'uid', 'gid']
const NODE = ['docker_socket', 'ssh_key', 'ssh_cert', 'ssh_cert_path']

const keysOf = (value: unknown): string[] => (typeof value === 'object' && value !== null ? Object.keys(value) : [])

const rkeRole = (value: unknown): boolean => Array.isArray(value) && value.includes('controlplane')

/** The signs of RKE's format in a value read from YAML: each is a word that only RKE knows. */
const signs = (value: unknown): string[] => {
  const nodes = valueAt(value, ['nodes'])
  const list = Array.isArray(nodes) ? nodes : []
  const plugin = valueAt(value, ['network', 'plugin'])
  const version = valueAt(value, ['kubernetes_version'])
  return [
    ...keysOf(value).filter((key) => TOP.includes(key)),
    ...keysOf(valueAt(value, ['services'])).filter((key) => SERVICES.includes(key)),
    ...keysOf(valueAt(value, ['services', 'etcd'])).filter((key) => ETCD.includes(key)),
    ...NODE.filter((key) => list.some((node) => keysOf(node).includes(key))),
    ...(list.some((node) => rkeRole(valueAt(node, ['role']))) ? ['controlplane'] : []),
    ...(typeof plugin === 'string' && ['canal', 'calico', 'weave'].includes(plugin) ? ['plugin'] : []),
    ...(typeof version === 'string' && version.includes('-rancher') ? ['rancher'] : []),
  ]
}

/** Whether a value read from YAML is RKE's cluster.yml: two signs, because one may be a slip. */
const isRke = (value: unknown): boolean => signs(value).length >= 2

/** One Problem for a file in RKE's format, or undefined. */
export const rkeProblem = (value: unknown, source: Source): Problem | undefined =>
  isRke(value)
    ? mistake(
        source.at([]),
        say("This is RKE's format: many keys are the same, some are not.", '这是 RKE 的格式：许多键相同，有些不同。'),
        say(
          `Change these three first: nodes[].role (controlplane is control-plane here), kubernetes_version (such as v1.36.3), network.plugin (${PLUGINS.join(' or ')}). The other keys are listed below.`,
          `请先改这三个键：nodes[].role（controlplane 在这里写作 control-plane）、kubernetes_version（例如 v1.36.3）、network.plugin（${PLUGINS.join(' 或 ')}）。其余的键见下文。`,
        ),
      )
    : undefined
