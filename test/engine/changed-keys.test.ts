import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rows } from '../../src/config/explain.ts'
import type { Applied } from '../../src/config/schema/key.ts'
import { plan, simulate } from '../../src/engine/plan.ts'
import type { Plan } from '../../src/engine/change.ts'
import { changedKeysPage } from './changed-keys-doc.ts'
import { planAfter, planUnchanged, ROWS, type Row, scenarioOf } from './changed-keys.ts'
import { changesFor, converge, inOrder, namesOf } from './support.ts'

// What a change of each key does to a cluster that runs. The two files are written by this test (vitest -u) and read as diffs.

const KEYS = rows().filter(({ type }) => type.en !== 'a list of maps')
/** Keys that hold nothing but other keys: a change is always a change of one of those. */
const isMap = (path: string): boolean => KEYS.some((row) => row.path.startsWith(`${path}.`))
const appliedOf = (key: string): Applied => {
  const row = rows().find(({ path }) => path === key)
  if (!row) throw new Error(`the schema has no key ${key}`)
  return row.applied
}

const errors = ({ problems }: Plan) => problems.filter(({ severity }) => severity === 'error')
const restarts = ({ changes }: Plan) =>
  changes.filter(({ want, difference }) => want.kind === 'unit' && ['restart', 'reload'].includes(difference.verb))
const drains = ({ changes }: Plan) => changes.filter(({ want }) => want.kind === 'drain')

/** What each way of being applied promises. */
const HOLDS: Readonly<Record<Applied, (plan: Plan) => boolean>> = {
  operator: (plan) => plan.changes.length === 0 && errors(plan).length === 0,
  install: (plan) => plan.changes.every(({ want }) => !['unit', 'drain', 'objects'].includes(want.kind)) && errors(plan).length === 0,
  live: (plan) => restarts(plan).length === 0 && drains(plan).length === 0 && errors(plan).length === 0,
  restart: (plan) => restarts(plan).length > 0 && drains(plan).length === 0 && errors(plan).length === 0,
  drain: (plan) => restarts(plan).length > 0 && drains(plan).length > 0 && errors(plan).length === 0,
  immutable: (plan) => plan.changes.length === 0 && errors(plan).length > 0 && errors(plan).every(({ exit }) => exit === 2),
}

const NAMES: Readonly<Record<string, string>> = {
  '10.0.0.11': 'cp1',
  '10.0.0.12': 'cp2',
  '10.0.0.112': 'cp2',
  '10.0.0.13': 'cp3',
  '10.0.0.21': 'w1',
  '10.0.0.121': 'w1',
  '10.0.0.22': 'w2',
}
const nameOf = (host: string): string => NAMES[host.replace(/:\d+$/, '')] ?? host

/** Lines with the hosts that share them, in the order of the plan. */
const grouped = (lines: readonly (readonly [host: string, line: string])[]): string[] =>
  [...new Set(lines.map(([, line]) => line))].map((line) => {
    const hosts = [...new Set(lines.filter(([, other]) => other === line).map(([host]) => nameOf(host)))]
    return `${hosts.join(' ')}: ${line}`
  })

const exact = (row: Row): string => {
  const plan = planAfter(row)
  const refused = errors(plan).map(({ at, what, fix, exit }) => `  refused, exit ${exit}: ${at}: ${what.en}. ${fix.en}`)
  const changes = grouped(plan.changes.map(({ host, id, difference }) => [host, `${difference.verb} ${id}`]))
  const lines = [...refused, ...changes.map((line) => `  ${line}`)]
  return [`${row.key}: ${row.change} [${appliedOf(row.key)}]`, ...(lines.length > 0 ? lines : ['  nothing']), ''].join('\n')
}

test('the cluster that is changed is one that needs no change', () => {
  const { changes, problems } = planUnchanged()
  expect(changes.map(({ host, id, difference }) => `${host} ${id}: ${difference.reason.en}`)).toEqual([])
  expect(problems).toEqual([])
})

test('every key has a row', () => {
  const missing = KEYS.map(({ path }) => path).filter((path) => !isMap(path) && !ROWS.some(({ key }) => key === path))
  expect(missing).toEqual([])
})

describe('a change is applied as the schema says', () => {
  test.each(ROWS.map((row) => [row.key, row.change, row] as const))('%s: %s', (key, _, row) => {
    const plan = planAfter(row)
    const told = [
      ...errors(plan).map(({ what }) => what.en),
      ...plan.changes.map(({ host, id, difference }) => `${nameOf(host)} ${difference.verb} ${id}`),
    ]
    const applied = row.refused ? 'immutable' : appliedOf(key)
    expect(HOLDS[applied](plan), `${applied}:\n${told.join('\n')}`).toBe(true)
  })
})

describe('once it is done there is nothing left to do, wherever a run was stopped before', () => {
  test.each(
    ROWS.filter(({ refused, key }) => !refused && appliedOf(key) !== 'immutable').map((row) => [row.key, row.change, row] as const),
  )('%s: %s', (_, __, row) => {
    const { cluster, hosts, world } = scenarioOf(row)
    const changes = inOrder(changesFor(cluster, hosts, world))
    const undisturbed = simulate(world, changes)
    expect(namesOf(plan(cluster, hosts, undisturbed).changes)).toEqual([])
    // Of the others plan.property.test.ts asks the same.
    if (!row.key.startsWith('nodes[]')) return
    for (let done = 1; done < changes.length; done += changes.length > 30 ? 5 : 1)
      expect(converge(cluster, hosts, simulate(world, changes.slice(0, done))).world, `after ${changes[done - 1]?.id}`).toEqual(undisturbed)
  })
})

test('exactly this is done', async () => {
  await expect(ROWS.map(exact).join('\n')).toMatchFileSnapshot(join(import.meta.dirname, '../golden/changed-keys.txt'))
})

test.each(['en', 'zh'] as const)('the page of the guide says it (%s)', async (language) => {
  const rows = ROWS.map((row) => ({ ...row, applied: appliedOf(row.key), plan: planAfter(row) }))
  const path = join(import.meta.dirname, '../../docs/guide', language === 'zh' ? 'changed-keys.zh.md' : 'changed-keys.md')
  await expect(changedKeysPage(rows, nameOf, language)).toMatchFileSnapshot(path)
})
