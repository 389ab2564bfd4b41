import { type Document, parseDocument, stringify } from 'yaml'

type Named = { name: string }
type Kubeconfig = {
  clusters?: (Named & { cluster: object })[]
  users?: (Named & { user: object })[]
  contexts?: (Named & { context: object })[]
  'current-context'?: string
}

const LISTS = ['clusters', 'users', 'contexts'] as const

/** Renames the one cluster, user and context of a kubeconfig, and points it at `server`. */
export const renameKubeconfig = (text: string, name: string, server: string): string => {
  const config = parseDocument(text).toJS() as Kubeconfig
  const cluster = config.clusters?.[0]?.cluster
  const user = config.users?.[0]?.user
  if (!cluster || !user) throw new Error('the kubeconfig has no cluster or no user')
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { ...cluster, server } }],
    users: [{ name: `${name}-admin`, user }],
    contexts: [{ name, context: { cluster: name, user: `${name}-admin` } }],
    'current-context': name,
  })
}

/** Replaces the items of `old` that have a name of `fresh`, and adds the others. */
const mergeList = (
  document: Document,
  list: (typeof LISTS)[number],
  old: readonly Named[] | null | undefined,
  fresh: readonly Named[],
): void => {
  const items = old ?? []
  if (!Array.isArray(items)) throw new Error(`${list} is not a list`)
  if (old === undefined || old === null) document.set(list, document.createNode([]))
  for (const item of fresh) {
    const at = items.findIndex(({ name }) => name === item.name)
    if (at >= 0) document.setIn([list, at], document.createNode(item))
    else document.addIn([list], document.createNode(item))
  }
}

/**
 * Puts the entries of `added` into `existing`: those of the same name are replaced, everything else (comments, order, other clusters)
 * stays as it was. The added context becomes the current one. Throws when `existing` is not a kubeconfig.
 */
export const mergeKubeconfig = (existing: string | undefined, added: string): string => {
  if (existing === undefined || existing.trim() === '') return added
  const document = parseDocument(existing)
  if (document.errors[0]) throw new Error(document.errors[0].message.split('\n')[0])
  const old = (document.toJS() ?? {}) as Kubeconfig
  if (typeof old !== 'object' || Array.isArray(old)) throw new Error('it is not a kubeconfig')
  const fresh = parseDocument(added).toJS() as Kubeconfig
  for (const list of LISTS) mergeList(document, list, old[list], fresh[list] ?? [])
  document.set('current-context', fresh['current-context'])
  return document.toString({ lineWidth: 0 })
}
