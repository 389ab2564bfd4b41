import { keyOf } from '../mirrors/keys/index.ts'
import { readReference } from '../images/reference.ts'
import type { AptRepo, AptSource, Os, Sources } from '../mirrors/types.ts'
import { deb822 } from '../templates/deb822.ts'
import type { ArtifactName } from './artifacts.ts'
import type { Release } from './types.ts'

/** A signed package that holds the same files: from which repository, and path in the package -> name of the file. */
export type DebSource = Readonly<{
  kind: 'deb'
  repository: 'kubernetes' | 'docker'
  package: string
  version: string
  pin: string
  arch: string
  members: Readonly<Record<string, string>>
  key: string
  candidates: readonly Readonly<{ host: string; text: string; source: AptSource }>[]
}>

/** An image that holds the same files: `base` is where its registry keeps it, the pin is the digest of its manifest. */
export type ImageSource = Readonly<{ kind: 'image'; base: string; pin: string; arch: string; members: Readonly<Record<string, string>> }>

/** Where a registry keeps an image, and the digest of its manifest there. */
export type ImagePlace = Readonly<{ base: string; pin: string }>

/** Another packaging of an artifact than the file upstream publishes. Each has a pin of its own. */
export type Alternate = DebSource | ImageSource

/** What alternates are made from. */
export type Surroundings = Readonly<{
  release: Release
  os: Os
  sources: Sources
  pins: Readonly<Record<string, string>>
  keys: Readonly<Partial<Record<'kubernetes' | 'docker', string>>>
  files: Readonly<Record<string, string>>
}>

/** Where the private sources of a repository lie on a host, with lists of their own. */
export const repositoryHome = (repository: string): string => `/var/lib/slipway/apt/${repository}`

const named = (folder: string, names: readonly string[]) => Object.fromEntries(names.map((name) => [`${folder}/${name}`, name]))
const CNI = ['bandwidth', 'bridge', 'firewall', 'host-local', 'loopback', 'portmap', 'tuning']

type Packaged = Readonly<{
  repository: DebSource['repository']
  package: string
  version: string
  members: Readonly<Record<string, string>>
}>

// What each package holds: kubernetes/release's package specs; docker/containerd-packaging (containerd.io brings runc along).
const packaged = (name: ArtifactName, { kubernetes, containerd, cni }: Release): Packaged | undefined => {
  const version = kubernetes.slice(1)
  switch (name) {
    case 'kubelet':
    case 'kubectl':
      return { repository: 'kubernetes', package: name, version, members: named('usr/bin', [name]) }
    case 'cni-plugins':
      return { repository: 'kubernetes', package: 'kubernetes-cni', version: cni, members: named('opt/cni/bin', CNI) }
    case 'containerd':
      return {
        repository: 'docker',
        package: 'containerd.io',
        version: containerd,
        members: named('usr/bin', ['containerd', 'containerd-shim-runc-v2', 'ctr']),
      }
    case 'runc':
      return { repository: 'docker', package: 'containerd.io', version: containerd, members: named('usr/bin', ['runc']) }
    default:
      return undefined
  }
}

/** Two packagings of one version differ ("1.36.2-1.1", "1.36.2-2.1"): the pin says which one is meant. */
const pinnedVersion = ({ package: name, version }: Packaged, { os, pins }: Surroundings): { version: string; pin: string } | undefined => {
  const found = Object.keys(pins)
    .filter((key) => key.startsWith(`${name}_${version}-`) && key.endsWith(`_${os.arch}`))
    .toSorted()
    .at(-1)
  const pin = found === undefined ? undefined : pins[found]
  return found === undefined || pin === undefined ? undefined : { version: found.slice(name.length + 1, -(os.arch.length + 1)), pin }
}

const debOf = (name: ArtifactName, around: Surroundings): readonly DebSource[] => {
  const what = packaged(name, around.release)
  const pinned = what && pinnedVersion(what, around)
  if (!what || !pinned) return []
  const repo: AptRepo = what.repository === 'kubernetes' ? { kind: 'kubernetes', minor: around.release.minor } : { kind: 'docker' }
  const signedBy = `${repositoryHome(what.repository)}/key.asc`
  const candidates = around.sources.apt(repo, around.os).map((source) => {
    const { uri, ...rest } = source
    return { host: new URL(uri).host, text: deb822([{ ...rest, uris: [uri], signedBy }]), source }
  })
  const key = keyOf(what.repository, around.keys, around.files).text
  return candidates.length === 0 ? [] : [{ kind: 'deb', ...what, ...pinned, arch: around.os.arch, key, candidates }]
}

const IN_IMAGES = new Set<ArtifactName>(['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'])

/** The image upstream builds from the same files, and where they lie in it (kubernetes/build/server-image; etcd's Dockerfile-release). */
const imageFor = (
  name: ArtifactName,
  { kubernetes, etcd }: Release,
): { path: string; tag: string; members: Readonly<Record<string, string>> } | undefined => {
  if (IN_IMAGES.has(name)) return { path: name, tag: kubernetes, members: named('usr/local/bin', [name]) }
  if (name === 'etcd') return { path: 'etcd', tag: `${etcd}-0`, members: named('usr/local/bin', ['etcd', 'etcdctl', 'etcdutl']) }
  return undefined
}

/** Aliyun's copies have digests of their own, so a place under another path needs a pin under its own name. */
const placesFor = (domain: string, path: string, tag: string, sources: Sources, pins: Surroundings['pins']): readonly ImagePlace[] =>
  // What unpacks images knows neither passwords nor other CAs than its system's.
  sources.endpoints(domain).flatMap(({ url, overridePath, ca, login }): ImagePlace[] => {
    if (ca !== undefined || login !== undefined) return []
    const base = `${overridePath ? url : `${url}/v2`}/${path}`
    const own = `${new URL(base).host}${new URL(base).pathname.replace(/^\/v2/, '')}:${tag}`
    const pin = pins[own] ?? (overridePath ? undefined : pins[`${domain}/${path}:${tag}`])
    return pin === undefined ? [] : [{ base, pin }]
  })

/** The places an image can be taken from under a pin, in their order; none where it has no pin. A digest in the name counts as one. */
export const imagePlaces = (ref: string, sources: Sources, pins: Surroundings['pins']): readonly ImagePlace[] => {
  const reference = readReference(ref)
  if (reference === undefined) return []
  const { domain, path, tag = 'latest', digest } = reference
  return placesFor(domain, path, tag, sources, digest === undefined ? pins : { ...pins, [`${domain}/${path}:${tag}`]: digest })
}

const imagesOf = (name: ArtifactName, { release, os, sources, pins }: Surroundings): readonly ImageSource[] => {
  const what = imageFor(name, release)
  if (!what) return []
  const places = placesFor('registry.k8s.io', what.path, what.tag, sources, pins)
  return places.map((place) => ({ kind: 'image', ...place, arch: os.arch, members: what.members }))
}

/** Every other packaging of an artifact that is configured and pinned, in order: signed packages, then images. */
export const alternatesOf = (name: ArtifactName, around: Surroundings): readonly Alternate[] => [
  ...debOf(name, around),
  ...imagesOf(name, around),
]
