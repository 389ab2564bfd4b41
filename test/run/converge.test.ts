import { PassThrough } from 'node:stream'
import { afterEach, expect, test, vi } from 'vitest'
import { converge } from '../../src/run/converge.ts'
import type { Bundle } from '../../src/delivery/bundle.ts'
import type { World } from '../../src/cluster/world.ts'
import { refusal } from '../../src/problem.ts'
import { scenarioNamed } from '../engine/scenarios.ts'
import { converge as installed } from '../engine/support.ts'
import { fakeIo, options, sessionOf } from '../commands/support.ts'

const scenario = scenarioNamed('one-plane-cn')
const untouched = () => sessionOf(scenario, () => expect.fail('nothing may run'))
const silent = refusal('root@10.0.0.22:22', { en: 'no answer', zh: '没有响应' }, { en: '', zh: '' }, 4)

/** A world in which one of the workers does not answer. */
const without = ({ '10.0.0.22': _, ...world }: World): World => world

afterEach(() => void vi.restoreAllMocks())

test('without a terminal and without --yes: the plan, and 2', async () => {
  const { io, printed } = fakeIo()
  expect(await converge(untouched(), options({}), io)).toBe(2)
  expect(printed.err).toMatch(/^Plan: \d+ to create/m)
  expect(printed.err).toMatch(/add --yes\.\n$/)
})

test('who is asked has seen the plan, also with -o json', async () => {
  const terminal = () => Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 })
  const [input, output] = [terminal(), terminal()]
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(input as unknown as typeof process.stdin)
  vi.spyOn(process, 'stderr', 'get').mockReturnValue(output as unknown as typeof process.stderr)
  output.once('data', () => setImmediate(() => input.write('n\n')))
  const { io, printed } = fakeIo()
  expect(await converge(untouched(), options({ output: 'json' }), { ...io, interactive: true })).toBe(130)
  expect(printed.out).toBe('')
  expect(printed.err).toMatch(/^Plan: \d+ to create/m)
})

test('a first install without one of its hosts: -o json says so on stdout', async () => {
  const session = sessionOf({ ...scenario, world: without(scenario.world) }, () => expect.fail('nothing may run'))
  const { io, printed } = fakeIo()
  expect(await converge({ ...session, problems: [silent] }, options({ output: 'json', yes: true }), io)).toBe(4)
  expect(JSON.parse(printed.out)).toMatchObject({ problems: expect.arrayContaining([silent]) })
})

test('hosts that could not be reached: the same command is for them when they are back', async () => {
  const { world } = installed(scenario.cluster, scenario.hosts, without(scenario.world))
  const session = sessionOf({ ...scenario, world }, () => expect.fail('nothing may run'))
  const { io, printed } = fakeIo()
  expect(await converge({ ...session, problems: [silent] }, options({}), { ...io, command: 'slipway certs renew' })).toBe(4)
  expect(printed.err).toContain('When they are back: slipway certs renew\n')
  // Nothing is claimed of what was not looked at.
  expect(printed.err).toContain('No changes. The hosts that answered are as cluster.yml says.\n')
  expect(printed.err).not.toContain('The hosts are as cluster.yml says')
})

test.each(['text', 'json'] as const)('what the bundle lacks stops a run before a host that does not answer does: -o %s', async (output) => {
  const bundle: Bundle = {
    path: 'lab.tar',
    store: { size: async () => undefined, open: () => expect.fail('nothing is there') },
    contents: { format: 1, slipway: '0.1.0', kubernetes: ['1.36.3'], systems: {}, blobs: {} },
    resolved: {},
  }
  const session = sessionOf(scenarioNamed('pushed'), () => expect.fail('nothing may run'))
  const { io, printed } = fakeIo()
  expect(await converge({ ...session, bundle, problems: [silent] }, options({ output, yes: true }), io)).toBe(2)
  expect(printed.err).toContain('root@10.0.0.22:22: no answer.\n')
  const lacks = 'the bundle does not hold packages debian-12-amd64'
  if (output === 'text') expect(printed.err).toContain(`lab.tar: ${lacks}. `)
  else expect(JSON.parse(printed.out).problems[0]).toMatchObject({ at: 'lab.tar', what: { en: lacks } })
})
