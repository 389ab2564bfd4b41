import type { NetworkTraces } from '../cluster/pod-network.ts'
import type { AuthorityName, SecretName } from '../cluster/secret-names.ts'
import type { Facts } from '../hosts/facts.ts'
import type { Secret } from '../shell/quote.ts'
import type { ImagePlace } from '../releases/pinned.ts'
import type { AptSource, Os } from '../mirrors/types.ts'
import type { Alternate } from '../releases/alternates.ts'
import type { Artifact } from '../releases/types.ts'
import type { Text } from '../text.ts'
import type { World } from '../cluster/world.ts'

/**
 * How far the exchange of a shared secret is: `both` are trusted and the old one is in use, `switched`: the new one is in use, `dropped`: the
 * old one is trusted no more. A secret that is not being exchanged is `settled`.
 */
export type Stage = 'settled' | 'both' | 'switched' | 'dropped'

export type DirectoryResource = Readonly<{ kind: 'directory'; path: string; mode: string; owner?: string }>
/** `secret` keeps its text out of plans and logs. */
export type FileResource = Readonly<{ kind: 'file'; path: string; text: string; mode?: string; owner?: string; secret?: boolean }>
/** A hosts.toml of containerd that shows credentials: `loginMark`s in `text` stand for them; undefined is a login this run has not read. */
export type RegistryHostsResource = Readonly<{
  kind: 'registry-hosts'
  path: string
  text: string
  logins: Readonly<Record<string, Secret | undefined>>
}>
/** A file that must not be active beside ours; it is kept in /var/lib/slipway/backup. */
export type AbsentResource = Readonly<{ kind: 'absent'; path: string; reason: Text }>
/**
 * apt's sources in one file: of each part the first candidate that works on the host, with the key they are signed by where the host has none.
 * `old` is where such sources stood in the one-line format. No parts: what was there before Slipway is put back.
 * `untried`: the host asks nobody, so the first is taken as it is.
 */
export type AptSourcesResource = Readonly<{
  kind: 'apt-sources'
  name: string
  path: string
  old: string
  key?: Readonly<{ path: string; text: string }>
  parts: readonly Readonly<{ name: string; choices: readonly Readonly<{ host: string; text: string }>[] }>[]
  untried?: boolean
}>
export type LinkResource = Readonly<{ kind: 'link'; path: string; target: string }>
/**
 * `urls` serve the file upstream publishes, whose digest is `pin` ('' where there is none); `others` hold the same in other packagings.
 * `pushed`: the operator's machine fetches it and streams it to the host, which asks nobody.
 */
export type ArtifactResource = Readonly<{
  kind: 'artifact'
  artifact: Artifact
  urls: readonly string[]
  pin: string
  others?: readonly Alternate[]
  pushed?: boolean
}>
/** `pushed`: where the operator's machine takes them from, for a host that asks nobody. */
export type PackagesResource = Readonly<{ kind: 'packages'; names: readonly string[]; pushed?: Archives }>
/** The archive of a distribution, as ordered lists of places. */
export type Archives = Readonly<{ os: Os; base: readonly AptSource[]; security: readonly AptSource[] }>
/**
 * The image `ref` in containerd's store under `name`, from the first place that delivers the digest pinned for it there.
 * `pushed`: the operator's machine fetches it and streams it to the host, which asks nobody.
 */
export type ImageResource = Readonly<{
  kind: 'image'
  ref: string
  name: string
  arch: string
  places: readonly ImagePlace[]
  pushed?: boolean
}>
export type SysctlsResource = Readonly<{ kind: 'sysctls'; path: string; values: Readonly<Record<string, string>> }>
export type ModulesResource = Readonly<{ kind: 'modules'; path: string; names: readonly string[] }>
export type SwapOffResource = Readonly<{ kind: 'swap-off' }>
export type HostnameResource = Readonly<{ kind: 'hostname'; name: string }>
export type UserResource = Readonly<{ kind: 'user'; name: string; home: string }>
/** `leftovers`: the secret itself is in its place, and only what an exchange left beside it is to go. */
export type SharedSecretResource = Readonly<{ kind: 'shared-secret'; name: SecretName; stage: Stage; leftovers?: boolean }>
/** A CA's certificate on a host that does not hold its key. */
export type TrustResource = Readonly<{ kind: 'trust'; path: string; authority: AuthorityName }>
/** Which cluster a host is of; `etcd` are the addresses of etcd's members. */
export type ClusterRecordResource = Readonly<{ kind: 'cluster-record'; name: string; etcd: readonly string[] }>
/**
 * A leaf certificate with its key. `form`: `pair` is PATH.crt and PATH.key; `combined` one PEM file PATH (kubelet's own store);
 * `kubeconfig` embeds both in PATH for `server`.
 */
export type CertificateResource = Readonly<{
  kind: 'certificate'
  path: string
  form: 'pair' | 'combined' | 'kubeconfig'
  authority: AuthorityName
  commonName: string
  organizations: readonly string[]
  sans: readonly string[]
  usages: readonly ('client' | 'server')[]
  days: number
  renewDays: number
  owner?: string
  server?: string
}>
/**
 * A service: its unit file, enabled and running. It restarts when the digest of the unit file and of `inputs` differs from the
 * one the running process was started with. `reloads`: inputs that it reads again when told to (ExecReload), so that a change of them
 * restarts nothing. `ready` is sh, polled on the host until it exits 0, at least once a second. `aside`: a unit that cannot work while this one restarts and
 * that has a stand-in elsewhere; it stops in good order before, so that whoever asks it has moved on, and starts again after.
 * `spent`: it runs and serves nobody, because its certificates have ended; a restart takes nothing away, so no other host has to wait for it.
 * `follows`: files that it rewrites itself, so that only our changes to them restart it. `again`: why it has to restart although its files fit.
 */
export type UnitResource = Readonly<{
  kind: 'unit'
  name: string
  text: string
  inputs: readonly string[]
  reloads?: readonly string[]
  ready: string
  within: number
  aside?: Readonly<{ name: string; ready: string }>
  spent?: boolean
  follows?: readonly string[]
  again?: Text
}>
/** Objects in the cluster, from a manifest that lies on the host. `as` says with whose rights they are applied. */
export type ObjectsResource = Readonly<{
  kind: 'objects'
  name: string
  manifest: string
  as: 'admin' | 'system:masters'
  ready?: string
  within?: number
}>
/** Labels and taints of one Node; only keys that Slipway set before are ever taken away. */
export type NodeResource = Readonly<{
  kind: 'node'
  name: string
  labels: Readonly<Record<string, string>>
  taints: readonly Readonly<{ key: string; value: string; effect: string }>[]
}>

/** A check that passed for this shape of the cluster (`text`); PATH records it, so that it runs again only when the shape changes. */
export type VerificationResource = Readonly<{ kind: 'verification'; path: string; text: string; script: string }>
/** A check that the parts work together on `nodes`. */
export type FunctionalCheckResource = Readonly<{ kind: 'functional-check'; nodes: readonly string[]; script: string }>
/** A record on a node's host that the check has passed for it; `text` is what the result depends on. */
export type CheckedResource = Readonly<{ kind: 'checked'; text: string }>

/** A service that a package of the distribution brings: running and started at boot, or neither. */
export type ServiceResource = Readonly<{ kind: 'service'; name: string; state: 'on' | 'off' }>
/** A unit of ours that this host must not run (any more). */
export type UnitAbsentResource = Readonly<{ kind: 'unit-absent'; name: string; reason: Text }>
/** Cordons a node and moves its pods away, on a control plane, before the node's own changes. Times are seconds; -1 is each pod's own grace period. */
export type DrainResource = Readonly<{
  kind: 'drain'
  node: string
  host: string
  force: boolean
  deleteLocalData: boolean
  gracePeriod: number
  timeout: number
}>
/** Lets pods onto a drained node again, once it is Ready and its kubelet has `version`. */
export type UncordonResource = Readonly<{ kind: 'uncordon'; node: string; host: string; version: string }>
/** A Node that is to go because its host has another name now. `host` as in a drain. */
export type NodeAbsentResource = Readonly<{ kind: 'node-absent'; name: string; host: string }>
/** A kubelet that will start under another name; `links` and `files` are what the pod network keeps of the old Node on the host. */
export type NodeRenameResource = Readonly<{ kind: 'node-rename'; to: string; links: readonly string[]; files: readonly string[] }>
/** The pod network on the host of a Node, which has to fit the Node's share of pod_cidr. */
export type PodNetworkResource = Readonly<{ kind: 'pod-network'; node: string; traces: NetworkTraces }>
/** The pods of the pod network on one node, which read its share when they start. `host` is the key of the node's host. */
export type NetworkDaemonResource = Readonly<{
  kind: 'network-daemon'
  node: string
  host: string
  namespace: string
  selector: string
  traces: NetworkTraces
}>
/** The address under which a Node is known; `network` names its pods of the pod network, which read it when they start. */
export type NodeAddressResource = Readonly<{
  kind: 'node-address'
  name: string
  address: string
  network?: Readonly<{ namespace: string; selector: string }>
}>
/** The peer URL under which etcd's other members know this one; `names` are those it has or had. */
export type EtcdAddressResource = Readonly<{ kind: 'etcd-address'; names: readonly string[]; peer: string; endpoints: readonly string[] }>
/** A snapshot of etcd at PATH on this host, taken before something that may need it. `anew`: one that lies there is of an earlier attempt. */
export type EtcdSnapshotResource = Readonly<{ kind: 'etcd-snapshot'; path: string; anew?: boolean }>
/** This host joins an etcd that runs already: as a learner first, so that it never counts before it can vote. */
export type EtcdJoinResource = Readonly<{
  kind: 'etcd-join'
  name: string
  peer: string
  endpoints: readonly string[]
  bootstrap: string
  token: string
}>
export type EtcdPromoteResource = Readonly<{ kind: 'etcd-promote'; name: string; peer: string; endpoints: readonly string[] }>

/** What a backup of etcd holds becomes this member's data, before it starts. `cluster` is etcd's initial cluster; `bump` is added to its revision. */
export type EtcdRestoreResource = Readonly<{
  kind: 'etcd-restore'
  name: string
  peer: string
  cluster: string
  token: string
  bump: number
  bootstrap: string
  etcdutl: string
}>
/**
 * What is left to do on a host when the restored cluster runs. `nodes`: those of cluster.yml, on a control plane; any other Node is deleted.
 * `unnamed`: hosts that did not answer and whose Nodes have names that only they know; the Node with the address of one is its own.
 */
export type RestoreEndResource = Readonly<{
  kind: 'restore-end'
  nodes?: readonly string[]
  unnamed?: readonly Readonly<{ host: string; ip: string }>[]
}>
/** A systemd timer with the service it starts; `files` go with it when it is not wanted. */
export type TimerResource = Readonly<
  | { kind: 'timer'; name: string; state: 'on'; calendar: string; service: string; timer: string }
  | { kind: 'timer'; name: string; state: 'off'; files: readonly string[] }
>

/** Desired state is data. One file per kind in this folder. */
export type Resource =
  | DirectoryResource
  | ImageResource
  | FileResource
  | RegistryHostsResource
  | AbsentResource
  | AptSourcesResource
  | LinkResource
  | ArtifactResource
  | ImageResource
  | PackagesResource
  | SysctlsResource
  | ModulesResource
  | SwapOffResource
  | HostnameResource
  | UserResource
  | SharedSecretResource
  | TrustResource
  | CertificateResource
  | ClusterRecordResource
  | UnitResource
  | ObjectsResource
  | NodeResource
  | VerificationResource
  | FunctionalCheckResource
  | CheckedResource
  | UnitAbsentResource
  | ServiceResource
  | DrainResource
  | UncordonResource
  | EtcdSnapshotResource
  | EtcdJoinResource
  | EtcdPromoteResource
  | EtcdAddressResource
  | NodeAbsentResource
  | NodeRenameResource
  | NodeAddressResource
  | PodNetworkResource
  | NetworkDaemonResource
  | EtcdRestoreResource
  | RestoreEndResource
  | TimerResource

export type Verb = 'create' | 'update' | 'remove' | 'start' | 'restart' | 'reload'

/** Why and how a resource differs from what was seen. `diff` is shown in a plan: lines marked "+", "-" or " ". */
export type Difference = Readonly<{ verb: Verb; reason: Text; diff?: string }>

/** What a difference is judged by: this host, the others, and the paths that earlier changes of this plan rewrite here. */
export type Seen = Readonly<{ facts: Facts; world: World; pending: ReadonlySet<string> }>

/** Text that exists only while a plan is applied (keys, certificates), by the path it goes to. */
export type Payload = Readonly<Record<string, string>>

/**
 * Where keys are while a plan is applied: in this process's memory only. A secret that no control plane has is drawn, one that
 * some control plane has is read from there.
 */
export interface Vault {
  /** The texts of a shared secret by their paths on a control plane, at the stage the run takes it to. */
  secret(name: SecretName): Promise<Payload>
  /** A new key and a certificate for it, as the text of the files the resource names. */
  issue(want: CertificateResource): Promise<Payload>
}

/** The questions every kind of resource answers. All but `produce` are pure. */
export interface Kind<R extends Resource> {
  /** Unique on a host: two steps may not claim the same. */
  id(want: R): string
  /** What changes when this changes: paths, for units that read them. */
  touches(want: R): readonly string[]
  /** undefined when the host is as wanted. */
  diff(want: R, seen: Seen): Difference | undefined
  /** Draws keys and signs certificates. Only while applying. */
  produce?(want: R, vault: Vault): Promise<Payload>
  /** POSIX sh that makes it so; safe to run twice. Uses the functions of engine/prelude.sh. */
  script(want: R, difference: Difference, payload: Payload): string
  /** The same change made on facts: the test double of a host. */
  after(want: R, seen: Seen): Facts
}
