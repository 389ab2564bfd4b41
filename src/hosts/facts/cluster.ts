import { escapeRemote } from '../lines.ts'
import { byName, decode, json, type Rows } from '../probe-rows.ts'

/**
 * One systemd unit. `inputs` is the digest the RUNNING process was started with. `since` is when its state changed last, in seconds since 1970; 0 is
 * never since the boot.
 */
export type UnitFact = Readonly<{
  active: string
  enabled: boolean
  /** What systemd says of its file: "enabled", "disabled", "masked"; '' where it knows none. */
  file: string
  inputs: string
  restarts: number
  stale: boolean
  since: number
  /** The program that systemd starts for it. */
  command: string
  /** Whether its process runs that file: `replaced` is one that is no more on the disk, `other` one of another name. '' without a process. */
  program: 'same' | 'other' | 'replaced' | ''
}>

export type NodeFact = Readonly<{
  name: string
  kubelet: string
  ready: boolean
  unschedulable: boolean
  labels: Readonly<Record<string, string>>
  taints: readonly Readonly<{ key: string; value?: string; effect: string }>[]
  managed: string
  address: string
  /** Its share of the pod network; '' until it is given one. */
  podCidr: string
  /** Whether Slipway drained it and has not uncordoned it again. */
  drained: boolean
}>

/** One member of etcd, as some member reports it. `started`: it has been up at least once; a joining one has no `name` until then. */
export type EtcdMemberFact = Readonly<{ id: string; started: boolean; name: string; peer: string; learner: boolean }>

/** `removedIn` is the minor that no longer has it ("1.38"), or empty where upstream named none. */
export type DeprecatedApiFact = Readonly<{ group: string; version: string; resource: string; removedIn: string }>

/** What a member of etcd says of itself. Sizes in bytes; `quota` is where it stops taking writes. */
export type EtcdFact = Readonly<{ leader: boolean; size: number; inUse: number; quota: number; alarms: readonly string[] }>

/** A timer of ours. `result` is how its service ended the last time: "success" also before the first. */
export type TimerFact = Readonly<{ active: boolean; enabled: boolean; result: string }>

/** The host's part in the cluster. */
export type ClusterFacts = Readonly<{
  etcdData: boolean
  damaged: readonly string[]
  /** Names of the images that containerd has. */
  images: readonly string[]
  units: Readonly<Record<string, UnitFact>>
  timers: Readonly<Record<string, TimerFact>>
  api: 'ready' | 'down' | 'absent'
  nodes: readonly NodeFact[]
  /** How the API answered the question for its Nodes: an empty `nodes` means none only where it was `read`. */
  nodeList: 'read' | 'refused' | 'silent' | 'unasked'
  /** What kubectl said last, where the list was not read. */
  nodeListError: string
  etcdMembers: readonly EtcdMemberFact[]
  /** APIs on their way out that somebody asked this API server for since it started. Looked for only where its version is to change. */
  deprecatedApis: readonly DeprecatedApiFact[]
  /** undefined where no member answers on this host. */
  etcd?: EtcdFact
  /** Manifest path -> whether the cluster holds what it says; `unknown` where the API did not say. */
  manifests: Readonly<Record<string, 'same' | 'differs' | 'unknown'>>
}>

/** A time as `TZ=UTC systemctl show` prints it ("Sat 2026-11-28 03:45:01 UTC"), in seconds since 1970; 0 where there is none. */
const timeFact = (text = ''): number => {
  const [, day, time] = text.split(' ')
  return day && time ? Date.parse(`${day}T${time}Z`) / 1000 : 0
}

const unitFact = (inputs: string, properties: readonly string[]): UnitFact => {
  const of = Object.fromEntries(properties.map((property) => [property.split('=')[0], property.slice(property.indexOf('=') + 1)]))
  return {
    active: of.ActiveState ?? 'inactive',
    enabled: of.UnitFileState === 'enabled',
    file: of.UnitFileState ?? '',
    inputs,
    restarts: Number(of.NRestarts ?? 0),
    stale: of.NeedDaemonReload === 'yes',
    since: timeFact(of.StateChangeTimestamp),
    command: of.Command ?? '',
    program: (of.Program ?? '') as UnitFact['program'],
  }
}

const nodeFacts = (rows: Rows): NodeFact[] =>
  rows
    .of('node')
    .map(
      ([
        name = '',
        kubelet = '',
        ready = '',
        unschedulable = '',
        labels,
        taints,
        managed = '',
        address = '',
        drained = '',
        podCidr = '',
      ]) => ({
        name,
        kubelet,
        ready: ready === 'True',
        unschedulable: unschedulable === 'true',
        labels: json(labels, {}),
        taints: json(taints, []),
        managed,
        address,
        podCidr,
        drained: drained !== '',
      }),
    )

const label = (labels: string, name: string): string => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? ''

/** The labels of the metric apiserver_requested_deprecated_apis, one API a line (subresources are the same API). */
const deprecatedFacts = (rows: Rows): DeprecatedApiFact[] => {
  const apis = rows.of('deprecated').map(([labels = '']) => ({
    group: label(labels, 'group'),
    version: label(labels, 'version'),
    resource: label(labels, 'resource'),
    removedIn: label(labels, 'removed_release'),
  }))
  return [...new Map(apis.map((api) => [JSON.stringify(api), api])).values()]
}

const etcdFact = (rows: Rows): { etcd?: EtcdFact } => {
  const [role, size, inUse, quota, errors = ''] = rows.of('etcd')[0] ?? []
  if (role === undefined) return {}
  const alarms = ['NOSPACE', 'CORRUPT'].filter((alarm) => errors.includes(alarm))
  return { etcd: { leader: role === 'leader', size: Number(size), inUse: Number(inUse), quota: Number(quota), alarms } }
}

const etcdMemberFacts = (rows: Rows): EtcdMemberFact[] =>
  rows.of('etcd-member').map(([id = '', status = '', name = '', peer = '', learner = '']) => ({
    id,
    started: status === 'started',
    name,
    peer,
    learner: learner === 'true',
  }))

/** Reads these facts from what the probe printed. */
export const clusterFacts = (rows: Rows): ClusterFacts => {
  const { of, one, all } = rows
  return {
    etcdData: one('etcd-data') === 'yes',
    damaged: all('damaged'),
    images: all('image'),
    units: byName(of('unit'), (inputs = '', ...properties) => unitFact(inputs, properties)),
    timers: byName(of('timer'), (active = '', enabled = '', result = '') => ({
      active: active === 'active',
      enabled: enabled === 'enabled',
      result,
    })),
    api: one('api') === 'ready' ? 'ready' : one('api') === 'down' ? 'down' : 'absent',
    nodes: nodeFacts(rows),
    nodeList: (one('node-list') || 'unasked') as ClusterFacts['nodeList'],
    nodeListError: escapeRemote(decode(of('node-list')[0]?.[1]).trim()),
    etcdMembers: etcdMemberFacts(rows),
    deprecatedApis: deprecatedFacts(rows),
    ...etcdFact(rows),
    // kubectl diff ends with 1 for a difference, and with more where it could not tell.
    manifests: byName(of('manifest'), (code = '') => (code === '0' ? 'same' : code === '1' ? 'differs' : 'unknown')),
  }
}
