import type { Host } from '../config/hosts.ts'
import type { Facts } from '../hosts/facts.ts'
import type { Member } from '../steps/types.ts'
import type { World } from './world.ts'

const isAddress = (text: string): boolean => /^\d+\.\d+\.\d+\.\d+$/.test(text)

/** The address other nodes use: the one the file says, else the ssh address when it is one of the host's own, else that of the default route. */
const ipOf = (host: Host, facts: Facts | undefined): string => {
  if (host.internalAddress) return host.internalAddress
  const own = facts?.addresses ?? []
  if (own.some(({ address }) => address === host.address)) return host.address
  return own.find(({ device }) => device === facts?.defaultRoute)?.address ?? (isAddress(host.address) ? host.address : '')
}

/** What the cluster calls the node of an address: the name of a host that does not answer must not change what others are told about it. */
const knownName = (ip: string, world: World): string | undefined =>
  Object.values(world)
    .flatMap(({ nodes }) => nodes)
    .find(({ address }) => address === ip)?.name

/** Every host of cluster.yml with its Node's name and address. kubelet lower-cases the host's own name, so that is done here too. */
export const membersOf = (hosts: readonly Host[], world: World): readonly Member[] =>
  hosts.map((host) => {
    const facts = world[host.key]
    const ip = ipOf(host, facts)
    return { ...host, nodeName: host.name ?? facts?.hostname.toLowerCase() ?? knownName(ip, world) ?? host.address, ip }
  })

/**
 * The control plane that speaks for the cluster in this run: one whose API answers before one that has been applied to before,
 * by name, so that no host is special and the choice is stable.
 */
export const spokesman = (members: readonly Member[], world: World): Member | undefined => {
  const rank = ({ key }: Member): number => {
    const facts = world[key]
    if (!facts) return 3
    return facts.api === 'ready' && Object.keys(facts.manifests).length > 0 ? 0 : facts.api === 'ready' ? 1 : 2
  }
  return members
    .filter(({ roles, key }) => roles.controlPlane && world[key] !== undefined)
    .toSorted((a, b) => rank(a) - rank(b) || a.nodeName.localeCompare(b.nodeName, 'en'))[0]
}
