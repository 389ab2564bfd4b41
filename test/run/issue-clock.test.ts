import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { issueClock } from '../../src/run/issue-clock.ts'
import type { World } from '../../src/cluster/world.ts'

const HOURS = 3_600_000
const HOSTS = 1_790_000_000
const world = { a: { now: HOSTS + 20 }, b: { now: HOSTS } } as unknown as World

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'] }))
afterEach(() => void vi.useRealTimers())

test.each([
  ['ahead: the earliest of the hosts', 8 * HOURS, 0],
  ['a little behind: this machine', -HOURS, -HOURS],
  ['years behind: a day before the hosts', -10_000 * HOURS, -24 * HOURS],
])('a clock that is %s', (_, operator, dated) => {
  vi.setSystemTime(HOSTS * 1000 + operator)
  const clock = issueClock(world)
  expect(clock()).toBe(HOSTS * 1000 + dated)
  vi.advanceTimersByTime(600_000)
  expect(clock()).toBe(HOSTS * 1000 + dated + 600_000)
})
