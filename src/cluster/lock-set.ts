import { CLUSTER_RECORD, parseRecord } from './identity.ts'
import { peerUrl } from './etcd-view.ts'
import { quorumOf } from './quorum.ts'
import { runningFlag } from './runs-as.ts'
import type { Member } from './types.ts'
import type { World } from './world.ts'

/**
 * What a run has to hold so that no other run can. `hosts`: the keys of the hosts whose lock it takes, in an order that is the same for every
 * run, whatever its file calls them. `voters`: etcd's members; of these (by key, or by peer URL where the file has no such host) `needed` must be held.
 */
export type LockSet = Readonly<{ hosts: readonly string[]; voters: readonly string[]; needed: number }>

/** The peer URLs under which etcd may know a host: that of the file, and the one it runs with. */
const urlsOf = (member: Member, world: World): (string | undefined)[] => [
  peerUrl(member),
  runningFlag(world[member.key], 'etcd', 'initial-advertise-peer-urls'),
]

/** Members of etcd as etcd itself lists them, which it does through its quorum; without one, those that were meant to be when a host was last changed. */
const votersSeen = (members: readonly Member[], world: World): string[] => {
  const listed = Object.values(world).find(({ etcdMembers }) => etcdMembers.length > 0)?.etcdMembers
  if (listed) return listed.filter(({ learner }) => !learner).map(({ peer }) => peer)
  const withData = members.filter(({ key }) => world[key]?.etcdData)
  const recorded = withData.flatMap(({ key }) => parseRecord(world[key]?.paths[CLUSTER_RECORD]?.text ?? '').etcd)
  return [...withData.map(peerUrl), ...recorded.map((ip) => peerUrl({ ip }))]
}

/**
 * The lock of a cluster is that of the hosts which run it, as they were seen, and not of those that a file names: two operators' files may differ,
 * and a cluster grows. A majority of etcd's members is one for every run, on either side of a broken network. Beside them a run takes all
 * control planes and members of etcd that its own file names, because it may make them members. Where nobody runs etcd yet, it needs all of these.
 */
export const lockSetOf = (members: readonly Member[], world: World): LockSet => {
  const servers = members.filter(({ roles }) => roles.controlPlane || roles.etcd)
  const keyOf = (url: string): string => members.find((member) => urlsOf(member, world).includes(url))?.key ?? url
  const voters = [...new Set(votersSeen(members, world).map(keyOf))]
  const named = servers.map(({ key }) => key)
  const known = voters.filter((voter) => members.some(({ key }) => key === voter))
  const rank = (key: string): string => world[key]?.machineId || key
  const hosts = [...new Set([...named, ...known])].toSorted((a, b) => rank(a).localeCompare(rank(b), 'en'))
  return voters.length > 0 ? { hosts, voters, needed: quorumOf(voters.length) } : { hosts, voters: named, needed: named.length }
}

/** Whether these hosts are enough of a lock. */
export const holdsEnough = ({ voters, needed }: LockSet, held: Iterable<string>): boolean => {
  const all = new Set(held)
  return voters.filter((voter) => all.has(voter)).length >= needed
}
