import type { ComponentName } from '../config/components.ts'
import type { Images } from './images.ts'

/** How the bytes of an artifact are packed, and what of them is wanted: member of the archive -> name in the versioned directory. */
export type Packing = Readonly<{ kind: 'binary' } | { kind: 'tar.gz'; members: Readonly<Record<string, string>> }>

/**
 * One thing a host fetches. `path` is the canonical host-first path of the file upstream publishes
 * ("dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubelet"); it is also the key of its pin.
 */
export type Artifact = Readonly<{ component: string; version: string; name: string; path: string; packing: Packing }>

/** The versions that go along with a release of Kubernetes, without "v". cluster.yml's `components` replaces them one by one. */
export type Components = Readonly<Record<ComponentName, string>>

/** Components that cluster.yml names itself. */
export type Overrides = Readonly<Partial<Record<keyof Components, string | undefined>>>

/** What all patch releases of a minor have in common, as data. `patches`: where an exact release goes along with something else. */
export type Minor = Readonly<{
  minor: string
  /** The day upstream's support ends (kubernetes.io/releases). */
  ends: string
  components: Components
  patches?: Readonly<Record<string, Partial<Components>>>
  /** Newer versions of flannel that a lock may have pinned, newest first: a cluster that runs one keeps it. */
  newerFlannel?: readonly string[]
}>

/** Everything that differs between Kubernetes releases, as data. */
export type Release = Readonly<{
  kubernetes: string
  minor: string
  etcd: string
  containerd: string
  runc: string
  cni: string
  images: Images
  /** Lowest containerd this minor works with (containerd RELEASES.md). */
  containerdFloor: string
  /** Pins that upstream publishes: canonical path or image reference -> "sha256:<hex>". cluster.lock.yml overrides. */
  pins: Readonly<Record<string, string>>
}>
