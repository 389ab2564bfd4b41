import type { Facts } from './facts.ts'
import { clusterFacts } from './facts/cluster.ts'
import { machineFacts } from './facts/machine.ts'
import { networkFacts } from './facts/network.ts'
import { pathFacts } from './facts/paths.ts'
import { systemFacts } from './facts/system.ts'
import { rowsOf } from './probe-rows.ts'

/**
 * Reads what probe.sh printed. Throws when the output is cut off (its last line is missing), so that half a host is never
 * taken for a whole one.
 */
export const parseFacts = async (output: string): Promise<Facts> => {
  const rows = rowsOf(output)
  if (rows.one('end') !== 'ok') throw new Error('the probe was cut off before its end')
  return {
    now: Number(rows.one('now')),
    uid: Number(rows.one('uid')),
    ...machineFacts(rows),
    ...networkFacts(rows),
    ...systemFacts(rows),
    ...clusterFacts(rows),
    paths: await pathFacts(rows),
  }
}
