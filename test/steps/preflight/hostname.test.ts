import { expect, test } from 'vitest'
import { plan } from '../../../src/engine/plan.ts'
import { scenarioNamed } from '../../engine/scenarios.ts'
import { WORKER, stops } from './support.ts'

stops([['a name that is none', WORKER, { hostname: 'chen-PC' }, /calls itself "chen-PC"/, 3]])

test('a bad name of a host whose Node has a good one', () => {
  const one = scenarioNamed('one-plane-cn')
  expect(plan(one.cluster, one.hosts, one.world).problems).toMatchObject([{ severity: 'warning', at: 'root@10.0.0.11:22' }])
})
