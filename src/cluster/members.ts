import { hostOf } from '../host-port.ts'
import { contains, network, parseAddress } from '../config/cidr.ts'
import type { Host } from '../config/hosts.ts'
import type { Facts } from '../hosts/facts.ts'
import type { Member } from './types.ts'
import type { World } from './world.ts'

const isAddress = (text: string): boolean => parseAddress(text) !== undefined

/** What others call a host, and the address at which they know it. */
type Place = Readonly<{ name: string; ip: string }>

/** The members of etcd and the Nodes, as the hosts that answered tell of them. */
const placesOf = (world: World): readonly Place[] =>
  Object.values(world)
    .flatMap(({ etcdMembers, nodes }): Place[] => [
      ...etcdMembers.map(({ name, peer }) => ({ name, ip: hostOf(peer.replace('https://', '')) })),
      ...nodes.map(({ name, address }) => ({ name, ip: address })),
    ])
    .filter(({ name, ip }) => name !== '' && ip !== '')

/** Where others know a host that does not answer, else its ssh address. One that several entries share is that of a gateway. */
const silentIp = (host: Host, places: readonly Place[]): string =>
  places.find(({ name }) => name === (host.name ?? host.key))?.ip ?? (isAddress(host.key) ? host.key : '')

/** The address other nodes use: the one the file says, else the ssh address when it is one of the host's own, else that of the default route. */
const ipOf = (host: Host, facts: Facts | undefined, places: readonly Place[]): string => {
  if (host.internalAddress) return host.internalAddress
  if (!facts) return silentIp(host, places)
  const own = facts.addresses
  if (own.some(({ address }) => address === host.address)) return host.address
  return own.find(({ device }) => device === facts.defaultRoute)?.address ?? (isAddress(host.address) ? host.address : '')
}

/** What the cluster calls the host of an address: the name of one that does not answer must not change what others are told about it. */
const knownName = (ip: string, places: readonly Place[]): string | undefined => places.find((place) => place.ip === ip)?.name

/** Every host of cluster.yml with its Node's name and address. kubelet lower-cases the host's own name, so that is done here too. */
export const membersOf = (hosts: readonly Host[], world: World): readonly Member[] => {
  const places = placesOf(world)
  return hosts.map((host) => {
    const facts = world[host.key]
    const ip = ipOf(host, facts, places)
    return { ...host, nodeName: host.name ?? facts?.hostname.toLowerCase() ?? knownName(ip, places) ?? host.address, ip }
  })
}

/** Whether this is an address in the network by which a host that answered is known. */
const isNeighbour = (ip: string, members: readonly Member[], world: World): boolean => {
  const wanted = parseAddress(ip)
  return members.some((other) => {
    const own = world[other.key]?.addresses.find(({ address }) => address === other.ip)
    return wanted !== undefined && own !== undefined && contains(network(wanted, own.prefix), parseAddress(own.address) ?? -1)
  })
}

/**
 * Whether the address of a host is more than a guess. That of one which does not answer may be its ssh address, and so a way in from outside,
 * unless others know it, or have theirs in the same network.
 */
export const isAddressKnown = ({ key, internalAddress, ip }: Member, members: readonly Member[], world: World): boolean =>
  world[key] !== undefined ||
  internalAddress !== undefined ||
  knownName(ip, placesOf(world)) !== undefined ||
  isNeighbour(ip, members, world)

/**
 * The control plane that speaks for the cluster in this run: one whose API answers before one that has been applied to before,
 * by name, so that no host is special and the choice is stable.
 */
export const pickDelegate = (members: readonly Member[], world: World): Member | undefined => {
  const rank = ({ key }: Member): number => {
    const facts = world[key]
    if (!facts) return 3
    return facts.api === 'ready' && Object.keys(facts.manifests).length > 0 ? 0 : facts.api === 'ready' ? 1 : 2
  }
  return members
    .filter(({ roles, key }) => roles.controlPlane && world[key] !== undefined)
    .toSorted((a, b) => rank(a) - rank(b) || a.nodeName.localeCompare(b.nodeName, 'en'))[0]
}
