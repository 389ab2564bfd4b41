import type { EtcdMemberFact } from '../hosts/facts.ts'
import { runningFlag } from '../hosts/runs-as.ts'
import type { Member } from '../steps/types.ts'
import { keepsQuorum } from './quorum.ts'
import type { World } from './world.ts'

/** etcd as its members tell it. Empty while it does not answer: a list is read through the quorum, so a member without one has none. */
export type EtcdView = Readonly<{
  /** Learners too. */
  members: readonly EtcdMemberFact[]
  voters: readonly EtcdMemberFact[]
  /** Peer URLs of the voters that answered. */
  healthy: ReadonlySet<string>
}>

/** The URL under which a host is known to etcd's other members. */
export const peerUrl = ({ ip }: Pick<Member, 'ip'>): string => `https://${ip}:2380`

/** Puts together what the hosts said of etcd. A voter is healthy when its own host was seen and its etcd answered there. */
export const etcdView = (hosts: readonly Member[], world: World): EtcdView => {
  const members = Object.values(world).find(({ etcdMembers }) => etcdMembers.length > 0)?.etcdMembers ?? []
  const voters = members.filter(({ learner }) => !learner)
  const answering = hosts.filter(({ key }) => world[key]?.units.etcd?.active === 'active' && (world[key]?.etcdMembers ?? []).length > 0)
  // One whose address the file has changed is still known by the one it runs with.
  const urls = new Set(answering.flatMap((host) => [peerUrl(host), runningFlag(world[host.key], 'etcd', 'initial-advertise-peer-urls')]))
  return { members, voters, healthy: new Set(voters.map(({ peer }) => peer).filter((peer) => urls.has(peer))) }
}

/** Whether etcd lives through the absence of this host for a while. One that does not answer is away already. */
export const mayBeAway = ({ voters, healthy }: EtcdView, member: Pick<Member, 'ip'>): boolean =>
  !healthy.has(peerUrl(member)) || keepsQuorum(voters.length, healthy.size, 'restart')
