import type { Host } from '../config/hosts.ts'
import { contains, formatCidr, network, parseAddress, parseCidr } from '../config/cidr.ts'
import type { Config } from '../config/schema.ts'
import { membersOf } from '../cluster/members.ts'
import type { Context, Member } from '../cluster/types.ts'
import type { World } from '../cluster/world.ts'

/** Environment variables by their names. */
export type Variables = Readonly<Record<string, string>>

/** What of a cluster is never asked through a proxy, besides its nodes: this machine, the cluster's ranges and names. */
const insideOf = ({ network: ranges, cluster_domain, control_plane_endpoint, control_plane_vip }: Config): string[] => [
  'localhost',
  '127.0.0.1',
  ranges.pod_cidr,
  ranges.service_cidr,
  '.svc',
  `.${cluster_domain}`,
  ...(control_plane_endpoint === undefined ? [] : [control_plane_endpoint]),
  ...(control_plane_vip === undefined ? [] : [control_plane_vip.address]),
]

/** The names that are asked without a proxy: the file's, this machine's and the cluster's, and the nodes'. */
const withoutProxy = (config: Config, nodes: readonly string[]): string =>
  [...new Set([...(config.proxy?.no_proxy ?? []), ...insideOf(config), ...nodes])].join(',')

const variables = (config: Config, nodes: readonly string[], spell: (name: string) => string): Variables => {
  const { http, https } = config.proxy ?? {}
  if (http === undefined && https === undefined) return {}
  return {
    ...(http === undefined ? {} : { [spell('http_proxy')]: http }),
    ...(https === undefined ? {} : { [spell('https_proxy')]: https }),
    [spell('no_proxy')]: withoutProxy(config, nodes),
  }
}

/** The places cluster.yml names by a URL of their own. */
const ownPlaces = ({ mirrors: { apt, files = [], images = [] }, private_registries }: Config): string[] => [
  ...[apt.base, apt.kubernetes, apt.docker].flatMap((places = []) => places),
  ...files,
  ...images,
  ...private_registries.map(({ url }) => (url.includes('://') ? url : `https://${url}`)),
]

/**
 * The places of our own that lie in a range of no_proxy, each by its address: apt compares no_proxy by suffix only, and curl knows ranges
 * since 7.86 (curl(1), NO_PROXY).
 */
const exemptPlaces = (config: Config): string[] => {
  const ranges = (config.proxy?.no_proxy ?? []).flatMap((entry) => {
    const range = parseCidr(entry)
    return 'error' in range ? [] : [range]
  })
  return ownPlaces(config).flatMap((place) => {
    const host = URL.parse(place)?.hostname ?? ''
    const address = parseAddress(host)
    return address !== undefined && ranges.some((range) => contains(range, address)) ? [host] : []
  })
}

const covers = (config: Config, ...scopes: readonly ('hosts' | 'containerd' | 'operator')[]): boolean =>
  scopes.some((scope) => config.proxy?.scope.includes(scope) === true)

/** The addresses of every node: those that cluster.yml has, and all that the hosts which answered show, private ones too. */
const addressesOf = (hosts: readonly Host[], world: World): string[] => [
  ...new Set([
    ...hosts.flatMap(({ address, internalAddress }) => [address, ...(internalAddress === undefined ? [] : [internalAddress])]),
    ...membersOf(hosts, world).flatMap(({ key, ip }) => [
      ...(ip === '' ? [] : [ip]),
      ...(world[key]?.addresses ?? []).map(({ address }) => address),
    ]),
  ]),
]

/**
 * What the scripts on the hosts get, for curl and apt: in lower case, because curl does not read HTTP_PROXY (curl(1), environment). no_proxy always,
 * because apt may have a proxy of its own (apt.conf), which it obeys too; in both spellings, because programs in Go read the upper one first.
 */
export const scriptProxy = (config: Config, hosts: readonly Host[], world: World): Variables => {
  const nodes = [...addressesOf(hosts, world), ...exemptPlaces(config)]
  const proxies = covers(config, 'hosts') ? variables(config, nodes, (name) => name) : {}
  const without = withoutProxy(config, nodes)
  return { ...proxies, no_proxy: without, NO_PROXY: without }
}

/** What the operator's own fetches get; empty when they use no proxy. */
export const operatorProxy = (config: Config, hosts: readonly Host[]): Variables =>
  covers(config, 'operator') ? variables(config, addressesOf(hosts, {}), (name) => name) : {}

/**
 * The networks of the nodes, in their order. A host that does not answer counts as in a network as large as this host's own, so that a list does
 * not change with who answers.
 */
const networksOf = ({ member, members, world }: Pick<Context, 'member' | 'members' | 'world'>): string[] => {
  const prefixOf = ({ key, ip }: Member): number | undefined => world[key]?.addresses.find(({ address }) => address === ip)?.prefix
  const networks = members.flatMap((one) => {
    const [address, prefix] = [parseAddress(one.ip), prefixOf(one) ?? prefixOf(member)]
    return address === undefined || prefix === undefined ? [] : [network(address, prefix)]
  })
  return [...new Set(networks.toSorted((a, b) => a.base - b.base || a.prefix - b.prefix).map(formatCidr))]
}

/** What containerd's unit gets. The nodes stand in it as their networks: a list of them would restart containerd everywhere whenever a node is added. */
export const containerdProxy = (context: Pick<Context, 'config' | 'member' | 'members' | 'world'>): Variables =>
  covers(context.config, 'hosts', 'containerd') ? variables(context.config, networksOf(context), (name) => name.toUpperCase()) : {}
