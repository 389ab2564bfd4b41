import type { ProviderName } from '../config/schema/mirrors.ts'

/** What decides which repository of a distribution a host needs; from /etc/os-release and dpkg. */
export type Os = Readonly<{ id: 'debian' | 'ubuntu'; version: string; codename: string; arch: 'amd64' | 'arm64' }>

/** The three apt archives a node takes packages from. `minor` is "v1.36". */
export type AptRepo = Readonly<{ kind: 'base' } | { kind: 'security' } | { kind: 'kubernetes'; minor: string } | { kind: 'docker' }>

/** One deb822 stanza's worth of an archive (deb822, sources.list(5)). `suites` of a flat repository is ["/"] and it has no components. */
export type AptSource = Readonly<{ uri: string; suites: readonly string[]; components: readonly string[] }>

/**
 * A place containerd asks: its URL, and whether the path is to be used as it is. `ca` is a path on the host;
 * `login` is the registry (as certs.d names it) whose user and password are to be shown there.
 */
export type Endpoint = Readonly<{ url: string; overridePath: boolean; ca?: string; login?: string }>

/**
 * A place that carries copies. Every answer is pure; undefined means "not carried here".
 * The facts of each provider stand in its own file, with where they were read.
 */
export interface Mirror {
  readonly name: ProviderName | string
  /** URL of a release file, from its canonical host-first path ("dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubelet"). */
  file(path: string): string | undefined
  apt(repo: AptRepo, os: Os): AptSource | undefined
  /** The reference to use in manifests; image(image(x)) equals image(x). */
  image(ref: string): string | undefined
  /** The host entry for containerd's certs.d, where the form can differ. */
  endpoint(registry: string): Endpoint | undefined
}

/**
 * A place that carries an image: its name there, and under which URLs of the registry API it can be pulled
 * ("https://m.daocloud.io/v2/registry.k8s.io/pause"). Some places answer under two names. `closed` ones want credentials or a CA
 * that only containerd is told.
 */
export type Carrier = Readonly<{ name: string; bases: readonly string[]; closed: boolean }>

/** The configured order of mirrors folded into one total answer per question; the first is tried first. */
export interface Sources {
  files(path: string): readonly string[]
  /** Empty when the host's own sources are to be left alone. */
  apt(repo: AptRepo, os: Os): readonly AptSource[]
  image(ref: string): string
  /** Every place that carries an image, in order; empty for an image that nobody copies. */
  carriers(ref: string): readonly Carrier[]
  endpoints(registry: string): readonly Endpoint[]
}
