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

/**
 * Every place in a document that names an image: containers, init (sidecars too) and ephemeral containers of pods and of pod templates at any depth
 * (workloads, CronJobs, Lists, custom resources), image volumes, and the given paths.
 */
export const sitesOf = (tree: Tree, paths: readonly ImagePath[]): Site[] => {
  const sites: Site[] = []
  const seen = new Set<Tree>()

  const add = (holder: Tree, imageKey: string, policyKey: string, owner: Owner): void => {
    const image = textScalar(entry(holder, imageKey))
    if (image !== undefined) sites.push({ image, policy: textScalar(entry(holder, policyKey)), owner })
  }
  const children = (key: string, value: Tree, owner: Owner): void => {
    if (CONTAINERS.has(key) && value.kind === 'seq') for (const container of value.items) add(container, 'image', 'imagePullPolicy', owner)
    if (key === 'volumes' && value.kind === 'seq') {
      for (const volume of value.items) {
        const image = entry(volume, 'image')
        if (image !== undefined) add(image, 'reference', 'pullPolicy', owner)
      }
    }
    walk(value, owner)
  }
  const walk = (node: Tree, outer: Owner): void => {
    if (node.kind === 'scalar' || node.kind === 'unread') return
    if (seen.has(node)) return
    seen.add(node)
    if (node.kind === 'seq') {
      for (const item of node.items) walk(item, outer)
      return
    }
    const owner = ownerOf(node, outer)
    if (owner !== outer) {
      for (const path of paths) {
        if (path.kind !== '*' && path.kind !== owner.kind) continue
        for (const found of follow(node, path.steps)) {
          const image = textScalar(found)
          if (image !== undefined) sites.push({ image, owner })
        }
      }
    }
    for (const [key, value] of node.entries) children(key, value, owner)
  }
  walk(tree, NOBODY)
  return sites
}
