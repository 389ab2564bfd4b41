import { REGISTRIES } from '../images/registries.ts'
import { hostsToml } from '../templates/hosts-toml.ts'
import type { Sources } from './types.ts'
import { upstream } from './upstream.ts'

/**
 * The hosts.toml of one registry, or undefined when its images come from the registry itself. The last of the configured places is the `server`,
 * so that each place is asked once per pull and the registry itself only where it is configured.
 */
export const hostsFile = (registry: string, sources: Sources, dialTimeout?: string | null): string | undefined => {
  const hosts = sources.endpoints(registry)
  const server = hosts.at(-1)?.url
  if (server === undefined || (hosts.length === 1 && server === upstream.endpoint(registry)?.url)) return undefined
  return hostsToml({ registry, server, hosts, dialTimeout })
}

/** Every file under containerd's certs.d that the configured mirrors need: path below certs.d -> text, in order of the registries' names. */
export const certsD = (sources: Sources, dialTimeout?: string | null): Readonly<Record<string, string>> =>
  Object.fromEntries(
    REGISTRIES.flatMap((registry) => {
      const text = hostsFile(registry, sources, dialTimeout)
      return text === undefined ? [] : [[`${registry}/hosts.toml`, text]]
    }),
  )
