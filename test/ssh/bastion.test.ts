import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { capture } from '../../src/hosts/transport.ts'
import { connect } from '../../src/hosts/connect.ts'
import { environment, keygen, me, problemOf, type Sshd, startSshd, target, tempHome } from './sshd.ts'

let bastion: Sshd
let inner: Sshd
let place: ReturnType<typeof tempHome>

beforeAll(async () => {
  ;[bastion, inner] = await Promise.all([startSshd(), startSshd()])
})
afterAll(() => Promise.all([bastion.stop(), inner.stop()]))
beforeEach(() => {
  place = tempHome()
  const line = keygen(join(place.home, '.ssh/id_ed25519'))
  for (const sshd of [bastion, inner]) sshd.authorize(line)
  return () => place.remove()
})

const knows = (...all: Sshd[]) =>
  writeFileSync(join(place.home, '.ssh/known_hosts'), all.map((s) => `[127.0.0.1]:${s.port} ${s.hostKey}\n`).join(''))
const via = () => ({ bastion: { address: '127.0.0.1', port: bastion.port, user: me } })

test('many hosts share one connection to the bastion', async () => {
  knows(bastion, inner)
  const env = environment(place.home)
  const before = bastion.log().length
  const all = await Promise.all(Array.from({ length: 12 }, () => connect(target(inner.port, via()), env)))
  for (const transport of all) expect((await capture(transport, 'echo in')).stdout).toBe('in\n')
  expect(
    bastion
      .log()
      .slice(before)
      .match(/Accepted publickey/g),
  ).toHaveLength(1)
  for (const transport of all) await transport[Symbol.asyncDispose]()
  await env.share[Symbol.asyncDispose]()
})

test("the bastion's key is checked, and the host's behind it", async () => {
  knows(inner)
  expect((await problemOf(connect(target(inner.port, via()), environment(place.home)))).at).toBe(`${me}@127.0.0.1:${bastion.port}`)
  knows(bastion)
  expect((await problemOf(connect(target(inner.port, via()), environment(place.home)))).at).toBe(`${me}@127.0.0.1:${inner.port}`)
})

test('a host the bastion cannot reach', async () => {
  knows(bastion)
  const problem = await problemOf(connect(target(1, via()), environment(place.home)))
  expect(problem).toMatchObject({ exit: 4, at: `${me}@127.0.0.1:1` })
  expect(problem.en).toContain('from the bastion')
})

test('ProxyJump of ~/.ssh/config, a chain of two', async () => {
  knows(bastion, inner)
  const hop = `${me}@127.0.0.1:${bastion.port}`
  // As another name: ssh itself refuses a jump through the host that it is for.
  writeFileSync(join(place.home, '.ssh/known_hosts'), `[localhost]:${inner.port} ${inner.hostKey}\n`, { flag: 'a' })
  writeFileSync(join(place.home, '.ssh/config'), `Host behind\n  HostName 127.0.0.1\n  ProxyJump ${hop},${me}@localhost:${inner.port}\n`)
  const before = inner.log().length
  const env = environment(place.home)
  const transport = await connect(target(inner.port, { address: 'behind' }), env)
  expect((await capture(transport, 'echo in')).stdout).toBe('in\n')
  expect(
    inner
      .log()
      .slice(before)
      .match(/Accepted publickey/g),
  ).toHaveLength(2)
  await transport[Symbol.asyncDispose]()
  await env.share[Symbol.asyncDispose]()
})

test('a bastion connection that broke is made anew', async () => {
  knows(bastion, inner)
  const env = environment(place.home)
  const first = await connect(target(inner.port, via()), env)
  await env.share[Symbol.asyncDispose]()
  expect((await problemOf(capture(first, 'true'))).en).toContain('connection lost')
  await using second = await connect(target(inner.port, via()), env)
  expect((await capture(second, 'echo in')).stdout).toBe('in\n')
  await env.share[Symbol.asyncDispose]()
})
