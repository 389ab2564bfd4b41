import type { Site } from './sites.ts'
import { entry, type Scalar, stringOf, type Tree } from './tree.ts'

/** A kustomization file; its kind and version may be left out (kubectl.docs.kubernetes.io, kustomization). */
const isKustomization = (tree: Tree): boolean => {
  const [kind, version] = [stringOf(entry(tree, 'kind')), stringOf(entry(tree, 'apiVersion'))]
  if (kind !== undefined) return kind === 'Kustomization' && (version === undefined || version.startsWith('kustomize.config.k8s.io/'))
  return version === undefined && entry(tree, 'resources') !== undefined
}

const items = (tree: Tree | undefined): readonly Tree[] => (tree?.kind === 'seq' ? tree.items : [])

/** What is fetched by kustomize itself keeps its names, so that what matches them has to stay. */
const isRemote = (resource: Tree): boolean => /:\/\/|^github\.com\/|^git@/.test(stringOf(resource) ?? '')

/**
 * The names in the image transformers of a kustomization. They match the names in its manifests, and have to be renamed with them; `kept` are
 * those that match remote resources.
 */
export const transformersOf = (tree: Tree): Readonly<{ sites: readonly Site[]; kept: readonly Site[] }> => {
  if (!isKustomization(tree)) return { sites: [], kept: [] }
  const owner = { kind: 'Kustomization', name: '' }
  const named = (key: string): Site[] =>
    items(entry(tree, 'images')).flatMap((one) => {
      const image = entry(one, key)
      return stringOf(image) === undefined ? [] : [{ image: image as Scalar & { value: string }, owner }]
    })
  const remote = items(entry(tree, 'resources')).some(isRemote)
  return remote ? { sites: named('newName'), kept: named('name') } : { sites: [...named('name'), ...named('newName')], kept: [] }
}
