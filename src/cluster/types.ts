import type { Config } from '../config/schema.ts'
import type { Host } from '../config/hosts.ts'
import type { Secret } from '../shell/quote.ts'
import type { CertificateFact, Facts } from '../hosts/facts.ts'
import type { AptKeys } from '../mirrors/keys/index.ts'
import type { Sources } from '../mirrors/types.ts'
import type { Release } from '../releases/types.ts'
import type { AuthorityName, SecretName } from './secret-names.ts'
import type { World } from './world.ts'

/** A host of cluster.yml together with what only the host itself could tell: its Node's name and the address others use. */
export type Member = Host & Readonly<{ nodeName: string; ip: string }>

/** What the whole cluster is to be, apart from any one host. */
export type Cluster = Readonly<{
  config: Config
  release: Release
  sources: Sources
  /** Canonical path or image reference -> "sha256:<hex>": the release's pins under cluster.lock.yml's. */
  pins: Readonly<Record<string, string>>
  /** Whether every leaf certificate is to be replaced, however long it still lives. */
  renew?: boolean
  /** Where each key stands in cluster.yml ("network.pod_cidr" -> "cluster.yml:9:13 network.pod_cidr"), for Problems. */
  places?: Readonly<Record<string, string>>
  /** cluster.lock.yml as it is on the operator's machine, or was taken from the control planes; undefined when it is on neither. */
  lockText?: string
  /** Shared secrets whose exchange this run takes one step further. */
  exchange?: readonly SecretName[]
  /** Shared secrets that `certs rotate` was asked to exchange: before its first step and after its last too, unlike `exchange`. */
  rotates?: readonly SecretName[]
  /** Whether this run brings the shared secrets from a backup. */
  restores?: boolean
  /** The user's own CAs, as cluster.yml names them; their keys stay out of a plan. */
  authorities?: Readonly<Partial<Record<AuthorityName, CertificateFact>>>
  /** Keys of repositories as cluster.lock.yml has extended them. */
  keys?: AptKeys
  /** Texts of files that cluster.yml names, by their path there. */
  files: Readonly<Record<string, string>>
  /** Credentials of private registries ("Basic ..."), by the registry's domain, where this run has read them. */
  logins?: Readonly<Record<string, Secret>>
  /** curl's login for the S3 storage of backups; undefined where the credentials have no value on this machine. */
  s3Login?: string
}>

/** What a step decides by: the cluster, every member, and the one host it is asked about. */
export type Context = Cluster & Readonly<{ member: Member; facts: Facts; members: readonly Member[]; world: World }>
