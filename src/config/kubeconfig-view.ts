import { parseDocument } from 'yaml'

/** What of one entry matters to whoever might replace it. `file` is the first that has it: kubectl takes it from there. */
export type ClusterEntry = Readonly<{ file: string; server: string; caData?: string; caFile?: string }>
export type ContextEntry = Readonly<{ file: string; cluster: string; user: string }>

/** All that kubectl sees in its files together. */
export type KubeconfigView = Readonly<{
  clusters: ReadonlyMap<string, ClusterEntry>
  users: ReadonlyMap<string, Readonly<{ file: string }>>
  contexts: ReadonlyMap<string, ContextEntry>
  /** The first file that has a current context; kubectl obeys that one. */
  currentIn: string | undefined
}>

type Named<T extends string> = Readonly<{ name?: unknown } & Partial<Record<T, Readonly<Record<string, unknown>>>>>
type Raw = Readonly<{
  clusters?: readonly Named<'cluster'>[] | null
  users?: readonly Named<'user'>[] | null
  contexts?: readonly Named<'context'>[] | null
  'current-context'?: unknown
}>

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The data of a kubeconfig. kubectl knows YAML's merge keys. Throws where it is none. */
export const readKubeconfig = (text: string): Raw => {
  const document = parseDocument(text, { merge: true })
  if (document.errors[0]) throw new Error(document.errors[0].message.split('\n')[0])
  const raw: unknown = document.toJS() ?? {}
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw new Error('it is not a kubeconfig')
  for (const list of ['clusters', 'users', 'contexts'] as const) {
    const value = (raw as Raw)[list]
    if (value !== undefined && value !== null && !Array.isArray(value)) throw new Error(`${list} is not a list`)
  }
  return raw as Raw
}

/** Puts files together as kubectl does: the first that has an entry is believed. */
export const viewOf = (files: ReadonlyMap<string, string>): KubeconfigView => {
  const clusters = new Map<string, ClusterEntry>()
  const users = new Map<string, { file: string }>()
  const contexts = new Map<string, ContextEntry>()
  let currentIn: string | undefined
  const add = <T>(to: Map<string, T>, name: unknown, entry: T): void => {
    if (typeof name === 'string' && !to.has(name)) to.set(name, entry)
  }
  for (const [file, text] of files) {
    const raw = readKubeconfig(text)
    for (const { name, cluster = {} } of raw.clusters ?? []) {
      const [caData, caFile] = [textOf(cluster['certificate-authority-data']), textOf(cluster['certificate-authority'])]
      add(clusters, name, { file, server: textOf(cluster.server), ...(caData ? { caData } : {}), ...(caFile ? { caFile } : {}) })
    }
    for (const { name } of raw.users ?? []) add(users, name, { file })
    for (const { name, context = {} } of raw.contexts ?? [])
      add(contexts, name, { file, cluster: textOf(context.cluster), user: textOf(context.user) })
    if (textOf(raw['current-context']) !== '') currentIn ??= file
  }
  return { clusters, users, contexts, currentIn }
}

/** The names of the three entries of a cluster. */
export const entryNames = (context: string) => ({ cluster: context, user: `${context}-admin`, context })

/** What stands in the way of writing a cluster's entries under a name: where the entry that has it leads. undefined: nothing does. */
export const takenBy = (view: KubeconfigView, name: string, isOurs: (entry: ClusterEntry) => boolean): string | undefined => {
  const names = entryNames(name)
  const leadsHere = (cluster: string): boolean => {
    const entry = view.clusters.get(cluster)
    return entry !== undefined && isOurs(entry)
  }
  const cluster = view.clusters.get(names.cluster)
  if (cluster && !isOurs(cluster)) return cluster.server || `the cluster ${names.cluster}`
  const context = view.contexts.get(names.context)
  if (context && !leadsHere(context.cluster)) return view.clusters.get(context.cluster)?.server ?? `the cluster ${context.cluster}`
  if (!view.users.has(names.user)) return undefined
  const uses = [...view.contexts.values()].filter(({ user }) => user === names.user)
  const elsewhere = uses.find(({ cluster }) => !leadsHere(cluster))
  if (elsewhere) return view.clusters.get(elsewhere.cluster)?.server ?? `the cluster ${elsewhere.cluster}`
  return uses.length > 0 ? undefined : `the user ${names.user}`
}

/** The first name that is free: the wanted one, one with the beginning of the CA's fingerprint, then counted ones. */
export const freeName = (wanted: string, mark: string, isTaken: (name: string) => boolean): string => {
  const marked = mark === '' || wanted.endsWith(mark) ? wanted : `${wanted}-${mark}`
  if (!isTaken(wanted)) return wanted
  if (!isTaken(marked)) return marked
  for (let count = 2; ; count++) if (!isTaken(`${marked}-${count}`)) return `${marked}-${count}`
}
