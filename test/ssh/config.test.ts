import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connect } from '../../src/hosts/connect.ts'
import { capture } from '../../src/hosts/transport.ts'
import { environment, keygen, me, problemOf, type Sshd, startAgent, startSshd, target, tempHome } from './sshd.ts'

let sshd: Sshd
let place: ReturnType<typeof tempHome>

beforeAll(async () => {
  sshd = await startSshd()
})
afterAll(() => sshd.stop())
beforeEach(() => {
  place = tempHome()
  sshd.authorize(keygen(join(place.home, '.ssh/k8s')))
  writeFileSync(join(place.home, '.ssh/known_hosts'), `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`)
  return () => place.remove()
})

const config = (...lines: string[]) => writeFileSync(join(place.home, '.ssh/config'), `${lines.join('\n')}\n`)
/** A host that cluster.yml knows by its name alone. */
const named = (address = 'node-1') => ({ ...target(0, { address }), port: undefined, user: undefined }) as never
const whole = () => [`HostName 127.0.0.1`, `Port ${sshd.port}`, `User ${me}`, `IdentityFile ${join(place.home, '.ssh/k8s')}`]

async function enters(env = environment(place.home), address?: string): Promise<void> {
  await using transport = await connect(named(address), env)
  expect((await capture(transport, 'echo in')).stdout).toBe('in\n')
}

/** Pipes stdin and stdout to a tcp port, as nc does. */
const pipe = (): string => {
  const script = join(place.home, 'pipe.cjs')
  writeFileSync(
    script,
    'const s = require("net").connect(+process.argv[3], process.argv[2]); process.stdin.pipe(s); s.pipe(process.stdout)',
  )
  return `${process.execPath} ${script}`
}

describe('~/.ssh/config as ssh reads it', () => {
  test('Match host with a pattern', async () => {
    config('Match host node-*', ...whole())
    await enters()
  })

  test('Include of a pattern with folders', async () => {
    mkdirSync(join(place.home, '.ssh/projects/a'), { recursive: true })
    writeFileSync(join(place.home, '.ssh/projects/a/config'), `Host node-1\n${whole().join('\n')}\n`)
    config(`Include ${place.home}/.ssh/projects/*/config`)
    await enters()
  })

  test('a variable in IdentityFile, quotes around a user', async () => {
    config('Host node-1', 'HostName 127.0.0.1', `Port ${sshd.port}`, `User "${me}"`, 'IdentityFile ${HOME}/.ssh/k8s')
    await enters(environment(place.home, { env: { HOME: place.home } }))
  })

  test('HostKeyAlias and UserKnownHostsFile', async () => {
    writeFileSync(join(place.home, '.ssh/known_hosts'), '')
    writeFileSync(join(place.home, 'mine'), `the-node ${sshd.hostKey}\n`)
    config('Host node-1', ...whole(), 'HostKeyAlias the-node', `UserKnownHostsFile ${join(place.home, 'mine')}`)
    await enters()
  })

  test('ProxyCommand, its tokens too', async () => {
    config('Host node-1', ...whole(), `ProxyCommand ${pipe()} %h %p`)
    await enters()
  })

  test('a ProxyCommand that ends says what it printed', async () => {
    config('Host node-1', ...whole(), 'ProxyCommand sh -c "echo no such tunnel >&2; exit 3"')
    const problem = await problemOf(connect(named(), environment(place.home)))
    expect(problem).toMatchObject({ exit: 4 })
    expect(problem.en).toContain('no such tunnel')
  })

  test('a name that a shell would read as a command goes into no ProxyCommand', async () => {
    config('Host *', ...whole().slice(1), 'HostName %h', `ProxyCommand ${pipe()} %h %p`)
    expect((await problemOf(connect(named('a$(touch;x)'), environment(place.home)))).exit).toBe(2)
  })

  test('a bastion that leads through itself is a mistake in the file, not thirty logins', async () => {
    config('Host *', `User ${me}`, 'ProxyJump bastion')
    const problem = await problemOf(connect(named(), environment(place.home)))
    expect(problem).toMatchObject({ exit: 2 })
    expect(problem.en).toContain('leads through bastion itself')
  })

  test('what ssh refuses is refused, in its words', async () => {
    config('Host *', 'NoSuchKeyword yes')
    const problem = await problemOf(connect(named(), environment(place.home)))
    expect(problem).toMatchObject({ exit: 2 })
    expect(problem.en).toContain('nosuchkeyword')
  })

  test('a file that only says harmless things changes nothing', async () => {
    config('Host *', '  HashKnownHosts yes')
    sshd.authorize(keygen(join(place.home, '.ssh/id_ed25519')))
    await using transport = await connect(target(sshd.port, {}), environment(place.home))
    expect((await capture(transport, 'echo in')).stdout).toBe('in\n')
  })
})

describe('keys that an agent holds', () => {
  test.each([
    ['named by its public key', '.pub'],
    ['named by a private key that is not on this disk', ''],
  ])('%s', async (_, ending) => {
    const agent = startAgent()
    try {
      sshd.authorize(keygen(join(place.home, 'card')))
      agent.add(join(place.home, 'card'))
      writeFileSync(join(place.home, '.ssh/id.pub'), readFileSync(join(place.home, 'card.pub'), 'utf8'))
      config(
        'Host node-1',
        'HostName 127.0.0.1',
        `Port ${sshd.port}`,
        `User ${me}`,
        `IdentityFile ~/.ssh/id${ending}`,
        'IdentitiesOnly yes',
      )
      await enters(environment(place.home, { env: { SSH_AUTH_SOCK: agent.socket } }))
    } finally {
      agent.stop()
    }
  })

  test('IdentityAgent names another agent', async () => {
    const agent = startAgent()
    try {
      sshd.authorize(keygen(join(place.home, 'card')))
      agent.add(join(place.home, 'card'))
      config('Host node-1', 'HostName 127.0.0.1', `Port ${sshd.port}`, `User ${me}`, `IdentityAgent ${agent.socket}`)
      await enters()
    } finally {
      agent.stop()
    }
  })
})

test('an sshd that grants one session gets a second connection', async () => {
  const strict = await startSshd(['MaxSessions 1'])
  try {
    strict.authorize(keygen(join(place.home, '.ssh/id_ed25519')))
    await using transport = await connect(target(strict.port, { hostKey: strict.hostKey }), environment(place.home))
    const scripts = ['read x; echo $x', 'echo b', 'echo c']
    const answers = await Promise.all(scripts.map((script, i) => capture(transport, script, i === 0 ? { input: later('a\n', 1_000) } : {})))
    expect(answers.map(({ stdout }) => stdout)).toEqual(['a\n', 'b\n', 'c\n'])
  } finally {
    await strict.stop()
  }
})

async function* later(text: string, ms: number): AsyncGenerator<Uint8Array> {
  await new Promise((resolve) => setTimeout(resolve, ms))
  yield Buffer.from(text)
}

test('an sshd that hangs up before the right key has its turn: the offered keys and the way out are named', async () => {
  const strict = await startSshd(['MaxAuthTries 2'])
  const agent = startAgent()
  try {
    for (const name of ['one', 'two', 'three']) {
      keygen(join(place.home, name), { comment: name })
      agent.add(join(place.home, name))
    }
    const env = environment(place.home, { env: { SSH_AUTH_SOCK: agent.socket } })
    const problem = await problemOf(connect(target(strict.port, { hostKey: strict.hostKey }), env))
    expect(problem.en).toContain('agent key one, agent key two')
    expect(problem.fix).toContain('ssh_key_path')
  } finally {
    agent.stop()
    await strict.stop()
  }
})

test('an sshd with none but new key exchanges is named as such', async () => {
  const strict = await startSshd(['KexAlgorithms sntrup761x25519-sha512@openssh.com'])
  try {
    const problem = await problemOf(connect(target(strict.port, { hostKey: strict.hostKey }), environment(place.home)))
    expect(problem.fix).toContain('curve25519-sha256')
  } finally {
    await strict.stop()
  }
})
