import { expect, test } from 'vitest'
import { LIMITS, RequestError, statusError, tooSlow } from '../../src/net/limits.ts'
import { createPersistence } from '../../src/net/persistence.ts'

const MIB = 1024 * 1024
const broken = new RequestError('the transfer broke off', { mend: true })
const gone = new RequestError('ENOTFOUND', { hard: true })

/** What is decided after each try: [error, bytes that it brought, seconds that it took]. */
const run = (tries: readonly (readonly [RequestError, number, number])[]): string[] => {
  let [size, time] = [0, 0]
  const next = createPersistence(0, LIMITS, () => time)
  return tries.map(([error, bytes, seconds]) => {
    const had = size
    size += bytes
    time += seconds * 1000
    return next(error, had, size)
  })
}

test('a line that brings something each time is never given up', () => {
  expect(new Set(run(Array.from({ length: 100 }, () => [broken, MIB, 3])))).toEqual(new Set(['again']))
})

test('two requests in a row that bring nothing are enough; one that brings something begins the count anew', () => {
  expect(
    run([
      [broken, 0, 1],
      [broken, 0, 1],
    ]),
  ).toEqual(['pause', 'stop'])
  expect(
    run([
      [broken, 0, 1],
      [broken, MIB, 1],
      [broken, 0, 1],
      [broken, MIB, 1],
      [broken, 0, 1],
      [broken, 0, 1],
    ]),
  ).toEqual(['pause', 'again', 'pause', 'again', 'pause', 'stop'])
})

test('what was never reached is not asked again; what was lost on the way may come back', () => {
  expect(run([[gone, 0, 1]])).toEqual(['stop'])
  expect(
    run([
      [broken, MIB, 1],
      [gone, 0, 1],
      [gone, 0, 1],
    ]),
  ).toEqual(['again', 'pause', 'stop'])
  expect(
    run([
      [broken, MIB, 1],
      [statusError(404), 0, 1],
    ]),
  ).toEqual(['again', 'stop'])
})

test('a stall after progress is a break; a trickle is too slow, at once or later, and so is a break after every byte', () => {
  expect(
    run([
      [tooSlow('only 0 bytes'), 20 * MIB, 12],
      [tooSlow('only 0 bytes'), 20 * MIB, 12],
    ]),
  ).toEqual(['again', 'again'])
  expect(run([[tooSlow('only 10240 bytes'), 10_240, 10]])).toEqual(['stop'])
  expect(
    run([
      [tooSlow('only 0 bytes'), 20 * MIB, 12],
      [tooSlow('only 10240 bytes'), 10_240, 10],
    ]),
  ).toEqual(['again', 'stop'])
  expect(run(Array.from({ length: 12 }, () => [broken, 1, 1] as const)).at(-1)).toBe('stop')
})
