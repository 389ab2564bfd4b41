/** What of a certificate a plan decides by. Times are seconds since 1970. `issuer` is the fingerprint of the CA's key, or '' when no known CA signed it. */
export type CertificateFact = Readonly<{
  commonName: string
  organizations: readonly string[]
  sans: readonly string[]
  usages: readonly string[]
  notBefore: number
  notAfter: number
  authority: boolean
  key: string
  issuer: string
  pem: string
}>

/** The public part of a private key. `id` is the SHA-256 of its SPKI; '' where the file holds no key. */
export type PublicPartFact = Readonly<{ id: string; pem: string }>

/** One path of a host. `sha256` and `text` only for files; secrets have no text. */
export type PathFact = Readonly<{
  type: 'file' | 'directory' | 'link'
  mode?: string
  owner: string
  sha256?: string
  text?: string
  target?: string
  certificate?: CertificateFact
  /** Of a private key that control planes share; undefined where the host cannot tell. */
  publicPart?: PublicPartFact
  /** The CAs that a file of CA certificates or a kubeconfig names, in their order. */
  authorities?: readonly CertificateFact[]
}>

/**
 * One systemd unit. `inputs` is the digest the RUNNING process was started with. `since` is when its state changed last, in seconds since 1970; 0 is
 * never since the boot.
 */
export type UnitFact = Readonly<{
  active: string
  enabled: boolean
  /** What systemd says of its file: "enabled", "disabled", "masked"; '' where it knows none. */
  file: string
  inputs: string
  restarts: number
  stale: boolean
  since: number
  /** The program that systemd starts for it. */
  command: string
  /** Whether its process runs that file: `replaced` is one that is no more on the disk, `other` one of another name. '' without a process. */
  program: 'same' | 'other' | 'replaced' | ''
}>

export type NodeFact = Readonly<{
  name: string
  kubelet: string
  ready: boolean
  unschedulable: boolean
  labels: Readonly<Record<string, string>>
  taints: readonly Readonly<{ key: string; value?: string; effect: string }>[]
  managed: string
  address: string
  /** Its share of the pod network; '' until it is given one. */
  podCidr: string
  /** Whether Slipway drained it and has not uncordoned it again. */
  drained: boolean
}>

/** One member of etcd, as some member reports it. `started`: it has been up at least once; a joining one has no `name` until then. */
export type EtcdMemberFact = Readonly<{ id: string; started: boolean; name: string; peer: string; learner: boolean }>

/** `removedIn` is the minor that no longer has it ("1.38"), or empty where upstream named none. */
export type DeprecatedApiFact = Readonly<{ group: string; version: string; resource: string; removedIn: string }>

/** What a member of etcd says of itself. Sizes in bytes; `quota` is where it stops taking writes. */
export type EtcdFact = Readonly<{ leader: boolean; size: number; inUse: number; quota: number; alarms: readonly string[] }>

/** A timer of ours. `result` is how its service ended the last time: "success" also before the first. */
export type TimerFact = Readonly<{ active: boolean; enabled: boolean; result: string }>

/** Everything one probe said of one host. Plain JSON. */
export type Facts = Readonly<{
  now: number
  /** By how many seconds its clock was ahead of this machine's; negative: behind. undefined where nobody compared. */
  ahead?: number
  uid: number
  hostname: string
  boot: string
  kernel: string
  arch: 'amd64' | 'arm64' | string
  machineId: string
  /** From /etc/os-release; `like` is ID_LIKE, the systems that this one is made from. */
  os: Readonly<{ id: string; version: string; codename: string; like?: string }>
  memoryMiB: number
  cpus: number
  systemd: number
  container: boolean
  sysResource: boolean
  cgroup: 'v1' | 'v2'
  /** Those that are switched on; empty when the kernel does not tell. */
  cgroupControllers: readonly string[]
  diskMiB: number
  /** Of each place that is written to: its file system, what is free there (`freeInodes` where it counts them), and whether it takes anything. */
  space: Readonly<Record<string, Readonly<{ mount: string; freeMiB: number; freeInodes?: number; writable: boolean }>>>
  swap: readonly string[]
  fstabSwap: readonly string[]
  timeSync: string
  resolved: boolean
  nameservers: readonly string[]
  /** sshd's public keys, "ssh-ed25519 AAAA...". */
  hostKeys: readonly string[]
  addresses: readonly Readonly<{ device: string; address: string; prefix: number }>[]
  defaultRoute: string
  mtu: Readonly<Record<string, number>>
  listening: readonly Readonly<{ port: number; process: string }>[]
  sysctls: Readonly<Record<string, string>>
  modules: readonly string[]
  /** Modules of ours that this kernel cannot load, as far as it is known. */
  lackingModules: readonly string[]
  conntrackWritable: boolean
  packages: Readonly<Record<string, string>>
  /** Names of the images that containerd has. */
  images: readonly string[]
  users: readonly string[]
  /** Services of the distribution that were looked for and are there. */
  services: Readonly<Record<string, Readonly<{ enabled: boolean; active: boolean }>>>
  /** What keeps strangers out of the host, and the networks that its rules name; undefined where everybody is let in. */
  firewall?: Readonly<{ tool: string; sources: readonly string[] }>
  /** Chains of other pod networks in the packet filter. */
  foreignChains: readonly string[]
  leftovers: readonly Readonly<{ tool: string; path: string }>[]
  paths: Readonly<Record<string, PathFact>>
  etcdData: boolean
  damaged: readonly string[]
  units: Readonly<Record<string, UnitFact>>
  reach: Readonly<Record<string, 'open' | 'closed' | 'filtered' | 'unreachable' | 'silent'>>
  api: 'ready' | 'down' | 'absent'
  nodes: readonly NodeFact[]
  /** How the API answered the question for its Nodes: an empty `nodes` means none only where it was `read`. */
  nodeList: 'read' | 'refused' | 'silent' | 'unasked'
  /** What kubectl said last, where the list was not read. */
  nodeListError: string
  etcdMembers: readonly EtcdMemberFact[]
  /** APIs on their way out that somebody asked this API server for since it started. Looked for only where its version is to change. */
  deprecatedApis: readonly DeprecatedApiFact[]
  /** undefined where no member answers on this host. */
  etcd?: EtcdFact
  timers: Readonly<Record<string, TimerFact>>
  /** Manifest path -> whether the cluster holds what it says; `unknown` where the API did not say. */
  manifests: Readonly<Record<string, 'same' | 'differs' | 'unknown'>>
}>
