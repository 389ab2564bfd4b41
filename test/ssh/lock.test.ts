import { Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type Lock, takeLock } from '../../src/hosts/lock.ts'
import { capture, type Transport } from '../../src/hosts/transport.ts'
import type { ProblemError } from '../../src/problem.ts'
import { startHost, until } from './sshd.ts'

const CLUSTER = `lock-test-${process.pid}`

let host: Awaited<ReturnType<typeof startHost>>
let transport: Transport
let other: Transport
let sockets: readonly Socket[]

beforeAll(async () => {
  host = await startHost()
})
afterAll(() => host.stop())
beforeEach(async () => {
  const noDelay = vi.spyOn(Socket.prototype, 'setNoDelay')
  transport = await host.login()
  sockets = [...(noDelay.mock.contexts as Socket[])]
  other = await host.login()
  vi.restoreAllMocks()
})
afterEach(async () => {
  await capture(other, `rm -f /run/slipway/${CLUSTER}.*`)
  await Promise.all([transport, other].map((one) => one[Symbol.asyncDispose]()))
})

const take = (through: Transport, leaving?: Transport) =>
  takeLock([{ key: 'a', transport: through }], {
    name: CLUSTER,
    owner: { who: 'me', from: 'here', run: '1', command: 'slipway up' },
    ...(leaving ? { leaving: 'a' } : {}),
  })
const held = async (through: Transport, leaving?: Transport): Promise<Lock> => {
  const lock = await take(through, leaving)
  if ('what' in lock) throw new Error(lock.what.en)
  return lock
}
const problemIn = ({ lost }: Lock) => (lost.reason as ProblemError | undefined)?.problem

/** What a host does after 30 s without a heartbeat: timeout(1), once it waits for one, is told that its time is over. */
const SILENCE = `for _ in $(seq 80); do
	sleep 0.1
	for fd in /proc/[0-9]*/fd/8; do
		[ "$(readlink "$fd")" = /run/slipway/${CLUSTER}.lock ] || continue
		pid=\${fd%/fd/8}
		if [ "$(cat "$pid/comm")" = timeout ]; then kill -s ALRM "\${pid#/proc/}" && exit; fi
	done
done
exit 1`

test('is held against others until it is released', async () => {
  const lock = await held(transport)
  expect(await take(other)).toMatchObject({ exit: 4, what: { en: expect.stringContaining('me@here (slipway up, run 1) since ') } })
  await lock.release()
  expect(lock.lost.aborted).toBe(false)
  await (await held(other)).release()
})

test('says why it cannot be taken, where no other run has it', async () => {
  await capture(other, `mkdir -p /run/slipway/${CLUSTER}.lock`)
  const refused = await take(transport)
  await capture(other, `rmdir /run/slipway/${CLUSTER}.lock`)
  expect(refused).toMatchObject({
    exit: 3,
    what: { en: expect.stringMatching(/^its lock cannot be taken: .*(Is a directory|cannot create)/) },
  })
  await (await held(transport)).release()
})

test('is lost when another run took it while its host heard nothing of this one, although the connection is there', async () => {
  const lock = await held(transport)
  expect(await capture(other, SILENCE)).toMatchObject({ exit: 0 })
  let next: Lock | undefined
  await until('the lock is let go', async () => {
    const taken = await take(other)
    if (!('what' in taken)) next = taken
    return next !== undefined
  })
  await until('the lock is lost', () => lock.lost.aborted)
  expect(problemIn(lock)).toMatchObject({ exit: 4, what: { en: expect.stringContaining('nothing was heard of this run for 30 s') } })
  expect((await capture(transport, 'echo here')).stdout).toBe('here\n')
  await lock.release()
  expect(await take(transport)).toMatchObject({ exit: 4, what: { en: expect.stringContaining('me@here') } })
  await next?.release()
})

test('is not lost when the heartbeat was only late and nobody else came', async () => {
  const lock = await held(transport)
  expect(await capture(other, SILENCE)).toMatchObject({ exit: 0 })
  // The next heartbeat comes within 5 s.
  await new Promise((resolve) => setTimeout(resolve, 8000))
  expect(lock.lost.aborted).toBe(false)
  expect(await take(other)).toMatchObject({ exit: 4 })
  await lock.release()
  await (await held(other)).release()
}, 20_000)

test('is lost with the only connection', async () => {
  const lock = await held(transport)
  for (const socket of sockets) socket.destroy()
  await until('the lock is lost', () => lock.lost.aborted)
  expect(problemIn(lock)?.what.en).toContain('was lost with this host')
  await lock.release()
})

test('is not lost with a host that the run itself reboots', async () => {
  const lock = await held(transport, transport)
  for (const socket of sockets) socket.destroy()
  await expect(capture(transport, 'true')).rejects.toThrow('connection lost')
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(lock.lost.aborted).toBe(false)
  await lock.release()
})
