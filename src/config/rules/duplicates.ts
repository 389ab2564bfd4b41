import { hostPort } from '../../host-port.ts'
import { same, type Text } from '../../text.ts'
import { DEFAULT_PORT, isLocal } from '../hosts.ts'
import type { Config, NodeConfig } from '../schema.ts'
import { quote, say } from '../words.ts'
import { eachNode } from './each-node.ts'
import type { Finding, Rule } from './types.ts'

const duplicates = (
  config: Config,
  key: keyof NodeConfig,
  of: (node: NodeConfig) => string | undefined,
  named: (node: NodeConfig, value: string) => Text = (_, value) => same(quote(value)),
): Finding[] => {
  const first = new Map<string, number>()
  return eachNode(config, (node, path) => {
    const value = of(node)
    const index = Number(path[1])
    if (value === undefined) return []
    const before = first.get(value)
    if (before === undefined) {
      first.set(value, index)
      return []
    }
    const name = named(node, value)
    return [
      {
        path: [...path, key],
        what: say(`${name.en} is nodes[${before}] already.`, `${name.zh} 已被 nodes[${before}] 使用。`),
        fix: say('Give each host its own, or remove one of the two entries.', '请给每台主机不同的值，或删除其中一项。'),
      },
    ]
  })
}

const THIS_MACHINE = 'localhost'

/** A host by where it is reached. Another port of this machine may lead to any host, and 127.0.0.1 of a bastion is the bastion. */
const placeOf = (config: Config, { address, port: own, bastion_host: bastion }: NodeConfig): string => {
  const port = own ?? config.ssh.port ?? DEFAULT_PORT
  const name = address.toLowerCase()
  if (isLocal(name)) return THIS_MACHINE
  if (address === '127.0.0.1' && port === DEFAULT_PORT && !(bastion ?? config.bastion_host)) return THIS_MACHINE
  return hostPort(name, port)
}

export const duplicateAddress: Rule = {
  id: 'duplicate-address',
  check: (config) =>
    duplicates(
      config,
      'address',
      (node) => placeOf(config, node),
      ({ address }, place) =>
        place === THIS_MACHINE && !isLocal(address)
          ? say(`${quote(address)} (this machine)`, `${quote(address)}（本机）`)
          : same(quote(place)),
    ),
}

export const duplicateInternal: Rule = {
  id: 'duplicate-internal-address',
  check: (config) => duplicates(config, 'internal_address', (node) => node.internal_address),
}

export const duplicateName: Rule = {
  id: 'duplicate-hostname',
  check: (config) => duplicates(config, 'hostname_override', (node) => node.hostname_override),
}
