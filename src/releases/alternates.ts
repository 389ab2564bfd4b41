import { pinnedImage } from './pinned.ts'
import { type AptKeys, isAlive, keyOf } from '../mirrors/keys/index.ts'
import type { AptRepo, AptSource, Os, Sources } from '../mirrors/types.ts'
import { deb822 } from '../templates/deb822.ts'
import { ARTIFACTS, type ArtifactName } from './artifacts.ts'
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
  /** The operator's machine fetches, and streams to the hosts. */
  byOperator?: boolean
  /** Keys that the lock has extended. */
  extended?: AptKeys
  /** The clock of the host, in seconds since 1970: packages whose key has ended are no way to anything. */
  now?: number
}>

/** Where the private sources of a repository lie on a host, with lists of their own. */
const repositoryHome = (repository: string): string => `/var/lib/slipway/apt/${repository}`

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

/** Two packagings of one version differ ("1.36.2-1.1", "1.36.2-2.1"): the pin says which one is meant. docker-ce builds one for each system. */
const pinnedVersion = ({ package: name, version }: Packaged, { os, pins }: Surroundings): { version: string; pin: string } | undefined => {
  const found = Object.keys(pins)
    .filter((key) => key.startsWith(`${name}_${version}-`) && key.endsWith(`_${os.arch}`))
    .filter((key) => !key.includes('~') || key.endsWith(`~${os.codename}_${os.arch}`))
    .toSorted()
    .at(-1)
  const pin = found === undefined ? undefined : pins[found]
  return found === undefined || pin === undefined ? undefined : { version: found.slice(name.length + 1, -(os.arch.length + 1)), pin }
}

/** A repository of signed packages as a host asks it, and which of its packages hold what a release needs. */
export type Repository = Readonly<{
  name: DebSource['repository']
  key: string
  candidates: DebSource['candidates']
  packages: readonly Readonly<{ name: string; version: string }>[]
}>

const accessTo = (name: DebSource['repository'], { release, os, sources, keys, files, extended, now = 0 }: Omit<Surroundings, 'pins'>) => {
  const repo: AptRepo = name === 'kubernetes' ? { kind: name, minor: release.minor } : { kind: name }
  const signedBy = `${repositoryHome(name)}/key.asc`
  const key = keyOf(name, keys, files, extended)
  const candidates = sources.apt(repo, os).map((source) => {
    const { uri, ...rest } = source
    return { host: new URL(uri).host, text: deb822([{ ...rest, uris: [uri], signedBy }]), source }
  })
  return { key: key.text, candidates: isAlive(key, now) ? candidates : [] }
}

/** Every repository that is configured and whose key has not ended. */
export const repositoriesFor = (around: Omit<Surroundings, 'pins'>): readonly Repository[] => {
  const all = (Object.keys(ARTIFACTS) as ArtifactName[]).flatMap((name) => packaged(name, around.release) ?? [])
  return (['kubernetes', 'docker'] as const)
    .map((name): Repository => {
      const own = all.filter(({ repository }) => repository === name)
      const packages = [...new Map(own.map((one) => [one.package, { name: one.package, version: one.version }])).values()]
      return { name, ...accessTo(name, around), packages }
    })
    .filter(({ candidates }) => candidates.length > 0)
}

const debOf = (name: ArtifactName, around: Surroundings): readonly DebSource[] => {
  const what = packaged(name, around.release)
  const pinned = what && pinnedVersion(what, around)
  if (!what || !pinned) return []
  const access = accessTo(what.repository, around)
  return access.candidates.length === 0 ? [] : [{ kind: 'deb', ...what, ...pinned, arch: around.os.arch, ...access }]
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

/** The image that holds a binary, by its name upstream, and where it lies in it. */
export const imageOfBinary = (
  name: ArtifactName,
  release: Release,
): Readonly<{ ref: string; members: Readonly<Record<string, string>> }> | undefined => {
  const what = imageFor(name, release)
  return what && { ref: `registry.k8s.io/${what.path}:${what.tag}`, members: what.members }
}

/** The images that binaries may come out of, by their names upstream. */
export const imagesOfBinaries = (release: Release): readonly string[] =>
  (Object.keys(ARTIFACTS) as ArtifactName[]).flatMap((name) => {
    const what = imageFor(name, release)
    return what ? [`registry.k8s.io/${what.path}:${what.tag}`] : []
  })

/**
 * Every place that carries the image, with its pin there. The script that unpacks images on a host knows neither passwords nor other CAs than the
 * host's; the operator's machine does.
 */
const imagesOf = (name: ArtifactName, { release, os, sources, pins, byOperator }: Surroundings): readonly ImageSource[] => {
  const what = imageFor(name, release)
  if (!what) return []
  const { places } = pinnedImage(`registry.k8s.io/${what.path}:${what.tag}`, { sources, pins }, byOperator) ?? { places: [] }
  return places
    .filter(({ base }) => /^https?:/.test(base))
    .map(({ base, pin }) => ({ kind: 'image', base, pin, arch: os.arch, members: what.members }))
}

/** Every other packaging of an artifact that is configured and pinned, in order: signed packages, then images. */
export const alternatesOf = (name: ArtifactName, around: Surroundings): readonly Alternate[] => [
  ...debOf(name, around),
  ...imagesOf(name, around),
]
