import type { Host } from '../config/hosts.ts'
import type { Problem } from '../problem.ts'
import { isKnown, learn } from './host-keys.ts'
import { KNOWN_HOSTS_COPY } from './known-name.ts'
import { quote } from '../shell/quote.ts'
import { route } from './route.ts'
import { targetOf } from './target.ts'
import { capture, closeAll, type Environment, type Transport, TransportError } from './transport.ts'
import { connect } from './connect.ts'

/** Control planes that were entered to ask them, and those that could not be: neither is tried a second time. */
export type Introduced = Readonly<{ transports: ReadonlyMap<string, Transport>; problems: ReadonlyMap<string, Problem> }>

const READ_LIMIT_MS = 20_000

const readCopy = async (transport: Transport, path: string): Promise<string> => {
  const { stdout } = await capture(transport, `cat ${quote(path)} 2>/dev/null || true\n`, {
    signal: AbortSignal.timeout(READ_LIMIT_MS),
  })
  return stdout
}

const lastHop = async (host: Host, environment: Environment) => {
  const hops = await route(targetOf(host), environment)
  return hops.at(-1) as (typeof hops)[number]
}

const sortKnown = async (hosts: readonly Host[], environment: Environment) => {
  const known: Host[] = []
  const unknown: Host[] = []
  for (const host of hosts.filter(({ address }) => address !== 'localhost'))
    ((await isKnown(await lastHop(host, environment), targetOf(host), environment)) ? known : unknown).push(host)
  return { known, unknown }
}

/**
 * A machine that was never used for this cluster asks one control plane for the keys of all other hosts, so that a person confirms one key and
 * not each: first a control plane whose key is known, else the first one. Hosts of a cluster that does not exist yet are not on any list.
 */
export const introduce = async (hosts: readonly Host[], environment: Environment, path: string = KNOWN_HOSTS_COPY): Promise<Introduced> => {
  const transports = new Map<string, Transport>()
  const problems = new Map<string, Problem>()
  const { known, unknown } = await sortKnown(hosts, environment)
  const planes = [...known, ...unknown].filter(({ roles }) => roles.controlPlane)
  for (const plane of planes) {
    if (unknown.every((host) => host === plane)) break
    try {
      const transport = await connect(targetOf(plane), environment)
      transports.set(plane.key, transport)
      const copy = await readCopy(transport, path)
      const others = unknown.filter((host) => host !== plane)
      for (const host of others) await learn(await lastHop(host, environment), targetOf(host), copy, environment)
      break
    } catch (error) {
      if (!(error instanceof TransportError)) {
        await closeAll(transports.values(), environment)
        throw error
      }
      problems.set(plane.key, error.problem)
      // Somebody who refuses one key is not asked for the next: every host is named with its own problem.
      if (unknown.includes(plane)) break
    }
  }
  return { transports, problems }
}
