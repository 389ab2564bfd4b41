import { z } from 'zod'
import { DURATION } from './duration.ts'
import { dns1123Label, dns1123Subdomain } from './hostname.ts'

/**
 * How a change of a key is applied to a running cluster.
 * `live`: nothing restarts; `restart`: the units that read it, one host at a time; `drain`: the node is drained first; `install`: only when a
 * host is installed; `immutable`: refused; `operator`: it never reaches the cluster. test/engine/changed-keys.test.ts holds each key to its word.
 */
export type Applied = 'live' | 'restart' | 'drain' | 'install' | 'immutable' | 'operator'

/** Metadata of a key: its text is the reference (`slipway explain`, cluster.example.yml, the JSON Schema). */
const key = (applied: Applied, en: string, example?: unknown) => ({
  description: en,
  applied,
  ...(example === undefined ? {} : { example }),
})

const ipv4 = z.ipv4('is not an IPv4 address')
const port = z.int().min(1).max(65535)
const name = z.string().refine(dns1123Subdomain, 'is not a DNS-1123 subdomain')

/** A password is never written in cluster.yml: it is named. */
const secretRef = z
  .string()
  .regex(
    /^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|cmd:.+)$/,
    'must be env:NAME, file:PATH or cmd:COMMAND, so that no secret stands in the file',
  )

const bastion = z.strictObject({
  address: z
    .string()
    .min(1)
    .meta(key('operator', 'Name or address of the bastion', '203.0.113.10')),
  port: port.default(22).meta(key('operator', "Port of the bastion's sshd")),
  user: z
    .string()
    .min(1)
    .optional()
    .meta(key('operator', 'User on the bastion (default: ssh.user)', 'jump')),
  ssh_key_path: z
    .string()
    .min(1)
    .optional()
    .meta(key('operator', 'Private key for the bastion (default: ssh.key_path)', '~/.ssh/bastion')),
})

const ssh = z.strictObject({
  user: z
    .string()
    .min(1)
    .default('root')
    .meta(key('operator', 'User for every node that names none; not root needs sudo', 'ubuntu')),
  port: port.default(22).meta(key('live', 'Port for every node that names none')),
  key_path: z
    .string()
    .min(1)
    .optional()
    .meta(
      key(
        'operator',
        'Private key file; an encrypted one asks for its passphrase. Without it: the agent, then ~/.ssh/id_*',
        '~/.ssh/id_ed25519',
      ),
    ),
  password: secretRef
    .optional()
    .meta(key('operator', 'Where the login password is: env:NAME, file:PATH or cmd:COMMAND', 'env:SSH_PASSWORD')),
  sudo_password: secretRef.optional().meta(key('operator', 'Where the sudo password is; not needed with NOPASSWD', 'env:SUDO_PASSWORD')),
  known_hosts: z
    .string()
    .min(1)
    .optional()
    .meta(key('operator', 'Known-hosts file of this cluster, besides ~/.ssh/known_hosts', 'known_hosts')),
  accept_new: z
    .boolean()
    .default(false)
    .meta(key('operator', 'Accept the key of a host never seen before without asking, and keep it. A changed key always stops')),
  connect_timeout: z.int().min(1).max(600).default(15).meta(key('operator', 'Seconds after which a host that does not answer is given up')),
  agent: z.boolean().default(true).meta(key('operator', 'Use the ssh agent when there is one')),
  config: z.boolean().default(true).meta(key('operator', 'Read ~/.ssh/config (HostName, User, Port, IdentityFile, ProxyJump)')),
})

export const ROLES = ['control-plane', 'etcd', 'worker'] as const

const taint = z.strictObject({
  key: z
    .string()
    .min(1)
    .meta(key('live', 'Key of the taint', 'dedicated')),
  value: z
    .string()
    .default('')
    .meta(key('live', 'Value of the taint', 'gpu')),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).meta(key('live', 'What the taint does', 'NoSchedule')),
})

const node = z.strictObject({
  address: z
    .string()
    .min(1)
    .meta(key('restart', 'Where ssh reaches the host: a name, an IPv4 address, or `localhost` for this machine', '10.0.0.11')),
  role: z
    .array(z.enum(ROLES))
    .min(1)
    .meta(
      key(
        'restart',
        'What the host is: control-plane, etcd, worker; a role can be added, not taken away. A control plane holds etcd unless nodes with the role etcd exist',
        ['control-plane'],
      ),
    ),
  hostname_override: name.optional().meta(key('drain', "The Node's name (default: the host's own name); a DNS-1123 subdomain", 'cp1')),
  set_hostname: z
    .boolean()
    .default(false)
    .meta(key('install', "Give the host itself the Node's name (/etc/hostname, /etc/hosts, cloud-init)")),
  internal_address: ipv4
    .optional()
    .meta(
      key(
        'restart',
        'The address other nodes use (default: address, when it is one of the host, else the one of its default route)',
        '10.0.0.11',
      ),
    ),
  user: z
    .string()
    .min(1)
    .optional()
    .meta(key('operator', 'User for ssh (default: ssh.user)', 'ubuntu')),
  port: port.optional().meta(key('live', 'Port for ssh (default: ssh.port)', 22)),
  ssh_key_path: z
    .string()
    .min(1)
    .optional()
    .meta(key('operator', 'Private key for ssh (default: ssh.key_path)', '~/.ssh/id_ed25519')),
  password: secretRef.optional().meta(key('operator', 'Where the login password is (default: ssh.password)', 'env:CP1_PASSWORD')),
  sudo_password: secretRef
    .optional()
    .meta(key('operator', 'Where the sudo password is (default: ssh.sudo_password)', 'env:CP1_SUDO_PASSWORD')),
  host_key: z
    .string()
    .min(1)
    .optional()
    .meta(key('operator', "The host's public key, pinned: the key itself, or the file that holds it", 'keys/cp1.pub')),
  bastion_host: bastion.optional().meta(key('operator', 'Bastion for this node (default: the bastion_host of the cluster)')),
  labels: z
    .record(z.string(), z.string())
    .default({})
    .meta(key('live', 'Labels of the Node', { zone: 'a' })),
  taints: z
    .array(taint)
    .default([])
    .meta(key('live', 'Taints of the Node; a control plane without the role worker gets node-role.kubernetes.io/control-plane:NoSchedule')),
})

/** A value for a flag: text, several (the flag repeated), or null (the flag is left out). */
const flagValue = z.union([z.string(), z.array(z.string()).min(1), z.null()])
const extraArgs = z
  .record(z.string().regex(/^[a-z0-9][a-zA-Z0-9-]*$/, 'must be the name of a flag without the leading dashes'), flagValue)
  .default({})
const service = (unit: string, example: Record<string, string>) =>
  z
    .strictObject({
      extra_args: extraArgs.meta(key('restart', `Flags of ${unit}: text, a list for a repeated flag, null to remove one of ours`, example)),
    })
    .prefault({})
    .meta(key('restart', `Settings of ${unit}`))

const networkShape = z.strictObject({
  plugin: z.enum(['flannel', 'none']).default('flannel').meta(key('immutable', 'Pod network; none leaves it to you')),
  pod_cidr: z.string().default('10.244.0.0/16').meta(key('immutable', 'Range of the pods')),
  service_cidr: z.string().default('10.96.0.0/12').meta(key('immutable', 'Range of the services')),
  node_mask: z.int().min(16).max(30).default(24).meta(key('immutable', "Size of each node's share of pod_cidr")),
  proxy_mode: z
    .enum(['nftables', 'iptables'])
    .default('nftables')
    .meta(key('restart', 'How kube-proxy works; nftables needs a kernel of 5.13 or newer')),
})

export const PROVIDERS = ['upstream', 'aliyun', 'aliyun-vpc', 'tuna', 'ustc', 'tencent', 'daocloud'] as const
const provider = z.union([z.enum(PROVIDERS), z.url({ protocol: /^https?$/ })])

const mirrorsShape = z.strictObject({
  profile: z.enum(['none', 'cn']).default('none').meta(key('restart', 'cn: everything from mirrors in China; none: from upstream')),
  apt: z
    .strictObject({
      base: z
        .array(provider)
        .optional()
        .meta(key('live', "Debian's or Ubuntu's own archive, in order; [] leaves the host's sources alone", ['aliyun', 'tuna'])),
      kubernetes: z
        .array(provider)
        .optional()
        .meta(key('live', 'The Kubernetes packages, in order', ['aliyun', 'tuna', 'ustc'])),
      docker: z
        .array(provider)
        .optional()
        .meta(key('live', 'The docker-ce packages (containerd.io), in order', ['aliyun', 'tuna'])),
      mirror_security: z.boolean().default(false).meta(key('live', 'Take the security suite from the mirror too (mirrors lag behind)')),
      keys: z
        .strictObject({
          kubernetes: z
            .string()
            .min(1)
            .optional()
            .meta(key('live', "Armored key file of the Kubernetes repository, instead of upstream's", 'keys/kubernetes.asc')),
          docker: z
            .string()
            .min(1)
            .optional()
            .meta(key('live', "Armored key file of the docker-ce repository, instead of upstream's", 'keys/docker.asc')),
        })
        .prefault({})
        .meta(key('live', 'Keys of your own repositories')),
    })
    .prefault({})
    .meta(key('live', "The hosts' apt sources")),
  files: z
    .array(provider)
    .optional()
    .meta(key('live', 'Release files (binaries), in order; a URL is a base in host-first layout', ['daocloud', 'upstream'])),
  images: z
    .array(provider)
    .optional()
    .meta(key('restart', 'Images, in order', ['daocloud', 'upstream'])),
})
const mirrors = z.preprocess((v) => (typeof v === 'string' ? { profile: v } : v), mirrorsShape)

export const LAYOUTS = ['host', 'path', 'flat'] as const

const privateRegistry = z.strictObject({
  url: z
    .string()
    .min(1)
    .meta(key('live', 'Host, port and folder of the registry; https unless http:// is written', 'harbor.corp:8443/mirror')),
  user: z
    .string()
    .min(1)
    .optional()
    .meta(key('live', 'User for pulls', 'puller')),
  password: secretRef.optional().meta(key('live', 'Where its password is: env:NAME, file:PATH or cmd:COMMAND', 'env:HARBOR_PASSWORD')),
  ca_file: z
    .string()
    .min(1)
    .optional()
    .meta(key('live', "PEM file of the CA that signed the registry's certificate; the hosts get it", 'certs/harbor-ca.pem')),
  is_default: z
    .boolean()
    .default(false)
    .meta(key('restart', "Images of the public registries are taken from here first, and the cluster's own images are named by it")),
  layout: z
    .enum(LAYOUTS)
    .default('host')
    .meta(
      key(
        'restart',
        'How it names its copies of docker.io/library/nginx: host (/docker.io/library/nginx), path (/library/nginx), flat (/nginx)',
      ),
    ),
})

export const PROXY_SCOPES = ['hosts', 'containerd', 'operator'] as const
const proxyUrl = z.string().min(1)

const proxyShape = z.strictObject({
  http: proxyUrl.optional().meta(key('restart', 'Proxy for http:// URLs', 'http://proxy.corp:3128')),
  https: proxyUrl.optional().meta(key('restart', 'Proxy for https:// URLs (asked by CONNECT)', 'http://proxy.corp:3128')),
  no_proxy: z
    .array(z.string().min(1))
    .default([])
    .meta(key('restart', "Reached without it, besides the cluster's own names and ranges", ['.corp', '10.0.0.0/8'])),
  scope: z
    .array(z.enum(PROXY_SCOPES))
    .min(1)
    .default(['hosts'])
    .meta(
      key(
        'restart',
        "Who uses it: hosts (what Slipway fetches there, and containerd), containerd alone, operator (your machine's own fetches)",
      ),
    ),
})

// The names are RKE's (types/rke_types.go, NodeUpgradeStrategy and NodeDrainInput).
const nodeDrainInput = z.strictObject({
  force: z.boolean().default(true).meta(key('live', 'Delete pods that no controller would make again; false: they stop the drain')),
  delete_local_data: z.boolean().default(true).meta(key('live', 'Delete pods with emptyDir volumes; false: they stop the drain')),
  grace_period: z.int().min(-1).max(86400).default(-1).meta(key('live', "Seconds a pod has to end; -1: the pod's own")),
  timeout: z
    .int()
    .min(1)
    .max(86400)
    .default(300)
    .meta(key('live', 'Seconds after which a drain that cannot end is given up and the run stops')),
})

const upgradeStrategy = z.strictObject({
  max_unavailable_worker: z
    .string()
    .regex(/^[1-9][0-9]*%?$/, 'must be a number or a percentage, such as 2 or 10%')
    .default('10%')
    .meta(key('live', 'How many workers may be away at once: a number or a percentage (at least one). Control planes go one at a time')),
  drain: z.boolean().default(true).meta(key('live', 'Drain a node before its kubelet changes to another minor version')),
  node_drain_input: nodeDrainInput.prefault({}).meta(key('live', 'How a node is drained')),
})

const vip = z.strictObject({
  address: ipv4.meta(key('restart', 'An address of the network of the control planes that nobody has', '10.0.0.100')),
  interface: z
    .string()
    .regex(/^[A-Za-z0-9_.@-]{1,15}$/, 'is not the name of a network device')
    .optional()
    .meta(key('restart', "The device that carries it (default: the one with the node's own address)", 'eth0')),
  router_id: z.int().min(1).max(255).default(51).meta(key('restart', 'VRRP router id; each virtual address of a network needs its own')),
})

const s3 = z.strictObject({
  endpoint: z.url({ protocol: /^https?$/ }).meta(key('live', 'URL of the S3-compatible service', 'https://s3.example.com')),
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is not the name of a bucket')
    .meta(key('live', 'The bucket, which must exist', 'backups')),
  prefix: z
    .string()
    .regex(/^([A-Za-z0-9_.-]+\/)*[A-Za-z0-9_.-]*$/, 'may hold letters, digits, "_", ".", "-" and "/", and does not begin with "/"')
    .default('')
    .meta(key('live', 'What the names in the bucket begin with', 'etcd/')),
  region: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'is not the name of a region')
    .default('us-east-1')
    .meta(key('live', 'Region that requests are signed for')),
  access_key: secretRef.meta(key('live', 'Where the access key is: env:NAME, file:PATH or cmd:COMMAND', 'env:S3_ACCESS_KEY')),
  secret_key: secretRef.meta(key('live', 'Where the secret key is', 'env:S3_SECRET_KEY')),
  ca_file: z
    .string()
    .min(1)
    .optional()
    .meta(key('live', "PEM file of the CA that signed the service's certificate", 'certs/s3-ca.pem')),
  path_style: z
    .boolean()
    .default(true)
    .meta(key('live', 'true: ENDPOINT/BUCKET/NAME; false: the bucket is part of the host name (Aliyun OSS, Tencent COS)')),
})

const etcdBackup = z.strictObject({
  recipient: z
    .string()
    .min(1)
    .meta(key('live', 'File of the public key that backups are encrypted to (slipway etcd recipient makes one)', 'backup.pub')),
  schedule: z
    .string()
    .regex(/^[A-Za-z0-9*:,./ ~-]+$/, 'must be a calendar expression of systemd, such as daily or *-*-* 03:30:00')
    .default('daily')
    .meta(key('live', 'When, as systemd.time(7) writes it: hourly, daily, *-*-* 00/6:30:00')),
  retention: z.int().min(1).max(900).default(7).meta(key('live', 'How many backups are kept in each place')),
  directory: z
    .string()
    .regex(/^\/[A-Za-z0-9_./-]+$/, 'must be an absolute path')
    .optional()
    .meta(key('live', 'Directory on the control planes (default: /var/backups/slipway, unless s3 is given)', '/var/backups/slipway')),
  s3: s3.optional().meta(key('live', 'S3-compatible storage')),
})

const duration = z.string().regex(DURATION, 'is not a duration')

const authority = (what: string, base: string) =>
  z
    .strictObject({
      certificate: z
        .string()
        .min(1)
        .meta(key('immutable', `Certificate file of ${what}`, `pki/${base}.crt`)),
      key: z
        .string()
        .min(1)
        .meta(key('immutable', `Key file of ${what}; it is copied to the control planes alone`, `pki/${base}.key`)),
    })
    .optional()
    .meta(key('immutable', `A CA of your own as ${what}; \`slipway certs rotate\` changes over to another one`))

const certificates = z.strictObject({
  lifetime: duration.default('3650d').meta(key('restart', 'How long certificates on the hosts live; never longer than their CA')),
  admin_lifetime: duration.default('365d').meta(key('live', "How long the administrators' certificate in admin.conf lives")),
  renew_before: duration
    .optional()
    .meta(key('live', 'How long before its end any run renews a certificate (default: the last quarter of its lifetime)', '90d')),
  ca: authority("the cluster's CA", 'ca'),
  etcd_ca: authority("etcd's CA", 'etcd-ca'),
  front_proxy_ca: authority("the API aggregation's CA", 'front-proxy-ca'),
})

const timeSync = z
  .enum(['auto', 'none'])
  .default('auto')
  .meta(key('install', 'auto installs chrony where nothing keeps the clock (not in containers); none leaves it to you'))

/** The whole of cluster.yml. Every key carries its description and how a change to it is applied. */
export const schema = z.strictObject({
  cluster_name: z
    .string()
    .refine(dns1123Label, 'is not a DNS-1123 label')
    .default('kubernetes')
    .meta(key('immutable', 'Name of the cluster and of its kubeconfig context', 'lab')),
  kubernetes_version: z
    .string()
    .meta(key('drain', 'The Kubernetes release, or its minor for the newest patch known; only another minor drains', 'v1.36.3')),
  cluster_domain: name.default('cluster.local').meta(key('immutable', 'DNS domain of the services')),
  mirrors: mirrors.prefault({}).meta(key('restart', 'Where every byte comes from: none, cn, or a map', 'cn')),
  delivery: z
    .enum(['pull', 'push'])
    .default('pull')
    .meta(key('live', 'pull: hosts fetch what they need; push: this machine fetches it once and streams it to them, and they ask nobody')),
  private_registries: z.array(privateRegistry).default([]).meta(key('live', 'Registries of your own')),
  proxy: proxyShape.optional().meta(key('restart', 'HTTP proxy')),
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
  network: networkShape.prefault({}).meta(key('immutable', 'The network of the cluster')),
  services: z
    .strictObject({
      etcd: service('etcd', { 'quota-backend-bytes': '8589934592' }),
      'kube-apiserver': service('kube-apiserver', { 'max-requests-inflight': '800' }),
      'kube-controller-manager': service('kube-controller-manager', { 'kube-api-qps': '50' }),
      'kube-scheduler': service('kube-scheduler', { 'kube-api-qps': '100' }),
      kubelet: z
        .strictObject({
          extra_args: extraArgs.meta(
            key('restart', 'Flags of kubelet: text, a list for a repeated flag, null to remove one of ours', { v: '3' }),
          ),
          config: z
            .record(z.string(), z.json())
            .default({})
            .meta(key('restart', 'Fields of KubeletConfiguration; yours win', { maxPods: 200 })),
        })
        .prefault({})
        .meta(key('restart', 'Settings of kubelet')),
      'kube-proxy': z
        .strictObject({
          config: z
            .record(z.string(), z.json())
            .default({})
            .meta(key('restart', 'Fields of KubeProxyConfiguration; yours win', { metricsBindAddress: '127.0.0.1:10249' })),
        })
        .prefault({})
        .meta(key('restart', 'Settings of kube-proxy')),
    })
    .prefault({})
    .meta(key('restart', 'Settings of each component')),
  etcd_backup: etcdBackup.optional().meta(key('live', 'Backups of etcd and of the keys, taken by a timer on the control planes')),
  certificates: certificates.prefault({}).meta(key('restart', 'How long certificates live, and who signs them')),
  upgrade_strategy: upgradeStrategy.prefault({}).meta(key('live', 'How a running cluster is upgraded')),
  time_sync: timeSync,
})

/** cluster.yml with every default filled in. */
export type Config = z.output<typeof schema>
export type NodeConfig = Config['nodes'][number]
export type Role = (typeof ROLES)[number]
export type ProviderName = (typeof PROVIDERS)[number]
