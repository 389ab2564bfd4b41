import { DEFAULT_NAME } from '../config/schema.ts'
import type { Facts } from '../hosts/facts.ts'
import { runsAs } from './runs-as.ts'
import type { World } from './world.ts'

/** Where a host keeps which cluster it is of. `reset` takes it away last, so that one that was cut off still knows. */
export const CLUSTER_RECORD = '/var/lib/slipway/cluster'

/** What CLUSTER_RECORD says: fingerprints of the CA (two while it is being exchanged), cluster_name, and the addresses of etcd's members. */
export type ClusterRecord = Readonly<{ authorities: readonly string[]; name: string; etcd: readonly string[] }>

/** The text of a record. */
export const recordText = ({ authorities, name, etcd }: ClusterRecord): string =>
  [...authorities.toSorted().map((one) => `ca ${one}`), `name ${name}`, ...etcd.toSorted().map((one) => `etcd ${one}`)]
    .map((line) => `${line}\n`)
    .join('')

/** Reads a record. */
export const parseRecord = (text: string): ClusterRecord => {
  const of = (word: string): string[] => [...text.matchAll(new RegExp(`^${word} (.+)$`, 'gm'))].map(([, value = '']) => value)
  return { authorities: of('ca'), name: of('name')[0] ?? '', etcd: of('etcd') }
}

/**
 * Which cluster a host says that it is of. A CA is known by the SHA-256 of its public key: `ca` are those of the cluster, `etcdCa` those of its
 * etcd; both are empty where only certificates are left, of a CA that no host shows. `node` is the name of its Node or of its member of etcd.
 */
export type Identity = Readonly<{ ca: readonly string[]; etcdCa: readonly string[]; name?: string; node?: string; keeps: Keeps }>

/** What the cluster loses with the host: its keys, a member of etcd, or a node. */
export type Keeps = 'keys' | 'etcd' | 'node'

type Seen = Pick<Facts, 'paths' | 'etcdData'>

const PKI = '/etc/kubernetes/pki'
/** Certificates that the cluster's own CA signs, and that lie where nothing else does. */
const LEAF = /^(\/etc\/kubernetes\/admin\.conf|\/var\/lib\/kubelet\/pki\/kubelet-client-[^/]+\.pem)$/

const caOf = ({ paths }: Seen, record: ClusterRecord | undefined): string[] => {
  const trusted = (path: string): string[] => (paths[path]?.authorities ?? []).map(({ key }) => key)
  const shown = [...(record?.authorities ?? []), ...trusted(`${PKI}/ca.crt`)]
  if (shown.length > 0) return shown
  // Certificates outlive what they were for: an old one beside a CA that is there would make the host one of two clusters.
  const leaves = Object.keys(paths).filter((path) => LEAF.test(path))
  return leaves.flatMap((path) => [...trusted(path), ...(paths[path]?.certificate?.issuer ? [paths[path].certificate.issuer] : [])])
}

const keepsOf = ({ paths, etcdData }: Seen): Keeps => (paths[`${PKI}/ca.key`] ? 'keys' : etcdData ? 'etcd' : 'node')

/** The cluster of a host; undefined on one that shows none. */
export const identityOf = (facts: Seen): Identity | undefined => {
  const text = facts.paths[CLUSTER_RECORD]?.text
  const record = text === undefined ? undefined : parseRecord(text)
  const ca = [...new Set(caOf(facts, record))]
  const etcdCa = (facts.paths[`${PKI}/etcd/ca.crt`]?.authorities ?? []).map(({ key }) => key)
  const signed = Object.entries(facts.paths).some(([path, { certificate }]) => LEAF.test(path) && certificate !== undefined)
  if (ca.length === 0 && etcdCa.length === 0 && !signed && !facts.paths[`${PKI}/ca.key`]) return undefined
  const node = runsAs(facts)
  return { ca, etcdCa, keeps: keepsOf(facts), ...(record?.name ? { name: record.name } : {}), ...(node ? { node } : {}) }
}

const meet = (one: readonly string[], other: readonly string[]): boolean => one.some((key) => other.includes(key))

/** Whether two hosts are of one cluster. Two clusters may share a CA that their owner brought: then their names tell them apart. */
const isKin = (one: Identity, other: Identity): boolean =>
  (meet(one.ca, other.ca) || meet(one.etcdCa, other.etcdCa)) &&
  (one.name === undefined || other.name === undefined || one.name === other.name)

/** One cluster, as those hosts show it that are of it. */
export type Shown = Readonly<{ hosts: readonly string[]; ca: readonly string[]; name: string | undefined; nodes: readonly string[] }>

const shownBy = (hosts: readonly string[], identities: ReadonlyMap<string, Identity>, world: World): Shown => {
  const all = hosts.flatMap((host) => identities.get(host) ?? [])
  const named = [...all.flatMap(({ node }) => node ?? []), ...hosts.flatMap((host) => (world[host]?.nodes ?? []).map(({ name }) => name))]
  return {
    hosts,
    ca: [...new Set(all.flatMap(({ ca }) => ca))],
    name: all.find(({ name }) => name !== undefined)?.name,
    nodes: [...new Set(named)].sort(),
  }
}

/** The clusters that hosts show, with the hosts of each. While a CA is being exchanged, the hosts that trust both join those that trust one. */
export const clustersIn = (identities: ReadonlyMap<string, Identity>, world: World = {}): readonly Shown[] => {
  let groups: string[][] = []
  for (const [host, identity] of identities) {
    const joins = (group: string[]): boolean =>
      group.some((other) => {
        const seen = identities.get(other)
        return seen !== undefined && isKin(identity, seen)
      })
    groups = [...groups.filter((group) => !joins(group)), [...groups.filter(joins).flat(), host]]
  }
  return groups.map((group) => shownBy(group.toSorted(), identities, world))
}

/** Which cluster each host of a world shows. */
export const identitiesIn = (world: World): ReadonlyMap<string, Identity> =>
  new Map(
    Object.keys(world)
      .sort()
      .flatMap((host) => {
        const facts = world[host]
        const identity = facts && identityOf(facts)
        return identity ? [[host, identity] as const] : []
      }),
  )

/** The part of a fingerprint by which people call a CA. */
export const shortCa = (fingerprint: string): string => fingerprint.slice(0, 8)

/** A host of the file that shows a cluster which is not the control planes'. */
export type Stranger = Readonly<{ host: string; identity: Identity; shown: Shown }>

/**
 * Which cluster the hosts of a file are. `several`: its control planes are of more than one, so nobody can say which is meant. `untold`: hosts show
 * a cluster, and of the control planes none that answers shows any, while `silent` ones might. Else `own` is the control planes' (undefined before
 * a first install), and `strangers` are of another.
 */
export type Belonging = Readonly<
  | { kind: 'several'; clusters: readonly Shown[] }
  | { kind: 'untold'; silent: readonly string[]; others: readonly Stranger[] }
  | { kind: 'told'; own: Shown | undefined; strangers: readonly Stranger[] }
>

const isReadable = ({ ca, etcdCa }: Identity): boolean => ca.length > 0 || etcdCa.length > 0

/** `expected`: fingerprints of the CA that the cluster is going to have, where none of its control planes has it yet. */
export const belongingOf = (planes: readonly string[], world: World, expected: readonly string[] = []): Belonging => {
  const identities = identitiesIn(world)
  const readable = new Map([...identities].filter(([, identity]) => isReadable(identity)))
  const clusters = clustersIn(readable, world)
  const own = clusters.filter(({ hosts }) => hosts.some((host) => planes.includes(host)))
  if (own.length > 1) return { kind: 'several', clusters: own }
  const isOurs = (host: string, { ca }: Identity): boolean => (own[0] ? own[0].hosts.includes(host) : meet(ca, expected))
  const others = [...identities].flatMap(([host, identity]): Stranger[] => {
    if (isOurs(host, identity) || (planes.includes(host) && !isReadable(identity))) return []
    return [{ host, identity, shown: clusters.find(({ hosts }) => hosts.includes(host)) ?? shownBy([host], identities, world) }]
  })
  if (own.length === 1) return { kind: 'told', own: own[0], strangers: others }
  // A control plane whose keys are lost is spoken of as such (shared-secrets.ts); the other hosts may well be its own.
  if (planes.some((host) => world[host]?.etcdData || identities.has(host))) return { kind: 'told', own: undefined, strangers: [] }
  const silent = planes.filter((host) => !world[host])
  return silent.length > 0 && others.length > 0 ? { kind: 'untold', silent, others } : { kind: 'told', own: undefined, strangers: others }
}

/** A cluster that somebody is about to destroy something of: its name, and the fingerprints of its CA. */
export type Named = Readonly<{ name: string; ca: readonly string[] }>

/**
 * The words by which a person shows that this very cluster is meant: its name, unless that is the one which every cluster has that was given none; and
 * the beginning of its CA's fingerprint. Where it has neither yet, the host. The first is the one that is asked for.
 */
export const confirmWords = ({ name, ca }: Named, host: string): readonly [string, ...string[]] => {
  const [first, ...more] = [...(name === DEFAULT_NAME ? [] : [name]), ...ca.map(shortCa)]
  return first === undefined ? [host] : [first, ...more]
}
