import { expect, test } from 'vitest'
import type { Session } from '../../src/run/session.ts'
import { underLock } from '../../src/run/under-lock.ts'
import { lost } from '../../src/hosts/problems.ts'
import type { Output, Transport } from '../../src/hosts/transport.ts'
import { scenarioNamed } from '../engine/scenarios.ts'
import { fakeIo, options, sessionOf } from '../commands/support.ts'

const { cluster, hosts, world } = scenarioNamed('single-node')
const [key = ''] = Object.keys(world)

/** A session with a cluster's only control plane, and what breaks the connection to it. */
const session = () => {
  const { promise, reject } = Promise.withResolvers<never>()
  const transport: Transport = {
    label: key,
    async *run(_, { input } = {}): AsyncGenerator<Output, void> {
      yield { stream: 'stdout', line: 'held' }
      const released = (async () => {
        for await (const _ of input ?? []);
      })()
      await Promise.race([promise, released])
    },
    [Symbol.asyncDispose]: async () => {},
  }
  const seen = {
    intent: { config: cluster.config, hosts },
    fleet: { transports: new Map([[key, transport]]), problems: [] },
    world,
    problems: [],
  } as unknown as Session
  return { seen, end: () => reject(lost(key)) }
}

/** Work that begins one thing after the other, until it may not. */
const forever = async (signal: AbortSignal): Promise<never> => {
  for (;;) {
    signal.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

test.each(['en', 'zh'] as const)('a run that lost the lock begins nothing more, and says why (%s)', async (language) => {
  const { io, printed } = fakeIo(language)
  const { seen, end } = session()
  const exit = underLock(seen, options({}), io, async ({ signal }) => {
    end()
    return forever(signal)
  })
  expect(await exit).toBe(4)
  expect(printed.err).toContain(language === 'en' ? 'the lock on the cluster was lost with this host' : '失去了集群锁')
})

test('work that takes its host down goes on', async () => {
  const { seen, end } = session()
  const work = async ({ signal }: { signal: AbortSignal }): Promise<number> => {
    end()
    await new Promise((resolve) => setTimeout(resolve, 20))
    signal.throwIfAborted()
    return 0
  }
  expect(await underLock(seen, options({}), fakeIo().io, work, { leaving: key })).toBe(0)
})

test('Ctrl-C stays what it is, and so does any other error', async () => {
  const { io } = fakeIo()
  const interrupt = new AbortController()
  const running = underLock(session().seen, options({}), { ...io, signal: interrupt.signal }, ({ signal }) => forever(signal))
  interrupt.abort(new Error('SIGINT'))
  await expect(running).rejects.toThrow('SIGINT')
  await expect(underLock(session().seen, options({}), io, () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug')
})

const isLock = (script: string): boolean => script.includes('flock -n 8')
const said = (line: string): Output => ({ stream: 'stdout', line })

test('the lock tells others the command that holds it', async () => {
  const scripts: string[] = []
  const seen = sessionOf(scenarioNamed('single-node'), (script) => {
    scripts.push(script)
    return isLock(script) ? [said('held'), { exit: 0 }] : undefined
  })
  expect(await underLock(seen, options({}), { ...fakeIo().io, command: 'slipway certs renew -f lab.yml' }, async () => 0)).toBe(0)
  expect(scripts).toHaveLength(1)
  expect(scripts[0]).toContain(`(slipway certs renew -f lab.yml, run ${process.pid})`)
})

test('somebody else holds it: -o json says so on stdout', async () => {
  const seen = sessionOf(scenarioNamed('single-node'), (script) =>
    isLock(script) ? [said('busy eve@desk (slipway up, run 7)'), { exit: 75 }] : undefined,
  )
  const { io, printed } = fakeIo()
  expect(await underLock(seen, options({ output: 'json' }), io, () => expect.fail('without the lock'))).toBe(4)
  expect(JSON.parse(printed.out).problems).toMatchObject([{ what: { en: expect.stringContaining('eve@desk (slipway up, run 7)') } }])
  expect(printed.err).toBe('')
})
