import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { capture } from '../../src/hosts/transport.ts'
import { connect } from '../../src/hosts/connect.ts'
import { environment, isRoot, keygen, pause, problemOf, type Sshd, startSshd, target, tempHome } from './sshd.ts'

const user = `slipway-t${process.pid % 100_000}`
const rules = `/etc/sudoers.d/${user}`
const password = `pa'ss "w$rd\\ ${process.pid}`
const canary = 'pa%27ss'
const possible = isRoot && spawnSync('sudo', ['-V']).status === 0

let sshd: Sshd
let place: ReturnType<typeof tempHome>
const env = () => environment(place.home, { env: { SUDO: password, WRONG: 'not-it' } })
const as = (more = {}) => target(sshd.port, { hostKey: sshd.hostKey, user, ...more })
const allow = (...lines: string[]) => {
  writeFileSync(rules, `${lines.join('\n')}\n`, { mode: 0o440 })
  execFileSync('visudo', ['-cqf', rules])
}

/** sudo needs accounts, so this makes one; in CI the tests run as root, and fail where they cannot. */
describe.skipIf(!possible && !process.env.CI)('sudo', () => {
  beforeAll(async () => {
    place = tempHome()
    execFileSync('useradd', ['-m', '-s', '/bin/sh', user])
    execFileSync('chpasswd', { input: `${user}:${password}\n` })
    sshd = await startSshd(['UsePAM yes'])
    sshd.authorize(keygen(join(place.home, '.ssh/id_ed25519')))
  })
  afterAll(async () => {
    await sshd.stop()
    place.remove()
    rmSync(rules, { force: true })
    spawnSync('userdel', ['-r', user])
  })
  afterEach(() => execFileSync('usermod', ['-s', '/bin/sh', user]))

  const whoami = async (more = {}) => {
    await using transport = await connect(as(more), env())
    return await capture(transport, 'id -un; pwd; cat', { input: one('after the script') })
  }
  const root = { exit: 0, stderr: '', stdout: expect.stringMatching(/^root\n.*\nafter the script\n$/) }

  test('NOPASSWD', async () => {
    allow(`${user} ALL=(ALL) NOPASSWD: ALL`)
    expect(await whoami()).toEqual(root)
    expect(await whoami({ sudoPassword: 'env:SUDO' })).toEqual(root)
    expect(await whoami({ sudoPassword: 'env:WRONG' })).toEqual(root)
  })

  test.each([
    ['plain', []],
    [
      'use_pty, a prompt and a lecture of their own',
      [`Defaults:${user} use_pty`, `Defaults:${user} passprompt="Qui va la? ", passprompt_override, lecture=always`],
    ],
    ['insults and no timestamps', [`Defaults:${user} insults, timestamp_timeout=0`]],
  ])('with a password: %s', async (_name, defaults) => {
    allow(...defaults, `${user} ALL=(ALL) ALL`)
    expect(await whoami({ sudoPassword: 'env:SUDO' })).toEqual(root)
  })

  test('many scripts after one proof, and at once', async () => {
    allow(`Defaults:${user} timestamp_timeout=0`, `${user} ALL=(ALL) ALL`)
    await using transport = await connect(as({ sudoPassword: 'env:SUDO' }), env())
    const all = await Promise.all(Array.from({ length: 12 }, (_, i) => capture(transport, `id -u; echo ${i}`)))
    expect(all.map((r) => r.stdout)).toEqual(Array.from({ length: 12 }, (_, i) => `0\n${i}\n`))
    expect((await capture(transport, 'cat', { input: one('x') })).stdout).toBe('x\n')
  })

  test('none given', async () => {
    allow(`${user} ALL=(ALL) ALL`)
    const problem = await problemOf(whoami())
    expect(problem).toMatchObject({ exit: 4, at: `${user}@127.0.0.1:${sshd.port}` })
    expect(problem.fix).toContain('sudo_password')
    expect(problem.fix).toContain('NOPASSWD')
  })

  test.each(['sh', 'bash', 'zsh', 'fish', 'dash', 'csh', 'tcsh'])('the login shell is %s', async (shell) => {
    allow(`Defaults:${user} timestamp_timeout=0`, `${user} ALL=(ALL) ALL`)
    execFileSync('usermod', ['-s', `/usr/bin/${shell}`, user])
    expect(await whoami({ sudoPassword: 'env:SUDO' })).toEqual(root)
  })

  test('a wrong password is tried once, whatever is asked for at the same time', async () => {
    const log = join(place.home, 'sudo.log')
    allow(`Defaults:${user} timestamp_timeout=0, logfile=${log}`, `${user} ALL=(ALL) ALL`)
    await using transport = await connect(as({ sudoPassword: 'env:WRONG' }), env())
    const problems = await Promise.all([1, 2, 3].map(() => problemOf(capture(transport, 'true'))))
    expect((await problemOf(capture(transport, 'true'))).en).toContain('refused the password')
    expect(problems.map((p) => p.en)).toEqual(Array.from({ length: 3 }, () => expect.stringContaining('refused the password')))
    expect(JSON.stringify(problems)).not.toContain('not-it')
    await pause(500)
    expect(readFileSync(log, 'utf8').match(/incorrect password attempt/g)).toHaveLength(1)
    expect(readFileSync(log, 'utf8')).toContain('1 incorrect password attempt')
  })

  test('a user sudoers does not name', async () => {
    rmSync(rules, { force: true })
    expect((await problemOf(whoami({ sudoPassword: 'env:SUDO' }))).en).toContain('sudo does not allow this user every command as root')
  })

  test('a terminal that sudo wants is no password', async () => {
    allow(`Defaults:${user} requiretty`, `${user} ALL=(ALL) NOPASSWD: ALL`)
    const problem = await problemOf(whoami())
    expect([problem.en, problem.fix].join(' ')).toMatch(/requiretty.*visudo/)
  })

  test('no shell at all', async () => {
    allow(`${user} ALL=(ALL) NOPASSWD: ALL`)
    execFileSync('usermod', ['-s', '/usr/sbin/nologin', user])
    expect((await problemOf(whoami({ sudoPassword: 'env:SUDO' }))).en).toContain('not available')
  })

  test('the password is in no command line', async () => {
    allow(`Defaults:${user} timestamp_timeout=0`, `${user} ALL=(ALL) ALL`)
    const running = whoami({ sudoPassword: 'env:SUDO' })
    let over = false
    running.finally(() => (over = true)).catch(() => {})
    const seen = new Set<string>()
    while (!over) {
      for (const line of processes()) seen.add(line)
      await pause(5)
    }
    expect([...seen].some((line) => line.includes('slipway-sudo:'))).toBe(true)
    expect([...seen].filter((line) => line.includes(password) || line.includes(canary))).toEqual([])
  })

  test('a login password, and a wrong one', async () => {
    allow(`${user} ALL=(ALL) NOPASSWD: ALL`)
    const before = sshd.log().length
    const other = tempHome()
    const empty = () => environment(other.home, { env: { SUDO: password, WRONG: 'not-it' } })
    await using transport = await connect(as({ password: 'env:SUDO' }), empty())
    expect((await capture(transport, 'id -u')).stdout).toBe('0\n')
    const problem = await problemOf(connect(as({ password: 'env:WRONG' }), empty()))
    expect(problem.en).toContain('tried: password')
    expect(
      sshd
        .log()
        .slice(before)
        .match(/Failed password/g),
    ).toHaveLength(1)
    expect((await problemOf(connect(as({ password: 'env:UNSET' }), empty()))).fix).toContain('env:NAME')
    other.remove()
  })
})

async function* one(line: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${line}\n`)
}

const processes = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')]
      } catch {
        return []
      }
    })
