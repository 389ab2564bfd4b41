import { describe, expect, test } from 'vitest'
import { defragSession } from '../../../src/commands/etcd/defrag.ts'
import type { EtcdFact } from '../../../src/hosts/facts.ts'
import { scenarioNamed } from '../../engine/scenarios.ts'
import { rotation } from '../../engine/support.ts'
import { fakeIo, options, sessionOf } from '../support.ts'

const { cluster, hosts, world } = scenarioNamed('one-plane-cn')
const installed = rotation(cluster, hosts, world)
const MIB = 1024 * 1024

/** One member with this etcd, whose file has `after` MiB once it is defragmented. */
const run = async (etcd: EtcdFact, after: number) => {
  const asked: string[] = []
  const seen = Object.fromEntries(
    Object.entries(installed).map(([key, facts]) => [key, facts.etcdMembers.length > 0 ? { ...facts, etcd } : facts]),
  )
  const session = sessionOf({ cluster, hosts, world: seen }, (script) => {
    if (/flock -n 8/.test(script)) return [{ stream: 'stdout', line: 'held' }, { exit: 0 }]
    const word = (['compact --physical', 'alarm disarm', ' defrag >'] as const).find((one) => script.includes(one))
    if (!word) return expect.fail(`an unknown script: ${script}`)
    asked.push(word)
    return [...(word === ' defrag >' ? [{ stream: 'stdout' as const, line: `DBSize ${after * MIB}` }] : []), { exit: 0 }]
  })
  const { io, printed } = fakeIo()
  const exit = await defragSession(session, options({ yes: true }), io)
  return { exit, asked, said: printed.err }
}

const full: EtcdFact = { leader: true, size: 100 * MIB, inUse: 99 * MIB, quota: 100 * MIB, alarms: ['NOSPACE'] }

describe('etcd defrag', () => {
  test('full of history: compacted, given back, the alarm goes', async () => {
    const { exit, asked, said } = await run(full, 10)
    expect(said).toContain('The NOSPACE alarm is off.')
    expect([exit, asked]).toEqual([0, ['compact --physical', ' defrag >', 'alarm disarm']])
  })

  test('full of objects: the alarm stays, and it is said what helps', async () => {
    const { exit, asked, said } = await run(full, 98)
    expect([exit, asked]).toEqual([5, ['compact --physical', ' defrag >']])
    expect(said).toContain('its etcd holds 98.0 MiB of 100.0 MiB also without history, so the NOSPACE alarm stays')
    expect(said).toContain('quota-backend-bytes')
  })

  test('without an alarm nothing is compacted', async () => {
    expect((await run({ ...full, size: 50 * MIB, inUse: 49 * MIB, alarms: [] }, 50)).asked).toEqual([])
  })
})
