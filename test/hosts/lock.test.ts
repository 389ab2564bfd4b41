import { expect, test } from 'vitest'
import { type Lock, takeLock } from '../../src/hosts/lock.ts'
import { lost } from '../../src/hosts/problems.ts'
import type { Output, Transport } from '../../src/hosts/transport.ts'
import { ProblemError } from '../../src/problem.ts'

const OWNER = { who: 'me', from: 'here', run: '1', command: 'slipway up' }

/** A control plane that gives its lock away until its end: by our release, by its own silence rule, or by its connection's. */
const plane = (name: string, first = 'held') => {
  const { promise: end, resolve } = Promise.withResolvers<'silent' | 'gone'>()
  const state = { taken: 0, free: true }
  const transport: Transport = {
    label: name,
    async *run(_, { input } = {}): AsyncGenerator<Output, void> {
      state.taken++
      yield { stream: 'stdout', line: first }
      if (first !== 'held') return yield { exit: 75 }
      state.free = false
      const released = (async () => {
        for await (const _ of input ?? []);
        return 'released' as const
      })()
      const how = await Promise.race([end, released])
      state.free = true
      if (how === 'gone') throw lost(name)
      if (how === 'silent') yield { stream: 'stdout', line: 'silent' }
      yield { exit: 0 }
    },
    [Symbol.asyncDispose]: async () => {},
  }
  return { transport, state, end: resolve }
}
type Plane = ReturnType<typeof plane>

const taken = async (planes: readonly Plane[], leaving?: Plane): Promise<Lock> => {
  const lock = await takeLock(
    planes.map(({ transport }) => transport),
    planes.length,
    'lab',
    OWNER,
    leaving?.transport,
  )
  if ('what' in lock) throw new Error(lock.what.en)
  return lock
}
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))
const count = (planes: readonly Plane[]): number => planes.filter(({ state }) => !state.free).length
const problemIn = ({ lost }: Lock) => (lost.reason as ProblemError | undefined)?.problem

test('a majority is held, until it is released', async () => {
  const planes = ['a', 'b', 'c'].map((name) => plane(name))
  const lock = await taken(planes)
  expect(lock.hosts).toEqual(['a', 'b'])
  expect(planes.map(({ state }) => state.free)).toEqual([false, false, true])
  await lock.release()
  expect(count(planes)).toBe(0)
  expect(lock.lost.aborted).toBe(false)
})

test('what was taken is let go when another run has one of them', async () => {
  const planes = [plane('a'), plane('b', 'busy you@there'), plane('c')]
  await expect(taken(planes)).rejects.toThrow('another run is working on this cluster: you@there')
  expect(count(planes)).toBe(0)
})

test('a host that goes away is replaced, and the run goes on', async () => {
  const planes = ['a', 'b', 'c'].map((name) => plane(name))
  const lock = await taken(planes)
  planes[0]?.end('gone')
  await settled()
  expect(planes.map(({ state }) => state.free)).toEqual([true, false, false])
  expect(lock.lost.aborted).toBe(false)
  await lock.release()
  expect(count(planes)).toBe(0)
})

test('when nothing is left to replace one with, the lock is lost', async () => {
  const planes = ['a', 'b', 'c'].map((name) => plane(name))
  const lock = await taken(planes)
  planes[0]?.end('gone')
  await settled()
  planes[2]?.end('gone')
  await settled()
  expect(lock.lost.reason).toBeInstanceOf(ProblemError)
  expect(problemIn(lock)).toMatchObject({ at: 'c', exit: 4, what: { en: expect.stringContaining('was lost with this host') } })
  await lock.release()
})

test('another run that has the spare one has got it', async () => {
  const planes = [plane('a'), plane('b'), plane('c', 'busy you@there')]
  const lock = await taken(planes)
  planes[1]?.end('gone')
  await settled()
  expect(problemIn(lock)?.at).toBe('b')
  await lock.release()
})

test('after a silence it is lost, whoever could be asked: another run may have come and gone', async () => {
  const planes = ['a', 'b', 'c'].map((name) => plane(name))
  const lock = await taken(planes)
  planes[0]?.end('silent')
  await settled()
  expect(problemIn(lock)?.what.en).toContain('nothing was heard of this run for 30 s')
  expect(planes[2]?.state.taken).toBe(0)
  await lock.release()
})

test.each([
  ['the only one', 1],
  ['one of two', 2],
])('a host that the run itself takes down costs nothing: %s', async (_, many) => {
  const planes = ['a', 'b'].slice(0, many).map((name) => plane(name))
  const [leaving] = planes
  const lock = await taken(planes, leaving)
  leaving?.end('gone')
  await settled()
  expect(lock.lost.aborted).toBe(false)
  planes[1]?.end('gone')
  await settled()
  expect(lock.lost.aborted).toBe(many === 2)
  await lock.release()
})
