import type { Text } from '../../text.ts'
import type { Config } from '../schema.ts'
import type { Path } from '../source.ts'

/** What the rules know besides the configuration: the supported releases, and the places where its shape is wrong. */
export type RuleContext = Readonly<{ supported: readonly string[]; broken: readonly Path[] }>

/** A fault at a path of cluster.yml. */
export type Finding = Readonly<{ path: Path; on?: 'key'; what: Text; fix: Text; severity?: 'warning' }>

/** One rule of sense. `reads`: where any of these is broken already, its answer would mislead (`*` is any one part). */
export type Rule = Readonly<{ id: string; reads?: readonly string[]; check(config: Config, context: RuleContext): Finding[] }>
