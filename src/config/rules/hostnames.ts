import { say } from '../words.ts'
import { eachNode } from './each-node.ts'
import type { Rule } from './types.ts'

export const hostnameSet: Rule = {
  id: 'set-hostname',
  reads: ['nodes.*.hostname_override'],
  check: (config) =>
    eachNode(config, (node, path) =>
      node.set_hostname && node.hostname_override === undefined
        ? [
            {
              path: [...path, 'set_hostname'],
              severity: 'warning',
              what: say('Without hostname_override there is no name to set.', '没有 hostname_override，就没有可设置的主机名。'),
              fix: say('Add hostname_override, or take set_hostname out.', '请加上 hostname_override，或删除 set_hostname。'),
            },
          ]
        : [],
    ),
}
