// The second run: nothing changes, nothing restarts, nothing is written.
import { beforeAll, expect, test } from 'vitest'
import { HOSTS, installed, markSsh, on, onAll, Operator, units, visitsSince } from './lab.ts'
import { difference, SAME, traces, tracesAtRest } from './snapshot.ts'

let operator: Operator
beforeAll(async () => {
  operator = new Operator()
  await installed(operator)
})

/** The locks lie in memory, where `traces` does not look. */
const locks = (): Promise<string> => on('cp1', "stat -c '%n %Y %Z %i' /run/slipway/*.lock /run/slipway/*.owner 2>/dev/null || true")

test('up changes nothing: one connection and at most two executions, no unit restarted, no file touched, no lock taken', async () => {
  // At rest first: the pods of the file before this one, or of the first install's own check, have only just gone.
  const before = { traces: await onAll(tracesAtRest), units: await onAll(units), locks: await locks(), ssh: await markSsh() }
  const { exit, stderr } = await operator.up()
  const visits = await visitsSince(before.ssh)
  expect(exit, stderr).toBe(0)
  expect(stderr).toContain('No changes')
  const after = { units: await onAll(units), traces: await onAll(traces), locks: await locks() }
  for (const host of HOSTS) {
    expect(visits[host].connections, host).toBe(1)
    expect(visits[host].executions, host).toBeLessThanOrEqual(2)
    expect(after.units[host]).toBe(before.units[host])
    expect(difference(before.traces[host], after.traces[host])).toEqual(SAME)
    const inventory = (await on(host, "sed -n 's/^file //p' /var/lib/slipway/inventory")).split('\n')
    expect(inventory.length).toBeGreaterThan(20)
  }
  expect(before.locks).toContain('/run/slipway/cluster.lock')
  expect(after.locks).toBe(before.locks)
  console.log(visits)
})

test('plan agrees: exit 0 with --exit-code, and its JSON is one document', async () => {
  const text = await operator.run('plan', '--exit-code')
  expect(text.exit, text.stdout).toBe(0)
  const json = await operator.run('plan', '-o', 'json')
  expect(json.exit).toBe(0)
  expect(JSON.parse(json.stdout)).toEqual({ changes: [], problems: [] })
  expect(json.stdout.trim().split('\n')).toHaveLength(1)
})

test('check finds the hosts fit, and with a cluster on them too', async () => {
  const { exit, stderr } = await operator.run('check')
  expect(exit, stderr).toBe(0)
})
