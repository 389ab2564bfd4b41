import { createServer, type Server as NetServer, type Socket } from 'node:net'
import type { ServerChannel } from 'ssh2'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { capture } from '../../src/hosts/transport.ts'
import { LONGEST } from '../../src/hosts/lines.ts'
import { connect } from '../../src/hosts/connect.ts'
import { hostKey, type Server, startServer } from './server.ts'
import { environment, pause, problemOf, target, tempHome } from './sshd.ts'

const key = hostKey()
const other = hostKey()
let place: ReturnType<typeof tempHome>
let server: Server | undefined
const env = () => environment(place.home, { env: { PASSWORD: 'correct horse', EMPTY: '' } })
const as = (port: number, more = {}) => target(port, { hostKey: key.line, user: 'root', password: 'env:PASSWORD', ...more })

beforeEach(() => {
  place = tempHome()
})
afterEach(() => {
  server?.stop()
  place.remove()
})

const enter = (more: string) => (channel: ServerChannel) => {
  channel.stderr.write('slipway-in\n')
  channel.write(`slipway-in\n${more}`)
}

/** Plays the loader far enough for a script to be "run". */
const loader =
  (lines: string[], exit = 0) =>
  (channel: ServerChannel) => {
    channel.stderr.write('slipway-in\n')
    channel.write(`noise of a login shell\nslipway-in\n${lines.map((line) => `${line}\n`).join('')}`)
    channel.exit(exit)
    channel.end()
  }

test('a changed host key: not one byte of authentication', async () => {
  server = await startServer(key.private)
  const problem = await problemOf(connect(as(server.port, { hostKey: other.line }), env()))
  expect(problem.en).toContain('CHANGED')
  await pause(100)
  expect(server.auths).toEqual([])
})

test('another key at a re-key in the middle stops the connection', async () => {
  server = await startServer(key.private, { exec: enter('') })
  const transport = await connect(as(server.port), env())
  const running = problemOf(capture(transport, 'sleep 100'))
  await pause(100)
  const { parseKey } = (await import('./server.ts')).ssh2.utils
  const swapped = parseKey(other.private)
  type Inside = { _protocol: { _hostKeys: Record<string, unknown> }; rekey(): void }
  const inside = server.connections[0] as unknown as Inside
  const held = inside._protocol._hostKeys
  for (const name of Object.keys(held)) held[name] = Array.isArray(swapped) ? swapped[0] : swapped
  inside.rekey()
  expect((await running).en).toMatch(/CHANGED/)
})

test('the password: once, never after a wrong one, and never `none` first', async () => {
  server = await startServer(key.private, {
    auth: (c) => (c.method === 'password' && c.password === 'correct horse' ? c.accept() : c.reject(['password', 'keyboard-interactive'])),
    exec: loader(['out']),
  })
  await using transport = await connect(as(server.port), env())
  expect(server.auths.map((a) => a.method)).toEqual(['password'])
  expect(await capture(transport, 'x')).toEqual({ exit: 0, stdout: 'out\n', stderr: '' })
  server.auths.length = 0
  const ask = { confirmHostKey: async () => true, passphrase: async () => undefined, password: async () => 'typed wrong' }
  const problem = await problemOf(connect(as(server.port, { password: undefined }), { ...env(), ask }))
  expect(server.auths.map((a) => a.method)).toEqual(['password'])
  expect(problem.en).toContain('tried: password')
  expect(JSON.stringify(problem)).not.toContain('typed wrong')
})

test('keyboard-interactive where that is all there is', async () => {
  server = await startServer(key.private, {
    auth: (c) => {
      if (c.method !== 'keyboard-interactive') return c.reject(['keyboard-interactive'])
      c.prompt([{ prompt: 'Passwort: ', echo: false }], (answers) =>
        answers[0] === 'correct horse' ? c.accept() : c.reject(['keyboard-interactive']),
      )
    },
    exec: loader(['out']),
  })
  const { port } = server
  await import('./sshd.ts').then(({ keygen }) => keygen(`${place.home}/.ssh/id_ed25519`))
  await using _transport = await connect(as(port), env())
  expect(server.auths.map((a) => a.method)).toEqual(['publickey', 'password', 'keyboard-interactive'])
})

test('a secret that is not there is a mistake in the file, before anything is dialled', async () => {
  server = await startServer(key.private)
  for (const password of ['env:EMPTY', 'env:UNSET', 'file:/nowhere', 'cmd:echo leaked; exit 3']) {
    const problem = await problemOf(connect(as(server.port, { password }), env()))
    expect(problem).toMatchObject({ exit: 2 })
    expect(JSON.stringify(problem)).not.toContain('leaked')
  }
  expect(server.connections).toEqual([])
})

test('a channel that closes without an exit', async () => {
  server = await startServer(key.private, {
    exec: (channel) => {
      enter('half')(channel)
      channel.close()
    },
  })
  await using transport = await connect(as(server.port), env())
  expect((await problemOf(capture(transport, 'x'))).en).toContain('connection lost')
})

test('hostile output is bounded and survives', async () => {
  const long = 'x'.repeat(2 * LONGEST)
  server = await startServer(key.private, { exec: loader([long, '\u001b[31mred']) })
  await using transport = await connect(as(server.port), env())
  const lines = []
  for await (const output of transport.run('x')) lines.push(output)
  expect(lines[0]).toEqual({ stream: 'stdout', line: `${long.slice(0, LONGEST)} [cut]`, cut: true })
  expect(lines[1]).toEqual({ stream: 'stdout', line: '\u001b[31mred' })
  // Half an answer must not pass for one.
  expect((await problemOf(capture(transport, 'x'))).en).toContain('longer than 1 MiB')
})

test.each<[string, (socket: Socket) => void]>([
  ['says nothing', () => {}],
  ['says hello and no more', (socket) => void socket.write('SSH-2.0-Stalled\r\n')],
])('a server that %s is given up after the connect timeout', async (_name, behave) => {
  const sockets: Socket[] = []
  const silent: NetServer = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    behave(socket)
  })
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', () => resolve()))
  const problem = await problemOf(connect(as((silent.address() as { port: number }).port, { connectTimeout: 1 }), env()))
  expect(problem).toMatchObject({ exit: 4, en: 'did not answer within 1 s' })
  for (const socket of sockets) socket.destroy()
  silent.close()
})

test('the time a person takes to answer does not count', async () => {
  server = await startServer(key.private, { exec: loader([]) })
  const ask = { confirmHostKey: () => pause(1500).then(() => true), passphrase: async () => undefined, password: async () => undefined }
  await using _transport = await connect(as(server.port, { hostKey: undefined, connectTimeout: 1 }), { ...env(), ask })
})

test.each([true, false])('a host that hangs up while a person decides (%s): with a yes it is dialled anew', async (answer) => {
  const hasty = await startServer(key.private, { exec: loader(['out']) })
  server = hasty
  let asked = 0
  const ask = {
    confirmHostKey: async () => {
      asked++
      hasty.connections[0]?.end()
      await pause(100)
      return answer
    },
    passphrase: async () => undefined,
    password: async () => undefined,
  }
  const way = connect(as(hasty.port, { hostKey: undefined }), { ...env(), ask })
  if (answer) {
    await using transport = await way
    expect((await capture(transport, 'x')).stdout).toBe('out\n')
  } else expect((await problemOf(way)).en).toContain('not accepted')
  expect([asked, hasty.connections.length]).toEqual([1, answer ? 2 : 1])
})

test('something that is not ssh', async () => {
  const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', () => resolve()))
  expect((await problemOf(connect(as((web.address() as { port: number }).port), env()))).en).toContain('ssh handshake')
  web.close()
})
