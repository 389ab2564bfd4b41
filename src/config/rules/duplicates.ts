import { DEFAULT_PORT, isLocal } from '../hosts.ts'
import type { Config, NodeConfig } from '../schema.ts'
import { quote, say } from '../words.ts'
import { eachNode } from './each-node.ts'
import type { Finding, Rule } from './types.ts'

const duplicates = (config: Config, key: keyof NodeConfig, of: (node: NodeConfig) => string | undefined): Finding[] => {
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
    return [
      {
        path: [...path, key],
        what: say(`${quote(value)} is nodes[${before}] already.`, `${quote(value)} 已被 nodes[${before}] 使用。`),
        fix: say('Give each host its own, or remove one of the two entries.', '请给每台主机不同的值，或删除其中一项。'),
      },
    ]
  })
}

export const duplicateAddress: Rule = {
  id: 'duplicate-address',
  check: (config) =>
    duplicates(config, 'address', ({ address, port }) =>
      isLocal(address) ? address : `${address.toLowerCase()}:${port ?? config.ssh.port ?? DEFAULT_PORT}`,
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
