import type { Config, NodeConfig } from '../schema.ts'
import type { Path } from '../source.ts'
import type { Finding } from './types.ts'

/** What is wrong with single nodes; `path` is where a node stands. */
export const eachNode = (config: Config, one: (node: NodeConfig, path: Path) => Finding[]): Finding[] =>
  config.nodes.flatMap((node, index) => one(node, ['nodes', index]))
