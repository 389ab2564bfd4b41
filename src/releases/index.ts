import { parseVersion } from '../config/version.ts'
import { partNamed } from '../config/components.ts'
import { ARTIFACTS } from './artifacts.ts'
import { PUBLISHED } from './published.ts'
import { imageNames } from './images.ts'
import type { Components, Minor, Overrides, Release } from './types.ts'
import { v1_35 } from './v1.35.ts'
import { v1_36 } from './v1.36.ts'
import { v1_37 } from './v1.37.ts'

/** Every minor of Kubernetes that Slipway installs, oldest first. A release of any patch can be had. */
export const MINORS: readonly Minor[] = [v1_35, v1_36, v1_37]

/** No digest of the newest flannel is public: who has one in a lock is not taken back to ours. */
const lockedFlannel = ({ components, newerFlannel = [] }: Minor, locked: Readonly<Record<string, string>>): Partial<Components> => {
  const found = newerFlannel.find((version) => locked[imageNames({ ...components, flannel: version }).flannel] !== undefined)
  return found === undefined ? {} : { flannel: found }
}

const make = (kubernetes: string, of: Minor, own: Overrides, locked: Readonly<Record<string, string>>): Release => {
  const named = Object.fromEntries(Object.entries(own).filter(([, version]) => version !== undefined))
  const components: Components = { ...of.components, ...of.patches?.[kubernetes], ...lockedFlannel(of, locked), ...named }
  const { etcd, containerd, runc, cni } = components
  const containerdFloor = partNamed('containerd').floor[of.minor] ?? ''
  return { kubernetes, minor: of.minor, etcd, containerd, runc, cni, images: imageNames(components), containerdFloor, pins: PUBLISHED }
}

/** What a release is still without for hosts of an architecture: canonical paths and image references. */
export const unpinnedOf = (release: Release, arch: string, pins: Readonly<Record<string, string>> = release.pins): readonly string[] =>
  [...Object.values(ARTIFACTS).map((artifact) => artifact(release, arch).path), ...Object.values(release.images)].filter(
    (name) => pins[name] === undefined,
  )

/** The patch releases of a minor of which some digest is shipped, or which go along with something of their own; oldest first. */
const patchesOf = ({ minor, patches = {} }: Minor): readonly string[] => {
  const shipped = Object.keys(PUBLISHED).flatMap((path) => /^dl\.k8s\.io\/release\/(v[\d.]+)\//.exec(path)?.[1] ?? [])
  const patch = (version: string): number => parseVersion(version)?.[2] ?? 0
  return [...new Set([...shipped, ...Object.keys(patches)])]
    .filter((version) => version.startsWith(`${minor}.`))
    .toSorted((a, b) => patch(a) - patch(b))
}

/** Every release that Slipway knows by name, oldest first. */
export const KNOWN: readonly Release[] = MINORS.flatMap((of) => patchesOf(of).map((version) => make(version, of, {}, {})))

/** Whether everything a release needs is pinned without a lock, on both architectures. */
const isWhole = (release: Release): boolean => ['amd64', 'arm64'].every((arch) => unpinnedOf(release, arch).length === 0)

/** The releases that need no lock, oldest first. */
export const RELEASES: readonly Release[] = KNOWN.filter(isWhole)

/** Their versions, as cluster.yml names them. A minor alone ("v1.36") means the newest of these. */
export const SUPPORTED: readonly string[] = RELEASES.map(({ kubernetes }) => kubernetes)

const made = new Map<string, Release>(KNOWN.map((release) => [`${release.kubernetes} {}`, release]))

/**
 * The data of one release: any patch of a minor that Slipway installs, with the components that cluster.yml names; `locked` are the images
 * that its lock pins. Throws for a version that
 * loading cluster.yml would have refused.
 */
export const releaseOf = (version: string, own: Overrides = {}, locked: Readonly<Record<string, string>> = {}): Release => {
  const of = MINORS.find(({ minor }) => version.startsWith(`${minor}.`))
  const kept = of ? lockedFlannel(of, locked) : {}
  const key = `${version} ${JSON.stringify({ ...kept, ...own })}`
  const known = made.get(key)
  if (known) return known
  if (!of || !/^v\d+\.\d+\.\d+$/.test(version)) throw new Error(`${version} is not among ${SUPPORTED.join(', ')}`)
  const release = make(version, of, own, locked)
  made.set(key, release)
  return release
}
