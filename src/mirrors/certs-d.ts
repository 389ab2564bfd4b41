import { isRegistry, REGISTRIES } from '../images/registries.ts'
import { hostsToml } from '../templates/hosts-toml.ts'
import type { Sources } from './types.ts'
import { endpointOf, type PrivateRegistry } from './private.ts'
import { upstream } from './upstream.ts'

/**
 * The hosts.toml of one registry, or undefined when its images come from the registry itself. The last of the configured places is the `server`,
 * so that each place is asked once per pull and the registry itself only where it is configured.
 */
export const hostsFile = (registry: string, sources: Sources, dialTimeout?: string | null): string | undefined => {
  const hosts = sources.endpoints(registry)
  const server = hosts.at(-1)?.url
  const plain = hosts.length === 1 && server === upstream.endpoint(registry)?.url && hosts[0]?.login === undefined
  if (server === undefined || plain) return undefined
  return hostsToml({ registry, server, hosts, dialTimeout })
}

/** The hosts.toml of a private registry's own name; undefined where containerd needs to be told nothing. */
const ownFile = (registry: PrivateRegistry, dialTimeout?: string | null): string | undefined => {
  const { domain, origin, ca, login } = registry
  if (ca === undefined && !login && origin.startsWith('https:')) return undefined
  return hostsToml({ registry: domain, server: origin, hosts: [endpointOf(registry)], dialTimeout })
}

/**
 * Every hosts.toml under containerd's certs.d that the configured mirrors and private registries need: path below certs.d -> text,
 * in order of the registries' names.
 */
export const certsD = (
  sources: Sources,
  registries: readonly PrivateRegistry[] = [],
  dialTimeout?: string | null,
): Readonly<Record<string, string>> => {
  const own = registries.filter(({ domain }) => !isRegistry(domain)).map((one) => [one.domain, ownFile(one, dialTimeout)] as const)
  const all = [...REGISTRIES.map((registry) => [registry, hostsFile(registry, sources, dialTimeout)] as const), ...own]
  return Object.fromEntries(all.flatMap(([registry, text]) => (text === undefined ? [] : [[`${registry}/hosts.toml`, text]])))
}
