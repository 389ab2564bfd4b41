import { isPinned, readReference } from './reference.ts'
import type { Rename } from './rewrite.ts'

/** One value of a workload that is to be another: an image's name, or a pull policy. `path` is its JSON pointer. */
export type LiveChange = Readonly<{ path: string; from: string; to: string }>

/** A workload in the cluster with the images of it that change. `fixed`: its template cannot be changed once it exists. */
export type LiveWorkload = Readonly<{
  kind: string
  namespace: string
  name: string
  fixed: boolean
  /** A change is taken, and nothing comes of it until somebody resumes it. */
  paused?: 'rollout' | 'suspend' | 'partition' | 'on-delete'
  changes: readonly LiveChange[]
}>

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const at = (value: unknown, ...keys: readonly (string | number)[]): unknown =>
  keys.reduce<unknown>((inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Json)[key] : undefined), value)

/** Where each kind keeps its pods' spec. */
const SPECS: Readonly<Record<string, readonly string[]>> = {
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  Deployment: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  Pod: ['spec'],
  ReplicaSet: ['spec', 'template', 'spec'],
  ReplicationController: ['spec', 'template', 'spec'],
  StatefulSet: ['spec', 'template', 'spec'],
}

/** The kinds `images --live` looks at, as kubectl names them. */
export const LIVE_KINDS: readonly string[] = Object.keys(SPECS).map((kind) => kind.toLowerCase())

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

type Steps = readonly (string | number)[]
type LiveImage = Readonly<{ path: Steps; image: string; policyPath: Steps; policy: unknown }>

/** Every image of a pod's spec with the steps to it and to its pull policy. Ephemeral containers are left out: the API lets nobody change them. */
const imagesOf = (spec: unknown): LiveImage[] =>
  [
    ...['initContainers', 'containers'].flatMap((field) =>
      list(at(spec, field)).map((container, index) => ({ container, path: [field, index], keys: ['image', 'imagePullPolicy'] as const })),
    ),
    ...list(at(spec, 'volumes')).map((volume, index) => ({
      container: at(volume, 'image'),
      path: ['volumes', index, 'image'],
      keys: ['reference', 'pullPolicy'] as const,
    })),
  ].flatMap(({ container, path, keys: [name, policy] }) => {
    const image = at(container, name)
    if (typeof image !== 'string') return []
    return [{ path: [...path, name], image, policyPath: [...path, policy], policy: at(container, policy) }]
  })

/** What another object makes is changed there, and what Slipway applied is changed by `up`: here it would be put back. */
const isMadeByOthers = (item: unknown): boolean =>
  list(at(item, 'metadata', 'ownerReferences')).some((owner) => at(owner, 'controller') === true) ||
  list(at(item, 'metadata', 'managedFields')).some((entry) => at(entry, 'manager') === 'slipway')

const policyChanges = ({ policyPath, policy, image }: LiveImage, base: Steps): LiveChange[] => {
  const reference = readReference(image)
  if (policy !== 'Always' || reference === undefined || !isPinned(reference)) return []
  return [{ path: `/${[...base, ...policyPath].join('/')}`, from: policy, to: 'IfNotPresent' }]
}

const changesOf = (item: unknown, rename: Rename, pullPolicy: boolean): LiveChange[] => {
  const kind = String(at(item, 'kind'))
  const base = SPECS[kind] ?? []
  return imagesOf(at(item, ...base)).flatMap((found): LiveChange[] => {
    const { path, image } = found
    const to = rename(image)
    const renamed = to === image ? [] : [{ path: `/${[...base, ...path].join('/')}`, from: image, to }]
    // Of a Pod that runs only the images may change (kubernetes.io, Pod update and replacement).
    return pullPolicy && kind !== 'Pod' ? [...renamed, ...policyChanges(found, base)] : renamed
  })
}

/** Why a changed template does not reach the Pods by itself (kubernetes.io: Deployments, StatefulSets, DaemonSets, CronJobs). */
const pauseOf = (item: unknown): Pick<LiveWorkload, 'paused'> => {
  const spec = at(item, 'spec')
  if (at(spec, 'paused') === true) return { paused: 'rollout' }
  if (at(item, 'kind') === 'CronJob' && at(spec, 'suspend') === true) return { paused: 'suspend' }
  if (at(spec, 'updateStrategy', 'type') === 'OnDelete') return { paused: 'on-delete' }
  if (Number(at(spec, 'updateStrategy', 'rollingUpdate', 'partition') ?? 0) > 0) return { paused: 'partition' }
  return {}
}

/**
 * The workloads of a kubectl list that a renaming changes, by namespace, kind and name. `pullPolicy`: Always becomes IfNotPresent where the
 * image is pinned.
 */
export const liveWorkloads = (answer: unknown, rename: Rename, pullPolicy = false): readonly LiveWorkload[] =>
  list(isObject(answer) ? answer.items : [])
    .filter((item) => SPECS[String(at(item, 'kind'))] !== undefined && !isMadeByOthers(item))
    .map((item) => ({
      kind: String(at(item, 'kind')),
      namespace: String(at(item, 'metadata', 'namespace') ?? 'default'),
      name: String(at(item, 'metadata', 'name')),
      // Job.spec.template is immutable; its images may change only before it starts (kubernetes.io, Jobs).
      fixed: at(item, 'kind') === 'Job',
      ...pauseOf(item),
      changes: changesOf(item, rename, pullPolicy),
    }))
    .filter(({ changes }) => changes.length > 0)
    .toSorted((a, b) => [a.namespace, a.kind, a.name].join(' ').localeCompare([b.namespace, b.kind, b.name].join(' '), 'en'))

/** The JSON patch of a workload (RFC 6902): each image is tested first, so that what somebody changed meanwhile is not overwritten. */
export const livePatch = ({ changes }: Pick<LiveWorkload, 'changes'>): string =>
  JSON.stringify(
    changes.flatMap(({ path, from, to }) => [
      { op: 'test', path, value: from },
      { op: 'replace', path, value: to },
    ]),
  )

/** A workload's changes in lines marked "-" and "+". */
export const liveDiff = ({ kind, namespace, name, changes }: LiveWorkload): string =>
  [`${namespace} ${kind}/${name}`, ...changes.flatMap(({ path, from, to }) => [`  ${path}`, `  - ${from}`, `  + ${to}`])].join('\n')
