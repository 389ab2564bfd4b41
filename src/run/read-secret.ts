import { clusterHosts } from '../cluster/signs.ts'
import type { SecretName } from '../cluster/secret-names.ts'
import type { World } from '../cluster/world.ts'
import type { Host } from '../config/hosts.ts'
import { capture, type Transport } from '../hosts/transport.ts'
import { holdings } from '../resources/derived.ts'
import { sourceOf } from '../resources/generations.ts'
import { landing } from '../resources/secrets.ts'
import type { Payload } from '../resources/types.ts'
import { EXIT, ProblemError, refusal } from '../problem.ts'
import { quote } from '../shell/quote.ts'

/** What is known when a secret is read. `own`: those whose value the user's own files give. */
export type Known = Readonly<{ hosts: readonly Host[]; world: World; own: readonly string[] }>

const readFiles = async (paths: readonly string[], transport: Transport): Promise<Payload> => {
  const { exit, stdout } = await capture(
    transport,
    `set -eu\nfor path in ${paths.map(quote).join(' ')}; do base64 -w0 "$path"; echo; done\n`,
  )
  const texts = stdout.trimEnd().split('\n')
  if (exit !== 0 || texts.length !== paths.length)
    throw new ProblemError(
      refusal(
        transport.label,
        { en: `${paths.join(', ')} could not be read`, zh: `无法读取 ${paths.join('、')}` },
        { en: 'Look at these files on that host, and run the same command again.', zh: '请检查该主机上的这些文件，然后再次运行同一命令。' },
        EXIT.failed,
      ),
    )
  return Object.fromEntries(paths.map((path, index) => [path, Buffer.from(texts[index] ?? '', 'base64').toString('utf8')]))
}

/**
 * Reads a shared secret from the control plane that holds it, over ssh, into memory; a public part that was lost comes from what is known of it.
 * undefined: it may be drawn, because no host shows a cluster. The plan refuses before it comes to any other case (preflight/lost-secrets.ts);
 * a key that is drawn over a living cluster loses what is under the old one, so it is refused here once more.
 */
export const readSecret = async (
  name: SecretName,
  { hosts, world, own }: Known,
  transports: ReadonlyMap<string, Transport>,
): Promise<Payload | undefined> => {
  const planes = hosts.flatMap(({ roles, key }) => (roles.controlPlane ? [key] : []))
  const held = holdings(planes, world)
  const holder = sourceOf(held, name)
  if (holder === undefined) {
    if (clusterHosts(world).length > 0 && !own.includes(name)) throw new Error(`${name} is lost, and a cluster that exists gets no new one`)
    return undefined
  }
  const transport = transports.get(holder)
  if (!transport) throw new Error(`${name} is on ${holder}, and there is no connection to it`)
  const paths = landing(name).filter((path) => held[holder]?.paths[path])
  const isDerived = (path: string): boolean => held[holder]?.paths[path] !== world[holder]?.paths[path]
  const derived = paths.filter(isDerived).map((path) => [path, held[holder]?.paths[path]?.text ?? ''] as const)
  const lying = paths.filter((path) => !isDerived(path))
  return { ...(await readFiles(lying, transport)), ...Object.fromEntries(derived) }
}
