import type { Host } from '../config/hosts.ts'
import type { Config } from '../config/schema.ts'
import { privateRegistries } from '../mirrors/private.ts'
import { operatorProxy } from '../steps/proxy.ts'
import type { Secret } from '../shell/quote.ts'
import { type Egress, egressOf, type Ways } from '../net/egress.ts'
import { createFetch, type Fetch } from '../net/request.ts'
import { withLogins } from './logins.ts'
import type { Problem } from '../problem.ts'
import { createRegistry, type Registry } from '../net/registry-client.ts'
import type { Intent } from './session.ts'
import type { Io } from './types.ts'

/** How this machine fetches what cluster.yml is about: through its proxy, and with the CAs of its registries (`files` has their texts). */
export const fetchFor = (
  { ask }: Pick<Io, 'ask'>,
  config: Config,
  hosts: readonly Host[],
  files: Readonly<Record<string, string>> = {},
): Fetch => ask ?? createFetch(egressOf(waysOf(config, hosts, files)))

const waysOf = (config: Config, hosts: readonly Host[], files: Readonly<Record<string, string>>): Ways => {
  const proxy = operatorProxy(config, hosts)
  const registries = privateRegistries(config.private_registries)
  const authorities = Object.fromEntries(
    config.private_registries.flatMap(({ ca_file }, index) => {
      const origin = registries[index]?.origin
      return ca_file === undefined || origin === undefined || files[ca_file] === undefined ? [] : [[new URL(origin).host, files[ca_file]]]
    }),
  )
  return { proxy, authorities }
}

/** The same for what has been read whole. */
export const fetchOf = ({ config, hosts, cluster }: Intent, io: Pick<Io, 'ask'>): Fetch => fetchFor(io, config, hosts, cluster.files)

/** How this machine asks a single URL for what has been read whole. */
export const egressFor = ({ config, hosts, cluster }: Intent): Egress => egressOf(waysOf(config, hosts, cluster.files))

/** A client for the registries of cluster.yml, with the logins that were read. */
export const registryOf = (intent: Intent, io: Pick<Io, 'ask' | 'signal'>): Registry => {
  const known = intent.cluster.logins ?? {}
  const logins: Record<string, Secret> = {}
  for (const { domain, origin } of privateRegistries(intent.config.private_registries)) {
    const login = known[domain]
    if (login !== undefined) logins[new URL(origin).origin] = login
  }
  return createRegistry(fetchOf(intent, io), io.signal, logins)
}

/** The same, reading the logins; a password that cannot be read is a Problem. */
export const registryFor = async (intent: Intent, io: Io): Promise<Registry | { problems: readonly Problem[] }> => {
  const { intent: read, problems } = await withLogins(intent, io)
  return problems.length > 0 ? { problems } : registryOf(read, io)
}
