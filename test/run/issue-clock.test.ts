import { X509Certificate } from 'node:crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { World } from '../../src/cluster/world.ts'
import type { Host } from '../../src/config/hosts.ts'
import { createVault } from '../../src/engine/vault.ts'
import type { Output, Transport } from '../../src/hosts/transport.ts'
import { kindOf } from '../../src/resources/index.ts'
import type { ObjectsResource } from '../../src/resources/types.ts'
import { datedVault, issueClock } from '../../src/run/issue-clock.ts'
import { clockProblems } from '../../src/run/operator-clock.ts'

const HOURS = 3_600_000
const HOSTS = 1_790_000_000
const world = { a: { now: HOSTS + 20 }, b: { now: HOSTS } } as unknown as World

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'] }))
afterEach(() => void vi.useRealTimers())

test.each([
  ['hours ahead', 8 * HOURS],
  ['a little behind', -HOURS],
  ['hours behind', -8 * HOURS],
  ['years behind', -10_000 * HOURS],
])('a clock of this machine that is %s has no say: the earliest of the hosts counts', (_, operator) => {
  vi.setSystemTime(HOSTS * 1000 + operator)
  const clock = issueClock(world)
  expect(clock()).toBe(HOSTS * 1000)
  vi.advanceTimersByTime(600_000)
  expect(clock()).toBe(HOSTS * 1000 + 600_000)
})

const SUPER: ObjectsResource = { kind: 'objects', name: 'bootstrap-rbac', manifest: '/x', as: 'system:masters' }
const planes = [{ key: 'a', roles: { controlPlane: true } }] as unknown as Host[]

/** From when to when the super-admin credential is valid, in hours of the host that checks it. */
const superAdmin = async (operator: number, step: number): Promise<number[]> => {
  vi.setSystemTime(HOSTS * 1000 + operator)
  const answers: Transport = {
    label: 'a',
    async *run(script): AsyncGenerator<Output, void> {
      if (script !== 'date +%s\n') throw new Error(`asked ${script}`)
      yield { stream: 'stdout', line: `${HOSTS + step / 1000}` }
      yield { exit: 0 }
    },
    [Symbol.asyncDispose]: async () => {},
  }
  const vault = datedVault((now) => createVault(async () => undefined, now), world, planes, new Map([['a', answers]]))
  const text = Object.values((await kindOf(SUPER).produce?.(SUPER, vault)) ?? {})[0] ?? ''
  const data = /client-certificate-data: "?([A-Za-z0-9+/=]+)/.exec(text)?.[1] ?? ''
  const { validFrom, validTo } = new X509Certificate(Buffer.from(data, 'base64').toString())
  return [validFrom, validTo].map((date) => (Date.parse(date) - HOSTS * 1000 - step) / HOURS)
}

test.each([-10_000, -8, -2, 0, 2, 8])(
  'the super-admin credential is valid where it is checked, with this machine %d h off',
  async (hours) => {
    expect(await superAdmin(hours * HOURS, 0)).toEqual([-1, 1])
  },
)

test.each([-8, 8])('and after chrony has set the clock of the host by %d h in the same run', async (hours) => {
  expect(await superAdmin(0, hours * HOURS)).toEqual([-1, 1])
})

test.each([
  [-7_260, 'behind', 'ahead of'],
  [7_260, 'ahead', 'behind'],
])('the clock of this machine is compared: hosts %d s off', (ahead, _, word) => {
  const [problem, ...more] = clockProblems({ a: { ahead }, b: { ahead: ahead + 1 }, c: { ahead: 0 } } as unknown as World)
  expect(more).toEqual([])
  expect(problem).toMatchObject({ severity: 'warning', what: { en: `the clock of this machine is 2 h ${word} the hosts'` } })
})

test('clocks that agree are not spoken of, nor where nobody compared', () => {
  expect(clockProblems({ a: { ahead: 20 } } as unknown as World)).toEqual([])
  expect(clockProblems(world)).toEqual([])
})
