import { describe, expect, test } from 'vitest'
import type { Change } from '../../src/engine/change.ts'
import { drainProblems, parseMovedPods, withPods } from '../../src/engine/drain-pods.ts'
import { drainOf } from '../../src/resources/drain.ts'
import { clusterOf } from './scenarios.ts'

const PODS = parseMovedPods(
  'w1 naked local default/one u1\nw1 made local default/two u2 going\nw1 made - default/three u3\nw2 naked - default/four u4\n',
)

const configWith = (input: string) =>
  clusterOf(
    `kubernetes_version: v1.36.3\nupgrade_strategy: {node_drain_input: ${input}}\nnodes: [{address: 10.0.0.11, role: [control-plane], hostname_override: cp1}]\n`,
  ).cluster.config

const drain = (input: string): Change => ({
  ...{ host: '10.0.0.11', phase: 'nodes', step: 'kubelet', id: 'drain w1' },
  difference: { verb: 'update', reason: { en: 'a reason', zh: '原因' } },
  want: drainOf(configWith(input), 'w1', '10.0.0.21'),
})

test('what a control plane lists', () => {
  expect(PODS.map(({ name, naked, local }) => [name, naked, local])).toEqual([
    ['default/one', true, true],
    ['default/two', false, true],
    ['default/three', false, false],
    ['default/four', true, false],
  ])
})

describe('the plan of a drain', () => {
  test('names the pods of that node that nothing makes again, and counts those with emptyDir data', () => {
    const { changes, problems } = withPods({ changes: [drain('{force: true}')], problems: [] }, PODS)
    expect(problems).toEqual([])
    expect(changes[0]?.difference).toEqual({
      verb: 'update',
      reason: { en: 'a reason; pods that lose their emptyDir data: 2', zh: '原因；将丢失 emptyDir 数据的 Pod：2 个' },
      diff: '-pod default/one (no controller makes it again)',
    })
  })

  test('by default such pods stop the run before anything is touched, with the key that would let them go', () => {
    const { problems } = withPods({ changes: [drain('{}')], problems: [] }, PODS)
    expect(problems.map(({ at, what, exit }) => [at, what.en, exit])).toEqual([
      ['w1', 'no controller makes these pods again after a drain: default/one', 3],
    ])
    expect(problems[0]?.fix.en).toContain('upgrade_strategy.node_drain_input.force')
  })

  test('emptyDir data stop it only where the file says so', () => {
    const want = drainOf(configWith('{force: true, delete_local_data: false}'), 'w1', '10.0.0.21')
    expect(drainProblems(want, PODS).map(({ what }) => what.en)).toEqual([
      'a drain would delete the emptyDir data of these pods: default/one, default/two',
    ])
  })

  test('nothing to say: the plan as it was', () => {
    const plan = { changes: [drain('{}')], problems: [] }
    expect(withPods(plan, [])).toEqual(plan)
  })
})
