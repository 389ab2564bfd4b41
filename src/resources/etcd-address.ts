import type { EtcdMemberFact, Facts } from '../hosts/facts.ts'
import { quote } from '../shell/quote.ts'
import type { EtcdAddressResource, Kind, Seen } from './types.ts'

/** The members as this host's etcd sees them; as another's, when its own does not run (its old address may be gone). */
const viewOf = ({ facts, world }: Pick<Seen, 'facts' | 'world'>): readonly EtcdMemberFact[] =>
  facts.etcdMembers.length > 0 ? facts.etcdMembers : (Object.values(world).find((other) => other.etcdMembers.length > 0)?.etcdMembers ?? [])

/** The entry of this member while it has another address than wanted. */
const outdated = ({ names, peer }: EtcdAddressResource, members: readonly EtcdMemberFact[]): EtcdMemberFact | undefined =>
  members.some((one) => one.peer === peer) ? undefined : members.find(({ name }) => name !== '' && names.includes(name))

/**
 * Tells the other members where this one will answer, before it moves there (etcd.io, "Update a member"): its own flags are read only when
 * a member is made.
 */
export const etcdAddress: Kind<EtcdAddressResource> = {
  id: (want) => `etcd-address ${want.peer}`,
  touches: () => [],
  diff: (want, seen) => {
    const old = outdated(want, viewOf(seen))
    return old && { verb: 'update', reason: { en: `etcd knows it at ${old.peer}`, zh: `etcd 记录的地址是 ${old.peer}` } }
  },
  script: ({ names, peer, endpoints }) =>
    [
      `listed() { ctl 30 ${endpoints.join(',')} member list | grep -F ${quote(`, ${peer},`)}; }\n`,
      `id() { ctl 30 ${endpoints.join(',')} member list | awk -F ', ' -v names=${quote(` ${names.join(' ')} `)} '$3 != "" && index(names, " " $3 " ") {print $1}'; }\n`,
      `told() { listed || ctl 30 ${endpoints.join(',')} member update "$(id)" --peer-urls=${quote(peer)}; }\n`,
      `await 120 ${quote(`etcd knows ${peer}`)} told\n`,
    ].join(''),
  after: (want, seen) => {
    const members = viewOf(seen)
    const old = outdated(want, members)
    const etcdMembers: Facts['etcdMembers'] = members.map((one) => (one === old ? { ...one, peer: want.peer } : one))
    return { ...seen.facts, etcdMembers }
  },
}
