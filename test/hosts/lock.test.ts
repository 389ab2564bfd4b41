import { expect, test } from 'vitest'
import { type Lock, takeLock } from '../../src/hosts/lock.ts'
import { lost } from '../../src/hosts/problems.ts'
import type { Output, Transport } from '../../src/hosts/transport.ts'
import { ProblemError, refusal } from '../../src/problem.ts'

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

const TOO_FEW = refusal('cluster.yml', { en: 'too few', zh: '不足' }, { en: 'Wait.', zh: '请等待。' }, 4)

const taken = async (planes: readonly Plane[], leaving?: Plane): Promise<Lock> => {
  const lock = await takeLock(
    planes.map(({ transport }) => ({ key: transport.label, transport })),
    {
      name: 'cluster',
      owner: OWNER,
      shortage: (keys) => (keys.length > planes.length / 2 ? undefined : TOO_FEW),
      ...(leaving ? { leaving: leaving.transport.label } : {}),
    },
  )
  if ('what' in lock) throw new Error(`${lock.exit} ${lock.what.en}. ${lock.fix.en}`)
  return lock
}
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))
const count = (planes: readonly Plane[]): number => planes.filter(({ state }) => !state.free).length
const problemIn = ({ lost }: Lock) => (lost.reason as ProblemError | undefined)?.problem

test('every one is held, until it is released', async () => {
  const planes = ['a', 'b', 'c'].map((name) => plane(name))
  const lock = await taken(planes)
  expect(lock.hosts).toEqual(['a', 'b', 'c'])
  expect(count(planes)).toBe(3)
  await lock.release()
  expect(count(planes)).toBe(0)
  expect(lock.lost.aborted).toBe(false)
})

test('what was taken is let go when another run has one of them, be it the last', async () => {
  const planes = [plane('a'), plane('b'), plane('c', 'busy you@there')]
  await expect(taken(planes)).rejects.toThrow('4 another run is working on this cluster: you@there')
  expect(count(planes)).toBe(0)
})

test('a host whose lock cannot be taken says why, and is not taken for another run', async () => {
  const broken = plane('b', '')
  broken.transport.run = async function* () {
    yield { stream: 'stderr', line: 'mkdir: cannot create directory ‘/run/slipway’: Read-only file system' }
    yield { exit: 1 }
  }
  const planes = [plane('a'), broken]
  await expect(taken(planes)).rejects.toThrow(
    '3 its lock cannot be taken: mkdir: cannot create directory ‘/run/slipway’: Read-only file system',
  )
  expect(count(planes)).toBe(0)
})

test('a host that goes away is done without, and the run goes on', async () => {
  const planes = ['a', 'b', 'c'].map((name) => plane(name))
  const lock = await taken(planes)
  planes[0]?.end('gone')
  await settled()
  expect(planes.map(({ state }) => state.free)).toEqual([true, false, false])
  expect(lock.lost.aborted).toBe(false)
  await lock.release()
  expect(count(planes)).toBe(0)
})

test('one that goes away while it is asked is done without; too few are no lock', async () => {
  const away = (name: string): Plane => {
    const one = plane(name)
    // biome-ignore lint/correctness/useYield: it breaks before it says anything.
    one.transport.run = async function* () {
      throw lost(name)
    }
    return one
  }
  const lock = await taken([plane('a'), away('b'), plane('c')])
  expect(lock.hosts).toEqual(['a', 'c'])
  await lock.release()
  const planes = [plane('a'), away('b')]
  await expect(taken(planes)).rejects.toThrow(lost('b').problem.what.en)
  expect(count(planes)).toBe(0)
})

test('when too few are left, the lock is lost', async () => {
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

test('after a silence it is lost, whoever else is held: another run may have come and gone', async () => {
  const planes = ['a', 'b', 'c'].map((name) => plane(name))
  const lock = await taken(planes)
  planes[0]?.end('silent')
  await settled()
  expect(problemIn(lock)?.what.en).toContain('nothing was heard of this run for 30 s')
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
