import { follow, type ImagePath } from './paths.ts'
import { entry, type Scalar, stringOf, type Tree } from './tree.ts'

/** The object something was found in; names are empty where the object has none. */
export type Owner = Readonly<{ kind: string; name: string }>

/** A place that names an image, with the pull policy beside it. */
export type Site = Readonly<{ image: Scalar & { value: string }; policy?: Scalar & { value: string }; owner: Owner }>

const CONTAINERS = new Set(['containers', 'initContainers', 'ephemeralContainers'])
const NOBODY: Owner = { kind: '', name: '' }

const textScalar = (tree: Tree | undefined): (Scalar & { value: string }) | undefined =>
  stringOf(tree) === undefined ? undefined : (tree as Scalar & { value: string })

const ownerOf = (tree: Tree, outer: Owner): Owner => {
  const kind = stringOf(entry(tree, 'kind'))
  if (kind === undefined || entry(tree, 'apiVersion') === undefined) return outer
  const metadata = entry(tree, 'metadata')
  const name = metadata && (stringOf(entry(metadata, 'name')) ?? stringOf(entry(metadata, 'generateName')))
  return { kind, name: name ?? '' }
}

/** The site that a container or an image volume is. */
const siteIn = (holder: Tree, imageKey: string, policyKey: string, owner: Owner): Site[] => {
  const image = textScalar(entry(holder, imageKey))
  return image === undefined ? [] : [{ image, policy: textScalar(entry(holder, policyKey)), owner }]
}

/** What the list under a key names: containers of any sort, image volumes. */
const sitesUnder = (key: string, value: Tree, owner: Owner): Site[] => {
  if (value.kind !== 'seq') return []
  if (CONTAINERS.has(key)) return value.items.flatMap((container) => siteIn(container, 'image', 'imagePullPolicy', owner))
  if (key !== 'volumes') return []
  return value.items.flatMap((volume) => {
    const image = entry(volume, 'image')
    return image === undefined ? [] : siteIn(image, 'reference', 'pullPolicy', owner)
  })
}

/** What the given paths find in an object. */
const sitesAt = (paths: readonly ImagePath[], object: Tree, owner: Owner): Site[] =>
  paths
    .filter(({ kind }) => kind === '*' || kind === owner.kind)
    .flatMap(({ steps }) => follow(object, steps))
    .flatMap((found) => {
      const image = textScalar(found)
      return image === undefined ? [] : [{ image, owner }]
    })

/**
 * Every place in a document that names an image: containers, init (sidecars too) and ephemeral containers of pods and of pod templates at any depth
 * (workloads, CronJobs, Lists, custom resources), image volumes, and the given paths.
 */
export const sitesOf = (tree: Tree, paths: readonly ImagePath[]): Site[] => {
  const sites: Site[] = []
  const seen = new Set<Tree>()
  // Not by spreading: a list of a manifest may be longer than a call has room for arguments.
  const add = (found: readonly Site[]): void => {
    for (const site of found) sites.push(site)
  }
  const walk = (node: Tree, outer: Owner): void => {
    if (node.kind === 'scalar' || seen.has(node)) return
    seen.add(node)
    if (node.kind === 'seq') {
      for (const item of node.items) walk(item, outer)
      return
    }
    const owner = ownerOf(node, outer)
    if (owner !== outer) add(sitesAt(paths, node, owner))
    for (const [key, value] of node.entries) {
      add(sitesUnder(key, value, owner))
      walk(value, owner)
    }
  }
  walk(tree, NOBODY)
  return sites
}
