import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { applyPlan } from '../../src/run/carry-out.ts'
import { planOf } from '../../src/run/session.ts'
import { scenarioNamed } from '../engine/scenarios.ts'
import { fakeIo, options, sessionOf } from '../commands/support.ts'

test('after a failure it is the given command that goes on', async () => {
  const session = sessionOf(scenarioNamed('one-plane-cn'), () => [{ exit: 1 }])
  const { io, printed } = fakeIo()
  const home = await mkdtemp(join(tmpdir(), 'slipway-home-'))
  const command = "slipway up --bundle '/srv/a b.tar' --yes"
  expect(await applyPlan(planOf(session), session, options({ output: 'json' }), { ...io, home, command })).toBe(5)
  expect(printed.err).toContain(`To go on from here: ${command}\n`)
})
