import { type Document, isAlias, isNode, parseDocument, stringify, visit } from 'yaml'
import { entryNames, readKubeconfig } from './kubeconfig-view.ts'

type Named = { name: string }
type Kubeconfig = {
  clusters?: (Named & { cluster: object })[]
  users?: (Named & { user: object })[]
  contexts?: (Named & { context: object })[]
  'current-context'?: string
}

const LISTS = ['clusters', 'users', 'contexts'] as const

/** Renames the one cluster, user and context of a kubeconfig, and points it at `server` where one is given. */
export const renameKubeconfig = (text: string, name: string, server?: string): string => {
  const config = parseDocument(text).toJS() as Kubeconfig
  const cluster = config.clusters?.[0]?.cluster
  const user = config.users?.[0]?.user
  if (!cluster || !user) throw new Error('the kubeconfig has no cluster or no user')
  const names = entryNames(name)
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: names.cluster, cluster: { ...cluster, ...(server === undefined ? {} : { server }) } }],
    users: [{ name: names.user, user }],
    contexts: [{ name: names.context, context: { cluster: names.cluster, user: names.user } }],
    'current-context': names.context,
  })
}

/** What is replaced may hold the anchor that others refer to: each alias becomes what it stands for. */
const expandAliases = (document: Document): void => {
  visit(document, {
    Alias: (_, alias) => {
      const node = alias.resolve(document)?.clone()
      if (isNode(node) && !isAlias(node)) delete node.anchor
      return node as never
    },
  })
}

/** A context keeps what the user added to it (a namespace). */
const updated = (item: Named, old: unknown): Named =>
  'context' in item && typeof old === 'object' && old !== null && 'context' in old
    ? ({ ...item, context: { ...(old.context as object), ...(item.context as object) } } as Named)
    : item

/** Replaces the items of `old` that have a name of `fresh`, and adds the others. */
const mergeList = (
  document: Document,
  list: (typeof LISTS)[number],
  old: readonly unknown[] | null | undefined,
  fresh: readonly Named[],
): void => {
  const items = (old ?? []) as readonly Named[]
  if (old === undefined || old === null) document.set(list, document.createNode([]))
  for (const item of fresh) {
    const at = items.findIndex((one) => one?.name === item.name)
    if (at >= 0) document.setIn([list, at], document.createNode(updated(item, items[at])))
    else document.addIn([list], document.createNode(item))
  }
}

const mergeJson = (existing: string, fresh: Kubeconfig): string => {
  const old = JSON.parse(existing) as Record<string, unknown>
  const lists = LISTS.map((list) => {
    const items = (old[list] ?? []) as readonly Named[]
    const added = (fresh[list] ?? []) as readonly Named[]
    const kept = items.map((item) => {
      const one = added.find(({ name }) => name === item.name)
      return one ? updated(one, item) : item
    })
    return [list, [...kept, ...added.filter(({ name }) => !items.some((item) => item.name === name))]] as const
  })
  const indent = /\n([ \t]+)"/.exec(existing)?.[1] ?? (existing.trimEnd().includes('\n') ? '  ' : undefined)
  return `${JSON.stringify({ ...old, ...Object.fromEntries(lists), 'current-context': fresh['current-context'] }, null, indent)}\n`
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/**
 * Puts the entries of `added` into `existing`: those of the same name are replaced, everything else (comments, order, other clusters; JSON stays
 * JSON) stays as it was. The added context becomes the current one. Throws when `existing` is not a kubeconfig.
 */
export const mergeKubeconfig = (existing: string | undefined, added: string): string => {
  if (existing === undefined || existing.trim() === '') return added
  const old = readKubeconfig(existing)
  const fresh = parseDocument(added).toJS() as Kubeconfig
  if (isJson(existing)) return mergeJson(existing, fresh)
  const document = parseDocument(existing, { merge: true })
  expandAliases(document)
  for (const list of LISTS) mergeList(document, list, old[list], fresh[list] ?? [])
  document.set('current-context', fresh['current-context'])
  return document.toString({ lineWidth: 0 })
}

/** The same file with another current context. */
export const withCurrent = (existing: string, context: string): string => {
  if (isJson(existing)) return mergeJson(existing, { 'current-context': context })
  const document = parseDocument(existing)
  document.set('current-context', context)
  return document.toString({ lineWidth: 0 })
}
