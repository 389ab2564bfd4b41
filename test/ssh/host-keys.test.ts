import type { ProblemError } from '../../src/problem.ts'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { capture } from '../../src/hosts/transport.ts'
import { connect } from '../../src/hosts/connect.ts'
import { warningsOf } from '../../src/hosts/warnings.ts'
import { environment, keygen, problemOf, type Sshd, startSshd, target, tempHome } from './sshd.ts'

let sshd: Sshd
let place: ReturnType<typeof tempHome>
let known: string

beforeAll(async () => {
  sshd = await startSshd([], ['ed25519', 'ecdsa', 'rsa'])
})
afterAll(() => sshd.stop())
beforeEach(() => {
  place = tempHome()
  known = join(place.home, '.ssh/known_hosts')
  sshd.authorize(keygen(join(place.home, '.ssh/id_ed25519')))
  return () => place.remove()
})

const hostLine = (type: string) =>
  `[127.0.0.1]:${sshd.port} ${readFileSync(join(sshd.dir, `host_${type}.pub`), 'utf8')
    .split(' ')
    .slice(0, 2)
    .join(' ')}\n`
const print = (type: string) =>
  execFileSync('ssh-keygen', ['-lf', join(sshd.dir, `host_${type}.pub`)], { encoding: 'utf8' }).split(' ')[1] as string

async function enters(more = {}, env = {}): Promise<void> {
  await using transport = await connect(target(sshd.port, more), environment(place.home, env))
  expect(await capture(transport, 'echo in')).toEqual({ exit: 0, stdout: 'in\n', stderr: '' })
}

test('an unknown key is refused without a terminal, naming the fingerprint and the way out', async () => {
  const problem = await problemOf(connect(target(sshd.port), environment(place.home)))
  expect(problem.exit).toBe(4)
  expect(problem.en).toContain(print('ed25519'))
  expect(problem.fix).toContain(`ssh-keyscan -p ${sshd.port} 127.0.0.1`)
  expect(problem.fix).toContain('accept_new')
})

test('an unknown key is asked about; yes is kept, no stops', async () => {
  const asked: string[] = []
  const ask = (answer: boolean) => ({
    confirmHostKey: async (...words: string[]) => asked.push(words.join(' ')) > 0 && answer,
    passphrase: async () => undefined,
    password: async () => undefined,
  })
  expect((await problemOf(connect(target(sshd.port), environment(place.home, { ask: ask(false) })))).en).toContain('not accepted')
  await enters({}, { ask: ask(true) })
  expect(asked[0]).toContain(`:${sshd.port} ssh-ed25519 ${print('ed25519')}`)
  expect(readFileSync(known, 'utf8')).toBe(hostLine('ed25519'))
  await enters()
})

test('accept_new writes into the cluster file, 0600, and leaves what was there', async () => {
  const own = join(place.home, 'deep/known_hosts')
  await enters({ knownHosts: own, acceptNew: true })
  expect(statSync(own).mode & 0o777).toBe(0o600)
  expect(readFileSync(own, 'utf8')).toBe(hostLine('ed25519'))
  writeFileSync(own, 'other ssh-ed25519 AAAA')
  await enters({ knownHosts: own, acceptNew: true })
  expect(readFileSync(own, 'utf8')).toBe(`other ssh-ed25519 AAAA\n${hostLine('ed25519')}`)
  await enters({ knownHosts: own })
})

test('a file that cannot be written: the key counts for this run, with one warning', async () => {
  writeFileSync(join(place.home, 'plain'), '')
  const more = { knownHosts: join(place.home, 'plain/known_hosts'), acceptNew: true }
  const env = environment(place.home)
  for (const acceptNew of [true, false]) {
    await using transport = await connect(target(sshd.port, { ...more, acceptNew }), env)
    expect((await capture(transport, 'echo in')).stdout).toBe('in\n')
  }
  const [warning, ...others] = (await warningsOf(env)).values()
  expect(warning).toMatchObject({ at: more.knownHosts, severity: 'warning' })
  expect(warning?.what.en).toMatch(/^cannot be written \(E\w+\)/)
  expect(others).toEqual([])
})

test('a file that cannot be read does not pass for empty', async () => {
  mkdirSync(known)
  const problem = await problemOf(connect(target(sshd.port, { acceptNew: true }), environment(place.home)))
  expect(problem).toMatchObject({ exit: 2, at: known, en: 'the known-hosts file cannot be read (EISDIR)' })
})

test('a hashed name is found', async () => {
  writeFileSync(known, hostLine('ed25519'))
  execFileSync('ssh-keygen', ['-q', '-H', '-f', known], { stdio: 'ignore' })
  expect(readFileSync(known, 'utf8')).toMatch(/^\|1\|/)
  await enters()
})

test.each(['ecdsa', 'rsa'])('only the type that is known is asked for: %s', async (type) => {
  writeFileSync(known, hostLine(type))
  await enters()
})

test('a changed key stops even with accept_new, with both fingerprints', async () => {
  const other = keygen(join(place.home, 'other')).split(' ').slice(0, 2).join(' ')
  const otherPrint = execFileSync('ssh-keygen', ['-lf', join(place.home, 'other.pub')], { encoding: 'utf8' }).split(' ')[1] as string
  writeFileSync(known, `[127.0.0.1]:${sshd.port} ${other}\n`)
  const before = sshd.log().length
  const problem = await problemOf(connect(target(sshd.port, { acceptNew: true }), environment(place.home)))
  expect(problem.en).toContain('CHANGED')
  expect(problem.en).toContain(print('ed25519'))
  expect(problem.en).toContain(otherPrint)
  expect(problem.en).toContain(`${known}:1`)
  expect(sshd.log().slice(before)).not.toMatch(/userauth|Accepted|Failed/)
  expect(readFileSync(known, 'utf8')).toBe(`[127.0.0.1]:${sshd.port} ${other}\n`)
})

test('the fix for a changed key works when it is followed to the letter: the line lies in the file of ssh.known_hosts', async () => {
  const other = keygen(join(place.home, 'other')).split(' ').slice(0, 2).join(' ')
  const line = `[127.0.0.1]:${sshd.port} ${other}\n`
  writeFileSync(known, `# mine\n${line}`)
  const { problem } = await connect(target(sshd.port, { acceptNew: true }), environment(place.home)).then(
    () => expect.fail('entered'),
    (error: ProblemError) => error,
  )
  const [, command = ''] = /\((ssh-keygen .*?)\)/.exec(problem.fix.en) ?? []
  expect(command).toContain(known)
  execFileSync('sh', ['-c', command], { stdio: 'ignore', env: { ...process.env, HOME: place.home } })
  expect(readFileSync(known, 'utf8')).toBe('# mine\n')
  await enters({ acceptNew: true })
})

test('a revoked key stops, also when another line knows it', async () => {
  writeFileSync(known, `${hostLine('ed25519')}@revoked * ${hostLine('ed25519').split(' ').slice(1).join(' ')}`)
  expect((await problemOf(connect(target(sshd.port, { acceptNew: true }), environment(place.home)))).en).toContain('revoked')
})

test('a pin is enough, and only the pin', async () => {
  await enters({ hostKey: sshd.hostKey })
  const other = keygen(join(place.home, 'other'))
  writeFileSync(known, hostLine('ed25519'))
  expect((await problemOf(connect(target(sshd.port, { hostKey: other }), environment(place.home)))).en).toContain('CHANGED')
  expect((await problemOf(connect(target(sshd.port, { hostKey: 'nonsense' }), environment(place.home)))).exit).toBe(2)
})

test('known only by a type that is gone', async () => {
  const { port, ...rest } = await startSshd([], ['ecdsa'])
  const line = keygen(join(place.home, 'old')).split(' ').slice(0, 2).join(' ')
  writeFileSync(known, `[127.0.0.1]:${port} ${line}\n`)
  expect((await problemOf(connect(target(port, { acceptNew: true }), environment(place.home)))).en).toContain(
    'no host key of a type that is known',
  )
  await rest.stop()
})
