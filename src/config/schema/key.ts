/**
 * How a change of a key is applied to a running cluster.
 * `live`: nothing restarts; `restart`: the units that read it, one host at a time; `drain`: the node is drained first; `install`: only when a
 * host is installed; `immutable`: refused; `operator`: it never reaches the cluster. test/engine/changed-keys.test.ts holds each key to its word.
 */
export type Applied = 'live' | 'restart' | 'drain' | 'install' | 'immutable' | 'operator'

/** Metadata of a key: its text is the reference (`slipway explain`, cluster.example.yml, the JSON Schema). */
export const key = (applied: Applied, en: string, example?: unknown) => ({
  description: en,
  applied,
  ...(example === undefined ? {} : { example }),
})
