// Hosts that cannot be reached or entered: exit 4, the host is named, and on a first install no host is touched.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { ADDRESS, container, engine, fresh, HOSTS, type HostName, LAB_KNOWN_HOSTS, on, onAll, Operator, until } from './lab.ts'
import { difference, SAME, traces } from './snapshot.ts'

let operator: Operator
let before: Record<HostName, string[]>

beforeAll(async () => {
  await fresh(...HOSTS)
  await on('w1', 'useradd -m -s /bin/sh plain && cp -r /root/.ssh /home/plain/.ssh && chown -R plain: /home/plain/.ssh')
  before = await onAll(traces)
})
beforeEach(() => {
  operator = new Operator()
})

const refused = async (label: string, why: RegExp): Promise<string> => {
  const { exit, stderr } = await operator.up()
  const line = stderr.split('\n').find((text) => text.startsWith(`${label}: `))
  expect(line, stderr).toMatch(why)
  expect(exit).toBe(4)
  return stderr
}

test('a frozen host is given up after connect_timeout', async () => {
  operator.write(({ ssh }) => (ssh.connect_timeout = 5))
  await engine('pause', container('w2'))
  try {
    const { exit, stderr } = await operator.up()
    expect(stderr).toMatch(/^root@10\.77\.0\.22:22: .*5 s/m)
    expect(exit).toBe(4)
  } finally {
    await engine('unpause', container('w2'))
  }
})

test('Ctrl-C is heard while a host does not answer', async () => {
  await engine('pause', container('w2'))
  try {
    const run = operator.start('up', '--yes')
    await until('a connection to cp1', 20, async () => (await on('cp1', "ss -Htn state established '( sport = :22 )'")) !== '')
    run.kill('SIGINT')
    const { exit, stderr } = await run.ended
    expect(exit, stderr).toBe(130)
  } finally {
    await engine('unpause', container('w2'))
  }
})

test('a host where nobody listens', async () => {
  operator.write(({ nodes }) => Object.assign(nodes[1] ?? {}, { port: 2 }))
  await refused('root@10.77.0.21:2', /refused/)
})

test('a key that opens nothing', async () => {
  const key = join(operator.dir, 'other')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  // Not on w2: its sshd shuts the door on people who try wrong keys.
  operator.write(({ nodes }) => Object.assign(nodes[1] ?? {}, { ssh_key_path: key }))
  await refused('root@10.77.0.21:22', /key/)
})

const knownHosts = (change: (line: string) => string): string => {
  const path = join(operator.dir, 'known_hosts')
  writeFileSync(path, readFileSync(LAB_KNOWN_HOSTS, 'utf8').split('\n').map(change).filter(Boolean).join('\n'))
  return path
}

test('a host whose key is another one than before', async () => {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(operator.dir, 'host')])
  const stranger = readFileSync(join(operator.dir, 'host.pub'), 'utf8').split(' ').slice(0, 2).join(' ')
  const path = knownHosts((line) => (line.startsWith(`${ADDRESS.w1} `) ? `${ADDRESS.w1} ${stranger}` : line))
  operator.write(({ ssh }) => (ssh.known_hosts = path))
  const said = await refused('root@10.77.0.21:22', /CHANGED/)
  expect(said).not.toMatch(/root@10\.77\.0\.(11|22)/)
})

test('a host nobody has seen before, and no terminal to ask on', async () => {
  const path = knownHosts((line) => (line.startsWith(`${ADDRESS.w1} `) ? '' : line))
  operator.write(({ ssh }) => (ssh.known_hosts = path))
  const said = await refused('root@10.77.0.21:22', /key/)
  expect(said).toMatch(/SHA256:/)
  expect(readFileSync(path, 'utf8')).not.toContain(ADDRESS.w1)
})

test('a user who is not allowed to become root', async () => {
  operator.write(({ nodes }) => Object.assign(nodes[1] ?? {}, { user: 'plain' }))
  await refused('plain@10.77.0.21:22', /sudo/)
})

test('a sudo password that is wrong is tried once', async () => {
  operator.env = { PASSWORD: 'not-the-one' }
  operator.write(({ nodes }) => Object.assign(nodes[1] ?? {}, { user: 'opspw', sudo_password: 'env:PASSWORD' }))
  const { exit, stdout, stderr } = await operator.up()
  expect(stderr).toMatch(/^opspw@10\.77\.0\.21:22: .*sudo/m)
  expect(stdout + stderr).not.toContain('not-the-one')
  expect(exit).toBe(4)
  expect(Number(await on('w1', "journalctl --sync; journalctl -q -t sudo -o cat | grep -c 'incorrect password attempt' || true"))).toBe(1)
})

test('none of these runs touched any host', async () => {
  const after = await onAll(traces)
  for (const host of HOSTS) expect(difference(before[host], after[host])).toEqual(SAME)
})
