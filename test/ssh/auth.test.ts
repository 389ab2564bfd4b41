import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { capture } from '../../src/hosts/transport.ts'
import { connect } from '../../src/hosts/connect.ts'
import { environment, keygen, me, problemOf, type Sshd, startAgent, startSshd, target, tempHome } from './sshd.ts'

let sshd: Sshd
let place: ReturnType<typeof tempHome>
const options = () => ({ hostKey: sshd.hostKey })

beforeAll(async () => {
  sshd = await startSshd()
})
afterAll(() => sshd.stop())
beforeEach(() => {
  place = tempHome()
  return () => place.remove()
})

async function enters(more = {}, env = environment(place.home)): Promise<void> {
  await using transport = await connect(target(sshd.port, { ...options(), ...more }), env)
  expect((await capture(transport, 'echo in')).stdout).toBe('in\n')
}

test.each(['ed25519', 'ecdsa', 'rsa'])('a default key: %s', async (type) => {
  sshd.authorize(keygen(join(place.home, `.ssh/id_${type}`), { type }))
  await enters()
})

test('a key of cluster.yml, ~ expanded; a missing one is a mistake in the file', async () => {
  sshd.authorize(keygen(join(place.home, 'mine')))
  await enters({ keyPath: '~/mine' })
  const problem = await problemOf(connect(target(sshd.port, { ...options(), keyPath: '~/gone' }), environment(place.home)))
  expect(problem).toMatchObject({ exit: 2 })
  expect(problem.en).toContain('no such file')
})

test('the agent', async () => {
  const agent = startAgent()
  try {
    sshd.authorize(keygen(join(place.home, 'held'), { type: 'rsa' }))
    agent.add(join(place.home, 'held'))
    await enters({}, environment(place.home, { env: { SSH_AUTH_SOCK: agent.socket } }))
    expect(
      (
        await problemOf(
          connect(target(sshd.port, { ...options(), agent: false }), environment(place.home, { env: { SSH_AUTH_SOCK: agent.socket } })),
        )
      ).exit,
    ).toBe(4)
  } finally {
    agent.stop()
  }
})

test('an agent full of other keys: never more than five tries, and the default key is one of them', async () => {
  const agent = startAgent()
  try {
    for (let i = 0; i < 8; i++) {
      keygen(join(place.home, `wrong${i}`))
      agent.add(join(place.home, `wrong${i}`))
    }
    const env = environment(place.home, { env: { SSH_AUTH_SOCK: agent.socket } })
    const before = sshd.log().length
    const problem = await problemOf(connect(target(sshd.port, options()), env))
    expect(problem.en.match(/agent key/g)).toHaveLength(5)
    expect(sshd.log().slice(before)).not.toContain('Too many authentication failures')
    sshd.authorize(keygen(join(place.home, '.ssh/id_ed25519')))
    await enters({}, environment(place.home, { env: { SSH_AUTH_SOCK: agent.socket } }))
  } finally {
    agent.stop()
  }
})

test('an encrypted key: one question for all hosts, and only when the host wants the key', async () => {
  const path = join(place.home, '.ssh/id_ed25519')
  const line = keygen(path, { passphrase: 'open sesame' })
  let questions = 0
  const ask = {
    confirmHostKey: async () => false,
    passphrase: async () => (questions++ === 0 ? 'wrong' : 'open sesame'),
    password: async () => undefined,
  }
  expect((await problemOf(connect(target(sshd.port, options()), environment(place.home, { ask })))).exit).toBe(4)
  expect(questions).toBe(0)
  sshd.authorize(line)
  const env = environment(place.home, { ask })
  await Promise.all([enters({}, env), enters({}, env), enters({}, env)])
  expect(questions).toBe(2)
})

test('an encrypted key without a terminal: the agent signs, or the problem says why not', async () => {
  const path = join(place.home, 'mine')
  sshd.authorize(keygen(path, { passphrase: 'open sesame' }))
  const problem = await problemOf(connect(target(sshd.port, { ...options(), keyPath: path }), environment(place.home)))
  expect(problem.en).toContain('ssh-add')
})

test('~/.ssh/config: alias, user, port, key; what cluster.yml states wins', async () => {
  sshd.authorize(keygen(join(place.home, 'for-web')))
  mkdirSync(join(place.home, '.ssh/conf.d'))
  writeFileSync(join(place.home, '.ssh/config'), 'Include conf.d/*\nHost *\n  User nobody-at-all\n')
  writeFileSync(
    join(place.home, '.ssh/conf.d/web'),
    `Host web-?\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User ${me}\n  IdentityFile ~/for-web\n  IdentitiesOnly yes\n`,
  )
  const alias = { ...options(), address: 'web-1', port: undefined, user: undefined }
  await using transport = await connect(target(0, alias), environment(place.home))
  expect(transport.label).toBe(`${me}@web-1:${sshd.port}`)
  const problem = await problemOf(connect(target(0, { ...alias, user: 'somebody-else' }), environment(place.home)))
  expect(problem.at).toBe(`somebody-else@web-1:${sshd.port}`)
  expect(
    (await problemOf(connect(target(0, { ...alias, config: false, address: 'web-1.invalid' }), environment(place.home)))).en,
  ).toContain('has no address')
})

test('IdentitiesOnly keeps to the key that is named, and to the default files when none is', async () => {
  writeFileSync(join(place.home, '.ssh/config'), 'Host *\n  IdentitiesOnly yes\n')
  sshd.authorize(keygen(join(place.home, '.ssh/id_ed25519')))
  await enters()
  keygen(join(place.home, 'mine'))
  const problem = await problemOf(connect(target(sshd.port, { ...options(), keyPath: '~/mine' }), environment(place.home)))
  expect(problem.en).toContain('(tried: key mine)')
})

const interrupt = Object.assign(new Error('User force closed the prompt'), { name: 'ExitPromptError' })

test.each(['passphrase', 'password'] as const)('Ctrl-C at the question for a %s ends all, and nothing else is asked', async (kind) => {
  if (kind === 'passphrase') sshd.authorize(keygen(join(place.home, '.ssh/id_ed25519'), { passphrase: 'open sesame' }))
  const asked: string[] = []
  const answer = (question: string) => async () => {
    asked.push(question)
    throw interrupt
  }
  const ask = { confirmHostKey: async () => false, passphrase: answer('passphrase'), password: answer('password') }
  const env = environment(place.home, { ask })
  const ways = await Promise.allSettled([1, 2, 3].map(() => connect(target(sshd.port, options()), env)))
  expect(ways).toEqual([1, 2, 3].map(() => ({ status: 'rejected', reason: interrupt })))
  expect(asked).toEqual([kind])
})

test('nothing listens', async () => {
  const problem = await problemOf(connect(target(1, options()), environment(place.home)))
  expect(problem).toMatchObject({ exit: 4, at: `${me}@127.0.0.1:1` })
  expect(problem.en).toContain('ECONNREFUSED')
  expect(readFileSync(join(sshd.dir, 'authorized_keys'), 'utf8')).not.toBe('')
})
