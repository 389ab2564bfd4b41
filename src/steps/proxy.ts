import type { Host } from '../config/hosts.ts'
import { contains, formatCidr, network, parseAddress, parseCidr } from '../config/cidr.ts'
import type { Config } from '../config/schema.ts'
import type { Context } from '../cluster/types.ts'

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

const variables = (config: Config, nodes: readonly string[], spell: (name: string) => string): Variables => {
  const { http, https, no_proxy = [] } = config.proxy ?? {}
  if (http === undefined && https === undefined) return {}
  const without = [...new Set([...no_proxy, ...insideOf(config), ...nodes])].join(',')
  return {
    ...(http === undefined ? {} : { [spell('http_proxy')]: http }),
    ...(https === undefined ? {} : { [spell('https_proxy')]: https }),
    [spell('no_proxy')]: without,
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

/** The addresses of every node, as cluster.yml has them. */
const addressesOf = (hosts: readonly Host[]): string[] => [
  ...new Set(hosts.flatMap(({ address, internalAddress }) => [address, ...(internalAddress === undefined ? [] : [internalAddress])])),
]

/**
 * What the scripts on the hosts get, for curl and apt: in lower case, because curl does not read HTTP_PROXY (curl(1), environment).
 * Empty when they use no proxy.
 */
export const scriptProxy = (config: Config, hosts: readonly Host[]): Variables =>
  covers(config, 'hosts') ? variables(config, [...addressesOf(hosts), ...exemptPlaces(config)], (name) => name) : {}

/** What the operator's own fetches get; empty when they use no proxy. */
export const operatorProxy = (config: Config, hosts: readonly Host[]): Variables =>
  covers(config, 'operator') ? variables(config, addressesOf(hosts), (name) => name) : {}

/**
 * What containerd's unit gets. The nodes stand in it as the network of this one: their list would restart containerd everywhere
 * whenever a node is added.
 */
export const containerdProxy = ({ config, member, facts }: Pick<Context, 'config' | 'member' | 'facts'>): Variables => {
  if (!covers(config, 'hosts', 'containerd')) return {}
  const prefix = facts.addresses.find(({ address }) => address === member.ip)?.prefix
  const address = parseAddress(member.ip)
  const nodes = prefix === undefined || address === undefined ? [] : [formatCidr(network(address, prefix))]
  return variables(config, nodes, (name) => name.toUpperCase())
}
