import { sourceOf } from '../resources/generations.ts'
import { landing } from '../resources/secrets.ts'
import type { Payload } from '../resources/types.ts'
import type { SecretName } from '../cluster/secret-names.ts'
import type { Facts } from '../hosts/facts.ts'
import { quote } from '../shell/quote.ts'
import { capture, type Transport } from '../hosts/transport.ts'

/**
 * Reads a shared secret from any control plane that holds it, over ssh, into memory. undefined when none of those that were seen has it;
 * a plan is only made when every control plane was seen, so then it may be drawn anew.
 */
export const readSecret = async (
  name: SecretName,
  world: Readonly<Record<string, Facts>>,
  transports: ReadonlyMap<string, Transport>,
): Promise<Payload | undefined> => {
  const holder = sourceOf(world, name)
  if (holder === undefined) return undefined
  const transport = transports.get(holder)
  if (!transport) return undefined
  const paths = landing(name).filter((path) => world[holder]?.paths[path])
  const { exit, stdout } = await capture(
    transport,
    `set -eu\nfor path in ${paths.map(quote).join(' ')}; do base64 -w0 "$path"; echo; done\n`,
  )
  const texts = stdout.trimEnd().split('\n')
  if (exit !== 0 || texts.length !== paths.length) throw new Error(`${transport.label}: ${paths.join(', ')} could not be read`)
  return Object.fromEntries(paths.map((path, index) => [path, Buffer.from(texts[index] ?? '', 'base64').toString('utf8')]))
}
