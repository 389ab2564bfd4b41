import type { EtcdMemberFact, NodeFact } from '../hosts/facts.ts'
import type { Host } from '../config/hosts.ts'
import type { Member } from '../cluster/types.ts'
import { etcdView, peerUrl } from '../cluster/etcd-view.ts'
import { membersOf, pickDelegate } from '../cluster/members.ts'
import { type Problem, refusal } from '../problem.ts'
import { keepsQuorum, quorumOf } from '../cluster/quorum.ts'
import type { World } from '../cluster/world.ts'

/** What etcd has and what is left of it, for the eyes of the one who decides. */
export type Votes = Readonly<{
  members: number
  healthy: number
  membersAfter: number
  healthyAfter: number
  needed: number
  allowed: boolean
}>

/** What taking one node out of the cluster means. */
export type Removal = Readonly<{
  name: string
  /** Its entry in the file; undefined when the line is gone already. */
  entry: Member | undefined
  /** Whether its host answered in this run. */
  alive: boolean
  node: NodeFact | undefined
  member: EtcdMemberFact | undefined
  votes: Votes | undefined
  /** The control plane that drains it and deletes its Node. */
  delegate: Member
  /** Another member of etcd, which takes it off the list; undefined only where it has no vote to lose. */
  voter: Member | undefined
}>

/**
 * Why there is nobody to do it: it is the last control plane of the file, no other one answers, or no other member of etcd is heard, and what holds
 * a vote would go without it.
 */
export type Nobody = 'last' | 'silent' | 'unheard'

const votesOf = (members: number, healthy: number, wasHealthy: boolean): Votes => ({
  members,
  healthy,
  membersAfter: members - 1,
  healthyAfter: wasHealthy ? healthy - 1 : healthy,
  needed: quorumOf(members - 1),
  allowed: keepsQuorum(members, healthy, wasHealthy ? 'remove-healthy' : 'remove-dead'),
})

/** The Node's name, where it is known: a silent host that the file gives no name is called by its address (members.ts). */
const ownName = (entry: Host | Member): string | undefined => {
  const name = 'nodeName' in entry ? entry.nodeName : entry.name
  return name === entry.address ? undefined : name
}

/** The entries that a word means: those whose key or Node's name it is, else those at that address, which several may share. */
export const entriesNamed = <T extends Host>(entries: readonly T[], word: string): readonly T[] => {
  const exact = entries.filter((entry) => entry.key === word || ownName(entry) === word)
  return exact.length > 0 ? exact : entries.filter(({ address }) => address === word)
}

/** Why the entries that a word means are no choice: they are several. */
export const ambiguity = (at: string, entries: readonly Host[]): Problem | undefined => {
  if (entries.length < 2) return undefined
  const names = entries.map((entry) => (ownName(entry) === undefined ? entry.key : `${entry.key} (${ownName(entry)})`))
  return refusal(
    at,
    { en: `it names several hosts: ${names.join(', ')}`, zh: `对应多台主机：${names.join('、')}` },
    { en: 'Use one of these names instead.', zh: '请改用其中一个名称。' },
  )
}

/** What is to be taken out under a name, or why a word is none. Pure; `world` is what was seen of the hosts that answered. */
export const removalOf = (hosts: readonly Host[], world: World, word: string): Removal | Nobody | Problem => {
  const all = membersOf(hosts, world)
  const named = entriesNamed(all, word)
  const ambiguous = ambiguity(word, named)
  if (ambiguous) return ambiguous
  const [entry] = named
  const name = entry?.nodeName ?? word
  const others = all.filter((member) => member !== entry)
  if (!others.some(({ roles }) => roles.controlPlane)) return 'last'
  const delegate = pickDelegate(others, world)
  const facts = delegate && world[delegate.key]
  if (!delegate || facts?.api !== 'ready') return 'silent'
  const { members, voters, healthy, own } = etcdView(all, world)
  const voter = others.find((one) => own.has(peerUrl(one)))
  const member = members.find((one) => (entry ? one.peer === peerUrl(entry) || one.name === name : one.name === name || one.peer === name))
  const votes = member && !member.learner ? votesOf(voters.length, healthy.size, healthy.has(member.peer)) : undefined
  // A list that nobody gives is not one without this member.
  const mayHold = members.length === 0 ? (entry?.roles.etcd ?? true) : member !== undefined && votes?.allowed !== false
  if (mayHold && !voter) return 'unheard'
  return {
    name,
    entry,
    alive: entry !== undefined && world[entry.key] !== undefined,
    node: facts.nodes.find((node) => node.name === name),
    member,
    votes,
    delegate,
    voter,
  }
}

/**
 * Whether the host of an entry still holds the place that is to be given away: then it is no case for a replacement. A member that is down for a
 * moment tells nothing, but its data are there, and no new member can begin on top of them.
 */
export const isHoldingPlace = ({ entry, member, node }: Removal, world: World): boolean => {
  const facts = entry && world[entry.key]
  if (!facts) return false
  if (member) return facts.etcdData && (facts.etcdMembers.length === 0 || facts.etcdMembers.some(({ id }) => id === member.id))
  return facts.units.kubelet?.active === 'active' && node?.ready === true
}
