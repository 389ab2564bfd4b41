import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { hostsOf } from '../../src/config/hosts.ts'
import { schema } from '../../src/config/schema.ts'
import { unwritten } from '../../src/config/source.ts'
import { assemble } from '../../src/run/fleet.ts'
import { introduce } from '../../src/hosts/introduce.ts'
import { environment, freePort, keygen, me, type Sshd, startSshd, tempHome, until } from './sshd.ts'

// A machine that never saw the cluster: one key is confirmed, the control plane vouches for the others.

let plane: Sshd
let worker: Sshd
let place: ReturnType<typeof tempHome>
let copy: string
let asked: string[]

beforeAll(async () => {
  plane = await startSshd()
  worker = await startSshd([], ['ed25519', 'rsa'])
})
afterAll(() => Promise.all([plane.stop(), worker.stop()]))
beforeEach(() => {
  place = tempHome()
  copy = join(place.home, 'copy')
  asked = []
  const key = keygen(join(place.home, '.ssh/id_ed25519'))
  plane.authorize(key)
  worker.authorize(key)
  return () => place.remove()
})

const publicKey = (sshd: Sshd, type = 'ed25519'): string =>
  readFileSync(join(sshd.dir, `host_${type}.pub`), 'utf8')
    .split(' ')
    .slice(0, 2)
    .join(' ')
const line = (sshd: Sshd, type?: string): string => `[127.0.0.1]:${sshd.port} ${publicKey(sshd, type)}\n`

const hosts = (planePort = plane.port, extra: Record<string, unknown> = {}) =>
  hostsOf(
    schema.parse({
      kubernetes_version: 'v1.36.3',
      ssh: { user: me, ...extra },
      nodes: [
        { address: '127.0.0.1', port: worker.port, role: ['worker'] },
        { address: '127.0.0.1', port: planePort, role: ['control-plane'] },
      ],
    }),
    unwritten(),
  )
const asking = (answer: boolean) =>
  environment(place.home, {
    ask: {
      confirmHostKey: async (label: string) => asked.push(label) > 0 && answer,
      passphrase: async () => undefined,
      password: async () => undefined,
    },
  })
const known = (): string => readFileSync(join(place.home, '.ssh/known_hosts'), 'utf8')

const enter = async (all: ReturnType<typeof hosts>, env: ReturnType<typeof asking>) => {
  const introduced = await introduce(all, env, copy)
  await using fleet = await assemble(all, env, undefined, introduced)
  return { entered: [...fleet.transports.keys()].sort(), problems: fleet.problems.map(({ at, what }) => `${at}: ${what.en}`) }
}

test('one question, for the control plane; the other keys come from it and are kept', async () => {
  writeFileSync(copy, line(plane) + line(worker, 'rsa') + line(worker))
  const { entered, problems } = await enter(hosts(), asking(true))
  expect(problems).toEqual([])
  expect(entered).toHaveLength(2)
  expect(asked).toEqual([`${me}@127.0.0.1:${plane.port}`])
  expect(known()).toBe(line(plane) + line(worker, 'rsa') + line(worker))
})

test('no question at all when the control plane is known', async () => {
  writeFileSync(join(place.home, '.ssh/known_hosts'), line(plane))
  writeFileSync(copy, line(worker))
  expect((await enter(hosts(), environment(place.home))).problems).toEqual([])
  expect(known()).toBe(line(plane) + line(worker))
})

test('a worker that shows another key than the copy says is not entered', async () => {
  writeFileSync(copy, `[127.0.0.1]:${worker.port} ${publicKey(plane)}\n`)
  const { entered, problems } = await enter(hosts(), asking(true))
  expect(entered).toHaveLength(1)
  expect(problems).toEqual([expect.stringMatching(/HOST KEY CHANGED/)])
  expect(asked).toHaveLength(1)
})

test('also where new keys are accepted: only the first one is', async () => {
  writeFileSync(copy, `[127.0.0.1]:${worker.port} ${publicKey(plane)}\n`)
  const { entered } = await enter(hosts(plane.port, { accept_new: true }), environment(place.home))
  expect(entered).toEqual([`127.0.0.1:${plane.port}`])
})

test('hosts of a cluster that does not exist yet are asked for one by one', async () => {
  expect((await enter(hosts(), asking(true))).problems).toEqual([])
  expect(asked).toHaveLength(2)
})

test('a key that is refused is asked for once, and nothing is entered', async () => {
  writeFileSync(copy, line(worker))
  const { entered, problems } = await enter(hosts(), asking(false))
  expect(entered).toEqual([])
  expect(problems).toHaveLength(2)
  expect(asked.filter((label) => label.endsWith(`:${plane.port}`))).toHaveLength(1)
})

test('a control plane that is down is tried once', async () => {
  const { problems } = await enter(hosts(await freePort()), asking(true))
  expect(problems).toHaveLength(1)
})

test('a control plane knows a host by what cluster.yml says, whatever ~/.ssh/config adds here', async () => {
  writeFileSync(
    join(place.home, '.ssh/config'),
    `Host *\n  HostName 127.0.0.1\n  User ${me}\nHost plane\n  Port ${plane.port}\nHost worker\n  Port ${worker.port}\n`,
  )
  writeFileSync(join(place.home, '.ssh/known_hosts'), line(plane))
  writeFileSync(copy, `worker ${publicKey(worker)}\n`)
  const nodes = [
    { address: 'worker', role: ['worker'] },
    { address: 'plane', role: ['control-plane'] },
  ]
  const all = hostsOf(schema.parse({ kubernetes_version: 'v1.36.3', nodes }), unwritten())
  expect(await enter(all, environment(place.home))).toEqual({ entered: ['plane', 'worker'], problems: [] })
  expect(known()).toBe(line(plane) + line(worker))
})

test('keys that cannot be written down are a warning', async () => {
  writeFileSync(join(place.home, 'plain'), '')
  const { entered, problems } = await enter(
    hosts(plane.port, { accept_new: true, known_hosts: join(place.home, 'plain/known_hosts') }),
    environment(place.home),
  )
  expect(entered).toHaveLength(2)
  expect(problems).toEqual([expect.stringMatching(/plain\/known_hosts: cannot be written/)])
})

test('Ctrl-C at the question for a key leaves no connection open', async () => {
  writeFileSync(join(place.home, '.ssh/known_hosts'), line(plane))
  writeFileSync(copy, '')
  const interrupt = Object.assign(new Error('User force closed the prompt'), { name: 'ExitPromptError' })
  const before = plane.log().length
  const env = environment(place.home, {
    ask: {
      confirmHostKey: async () => Promise.reject(interrupt),
      passphrase: async () => undefined,
      password: async () => undefined,
    },
  })
  const all = hosts()
  await expect(assemble(all, env, undefined, await introduce(all, env, copy))).rejects.toBe(interrupt)
  await until('the control plane is left', () => /Received disconnect/.test(plane.log().slice(before)))
})
