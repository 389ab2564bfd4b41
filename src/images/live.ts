import type { Rename } from './rewrite.ts'

/** One image of a workload that is to be called otherwise; `path` is its JSON pointer. */
export type LiveChange = Readonly<{ path: string; from: string; to: string }>

/** A workload in the cluster with the images of it that change. `fixed`: its template cannot be changed once it exists. */
export type LiveWorkload = Readonly<{ kind: string; namespace: string; name: string; fixed: boolean; changes: readonly LiveChange[] }>

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

/** Every image of a pod's spec with the steps to it. Ephemeral containers are left out: the API lets nobody change them. */
const imagesOf = (spec: unknown): [readonly (string | number)[], string][] =>
  [
    ...['initContainers', 'containers'].flatMap((field) =>
      list(at(spec, field)).map((container, index) => [[field, index, 'image'], at(container, 'image')] as const),
    ),
    ...list(at(spec, 'volumes')).map(
      (volume, index) => [['volumes', index, 'image', 'reference'], at(volume, 'image', 'reference')] as const,
    ),
  ].flatMap(([path, image]) => (typeof image === 'string' ? [[path, image] as [readonly (string | number)[], string]] : []))

/** What another object makes is changed there, and what Slipway applied is changed by `up`: here it would be put back. */
const isMadeByOthers = (item: unknown): boolean =>
  list(at(item, 'metadata', 'ownerReferences')).some((owner) => at(owner, 'controller') === true) ||
  list(at(item, 'metadata', 'managedFields')).some((entry) => at(entry, 'manager') === 'slipway')

const changesOf = (item: unknown, rename: Rename): LiveChange[] => {
  const base = SPECS[String(at(item, 'kind'))] ?? []
  return imagesOf(at(item, ...base)).flatMap(([steps, from]) => {
    const to = rename(from)
    return to === from ? [] : [{ path: `/${[...base, ...steps].join('/')}`, from, to }]
  })
}

/** The workloads of a kubectl list whose images a renaming changes, by namespace, kind and name. */
export const liveWorkloads = (answer: unknown, rename: Rename): readonly LiveWorkload[] =>
  list(isObject(answer) ? answer.items : [])
    .filter((item) => SPECS[String(at(item, 'kind'))] !== undefined && !isMadeByOthers(item))
    .map((item) => ({
      kind: String(at(item, 'kind')),
      namespace: String(at(item, 'metadata', 'namespace') ?? 'default'),
      name: String(at(item, 'metadata', 'name')),
      // Job.spec.template is immutable; its images may change only before it starts (kubernetes.io, Jobs).
      fixed: at(item, 'kind') === 'Job',
      changes: changesOf(item, rename),
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
