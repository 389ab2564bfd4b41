import { hostPort } from '../host-port.ts'
import type { EtcdMemberFact, Facts } from '../hosts/facts.ts'
import { runningFlag } from './runs-as.ts'
import type { Member } from './types.ts'
import { keepsQuorum } from './quorum.ts'
import type { World } from './world.ts'

/** etcd as its members tell it. Empty while it does not answer: a list is read through the quorum, so a member without one has none. */
export type EtcdView = Readonly<{
  /** Learners too. */
  members: readonly EtcdMemberFact[]
  voters: readonly EtcdMemberFact[]
  /** Peer URLs of the voters that answered, as etcd lists them. */
  healthy: ReadonlySet<string>
  /** The same voters by the addresses that the file gives their hosts. */
  own: ReadonlySet<string>
}>

const ETCD_CA = '/etc/kubernetes/pki/etcd/ca.crt'

/** The URL under which a host is known to etcd's other members. */
export const peerUrl = ({ ip }: Pick<Member, 'ip'>): string => `https://${hostPort(ip, 2380)}`

/** The URL at which a member of etcd serves the API servers. */
export const clientUrl = ({ ip }: Pick<Member, 'ip'>): string => `https://${hostPort(ip, 2379)}`

/** Whether the etcd of two hosts is, or once was, one: they trust one CA of etcd. */
export const sameEtcd = (one: Facts | undefined, other: Facts | undefined): boolean => {
  const [mine = [], theirs = []] = [one, other].map((facts) => facts?.paths[ETCD_CA]?.authorities?.map(({ key }) => key))
  return mine.some((key) => theirs.includes(key))
}

/** The list of members that most hosts tell; by name, where as many tell another. A host that is no member by the file may run another cluster's. */
const listOf = (hosts: readonly Member[], world: World): readonly EtcdMemberFact[] => {
  const lists = hosts
    .filter(({ roles }) => roles.etcd)
    .map(({ key }) => world[key]?.etcdMembers ?? [])
    .filter((list) => list.length > 0)
  const idOf = (list: readonly EtcdMemberFact[]): string => JSON.stringify(list.map(({ id }) => id).toSorted())
  const tellers = (list: readonly EtcdMemberFact[]): number => lists.filter((other) => idOf(other) === idOf(list)).length
  return lists.toSorted((a, b) => tellers(b) - tellers(a))[0] ?? []
}

/** Puts together what the hosts said of etcd. A voter is healthy when its own host was seen and its etcd answered there. */
export const etcdView = (hosts: readonly Member[], world: World): EtcdView => {
  const members = listOf(hosts, world)
  const voters = members.filter(({ learner }) => !learner)
  const answering = hosts.filter(({ key }) => world[key]?.units.etcd?.active === 'active' && (world[key]?.etcdMembers ?? []).length > 0)
  // One whose address the file has changed is still known by the one it runs with.
  const urlsOf = (host: Member) => [peerUrl(host), runningFlag(world[host.key], 'etcd', 'initial-advertise-peer-urls')]
  const urls = new Set(answering.flatMap(urlsOf))
  const healthy = new Set(voters.map(({ peer }) => peer).filter((peer) => urls.has(peer)))
  const own = answering.filter((host) => urlsOf(host).some((url) => url !== undefined && healthy.has(url))).map(peerUrl)
  return { members, voters, healthy, own: new Set(own) }
}

/** Whether etcd lives through the absence of this host for a while. One that does not answer is away already; of an etcd that does not, nobody knows. */
export const mayBeAway = ({ voters, healthy, own }: EtcdView, member: Pick<Member, 'ip'>): boolean =>
  voters.length > 0 && (!own.has(peerUrl(member)) || keepsQuorum(voters.length, healthy.size, 'restart'))
