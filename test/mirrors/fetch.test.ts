import 'reflect-metadata'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTls } from 'node:https'
import { type AddressInfo, createServer as createTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as x509 from '@peculiar/x509'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PRELUDE } from '../../src/engine/shell-texts.ts'
import { quote } from '../../src/hosts/sh.ts'

const BYTES = Buffer.alloc(300_000, 'slipway')
const PIN = `sha256:${createHash('sha256').update(BYTES).digest('hex')}`
const OTHER = Buffer.alloc(200_000, 'other')
const OTHER_PIN = `sha256:${createHash('sha256').update(OTHER).digest('hex')}`

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** A server that knows ranges, as real ones do. */
const serving =
  (bytes: Buffer): Handler =>
  ({ headers }, response) => {
    const start = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0)
    if (start >= bytes.length) return void response.writeHead(416).end()
    const rest = bytes.subarray(start)
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': rest.length,
      ...(start > 0 ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
    })
    response.end(rest)
  }

let state: string
let servers: { server: Server; sockets: Set<{ destroy(): void }> }[] = []
const asked: Record<string, number> = {}

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'slipway-fetch-'))
  for (const key of Object.keys(asked)) delete asked[key]
})

afterEach(() => {
  for (const { server, sockets } of servers) {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  servers = []
})

const listen = async (server: Server): Promise<number> => {
  const sockets = new Set<{ destroy(): void }>()
  server.on('connection', (socket) => sockets.add(socket))
  servers.push({ server, sockets })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const start = async (name: string, handler: Handler): Promise<string> => {
  const port = await listen(
    createServer((request, response) => {
      asked[name] = (asked[name] ?? 0) + 1
      handler(request, response)
    }),
  )
  return `http://127.0.0.1:${port}`
}

/** Runs the real functions under /bin/sh, with a host's directories in a temporary place and limits that a test can wait for. */
const script = async (body: string, environment: Readonly<Record<string, string>> = {}) => {
  const limits = 'FETCH_CONNECT=2 FETCH_FIRST_BYTE=2 FETCH_WINDOW=1 FETCH_PAUSE=0.1\n'
  const text = `${PRELUDE}\nSTATE=${quote(state)}\n${limits}\nmain() {\n${body}\n}\nmain; exit\n`
  const { code, stdout, stderr } = await promisify(execFile)('/bin/sh', ['-c', text], {
    env: { ...process.env, no_proxy: '*', ...environment },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
  const notes = stdout.split('\n').flatMap((line) => (line.startsWith('::slipway note ') ? [line.slice('::slipway note '.length)] : []))
  return { code, notes, stdout, stderr }
}

const DAY = 86_400_000

/** A self-signed certificate for localhost that ended yesterday, trusted through `path`. */
const expired = async () => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=localhost',
    notBefore: new Date(Date.now() - 3 * DAY),
    notAfter: new Date(Date.now() - DAY),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true), new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
  })
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const path = join(state, 'ca.crt')
  await writeFile(path, certificate.toString('pem'))
  return { key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`, cert: certificate.toString('pem'), path }
}

const fetchFrom = (urls: readonly string[], name = 'got', pin = PIN) =>
  `fetch ${pin} ${quote(join(state, name))} ${urls.map(quote).join(' ')}`
const got = () => readFile(join(state, 'got'))
const leftovers = async () => readdir(join(state, 'fetch')).catch(() => [])

const html: Handler = (_, response) =>
  void response.setHeader('content-type', 'text/html').end('<!DOCTYPE html><html><body>File not found</body></html>')
const status =
  (code: number): Handler =>
  (_, response) =>
    void response.writeHead(code).end('no')

const half: Handler = (_, response) => {
  response.writeHead(200, { 'content-length': BYTES.length })
  response.write(BYTES.subarray(0, 100_000))
}

const FAULTS: Readonly<Record<string, Readonly<{ handler: Handler; says: RegExp }>>> = {
  'wrong bytes': { handler: serving(Buffer.alloc(BYTES.length, 'evil')), says: /wrong digest/ },
  'one bit flipped': {
    handler: serving(Buffer.from(BYTES.map((byte, at) => (at === 150_000 ? byte ^ 1 : byte)))),
    says: /wrong digest/,
  },
  'a page with 200': { handler: html, says: /an HTML page/ },
  '404': { handler: status(404), says: /404/ },
  '403': { handler: status(403), says: /403/ },
  '500': { handler: status(500), says: /HTTP 500 .given up/ },
  '503': { handler: status(503), says: /HTTP 503 .given up/ },
  '429': { handler: status(429), says: /HTTP 429 .given up/ },
  'nothing at all': { handler: () => {}, says: /silent for 2 s .given up/ },
  'half, then silence': { handler: half, says: /silent for 1 s .given up|only [\d.]+ KB.s .given up/ },
  'too slow': {
    handler: (_, response) => {
      response.writeHead(200, { 'content-length': BYTES.length })
      const timer = setInterval(() => response.write('x'.repeat(1000)), 100)
      response.on('close', () => clearInterval(timer))
    },
    says: /only \d+\.\d KB.s/,
  },
  truncated: {
    handler: (_, response) => {
      response.writeHead(200, { 'content-length': BYTES.length })
      response.write(BYTES.subarray(0, 1000), () => response.destroy())
    },
    says: /./,
  },
  'a redirect loop': {
    handler: (_, response) => void response.writeHead(302, { location: '/again' }).end(),
    says: /it redirects in circles/,
  },
  'a redirect to a file': {
    handler: (_, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    says: /file/i,
  },
}

describe('a source that fails', () => {
  test.for(Object.entries(FAULTS))('%s: never installed, the next takes over', async ([, { handler, says }]) => {
    const [bad, good] = [await start('bad', handler), await start('good', serving(BYTES))]
    const { code, notes } = await script(fetchFrom([`${bad}/file`, `${good}/file`]))
    expect(code).toBe(0)
    expect(await got()).toEqual(BYTES)
    expect(notes).toHaveLength(1)
    expect(notes[0]).toMatch(says)
    expect(notes[0]).toContain(`source-failed ${bad.replace('http://', '')} file `)
    expect(await leftovers()).toEqual([])
  })

  test.for(Object.entries(FAULTS))('%s everywhere: not installed, nothing half-written', async ([, { handler }]) => {
    const [one, two] = [await start('one', handler), await start('two', handler)]
    const { code, notes, stderr } = await script(`${fetchFrom([`${one}/file`, `${two}/file`])}\necho installed`)
    expect(code).toBe(1)
    expect(notes).toHaveLength(2)
    expect(stderr).toContain('no source delivered file')
    expect(stderr).toContain(`${two.replace('http://', '')}: file: `)
    await expect(got()).rejects.toThrow()
    expect(await leftovers()).toEqual([])
  })

  test('connection refused, and a name that does not resolve', async () => {
    const good = await start('good', serving(BYTES))
    const { code, notes } = await script(fetchFrom(['http://127.0.0.1:1/file', 'http://mirror.invalid/file', `${good}/file`]))
    expect(code).toBe(0)
    expect(notes).toHaveLength(2)
    expect(notes[0]).toMatch(/^source-failed 127\.0\.0\.1:1 file no connection .given up/)
    expect(notes[1]).toMatch(/does not resolve/)
  })

  test('nobody answers the handshake', async () => {
    const good = await start('good', serving(BYTES))
    const silent = createTcp(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { code, notes } = await script(fetchFrom([`https://127.0.0.1:${(silent.address() as AddressInfo).port}/file`, `${good}/file`]))
    silent.close()
    expect(code).toBe(0)
    expect(notes).toHaveLength(1)
  })

  test('a certificate that has expired', async () => {
    const { key, cert, path } = await expired()
    const port = await listen(createTls({ key, cert }, serving(BYTES)) as unknown as Server)
    const good = await start('good', serving(BYTES))
    const { code, notes } = await script(fetchFrom([`https://localhost:${port}/file`, `${good}/file`]), { CURL_CA_BUNDLE: path })
    expect(code).toBe(0)
    expect(notes).toHaveLength(1)
    expect(notes[0]).toMatch(/expired certificate/)
  })
})

describe('what a bad source costs', () => {
  test('its limits once: later files do not ask it, and the note stands once', async () => {
    const [bad, good] = [
      await start('bad', () => {}),
      await start('good', (request, response) => serving(request.url === '/other' ? OTHER : BYTES)(request, response)),
    ]
    const { code, notes, stdout } = await script(
      [fetchFrom([`${bad}/file`, `${good}/file`]), fetchFrom([`${bad}/other`, `${good}/other`], 'other', OTHER_PIN)].join('\n'),
    )
    expect(code).toBe(0)
    expect(asked.bad).toBe(1)
    expect(notes).toHaveLength(1)
    expect(stdout).toContain(`skipped ${bad}/other: not asked again`)
  })

  test('a file it does not have is one strike, three are enough', async () => {
    const [bad, good] = [await start('bad', status(404)), await start('good', serving(BYTES))]
    const files = ['a', 'b', 'c', 'd', 'e'].map(
      (name) => `${fetchFrom([`${bad}/${name}`, `${good}/${name}`])}\nrm ${quote(join(state, 'got'))}`,
    )
    const { code, notes } = await script(files.join('\n'))
    expect(code).toBe(0)
    expect(asked.bad).toBe(3)
    expect(notes).toHaveLength(3)
    expect(notes[2]).toMatch(/given up/)
  })

  test('a server that is busy once is asked once more', async () => {
    const busy = await start('busy', (request, response) => (asked.busy === 1 ? status(503) : serving(BYTES))(request, response))
    const { code, notes } = await script(fetchFrom([`${busy}/file`]))
    expect({ code, notes }).toEqual({ code: 0, notes: [] })
    expect(asked.busy).toBe(2)
  })

  test('a lazy mirror may take its time for the first byte', async () => {
    const lazy = await start('lazy', (request, response) => void setTimeout(() => serving(BYTES)(request, response), 1600))
    const { code, notes } = await script(fetchFrom([`${lazy}/file`]))
    expect({ code, notes }).toEqual({ code: 0, notes: [] })
  })
})

describe('resuming', () => {
  test('a transfer that breaks goes on where it stopped', async () => {
    const ranges: (string | undefined)[] = []
    const breaking = await start('breaking', (request, response) => {
      ranges.push(request.headers.range)
      if (ranges.length > 1) return serving(BYTES)(request, response)
      response.writeHead(200, { 'content-length': BYTES.length })
      response.write(BYTES.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50))
    })
    const { code, notes } = await script(fetchFrom([`${breaking}/file`]))
    expect({ code, notes }).toEqual({ code: 0, notes: [] })
    expect(ranges).toEqual([undefined, 'bytes=100000-'])
  })

  test('a wrong first half of somebody else does not speak against the next', async () => {
    const good = await start('good', serving(BYTES))
    const part = `install -d "$STATE/fetch"; printf wrong-start >"$STATE/fetch/${PIN.slice(7)}"`
    const { code, notes } = await script(`${part}\n${fetchFrom([`${good}/file`])}`)
    expect({ code, notes }).toEqual({ code: 0, notes: [] })
    expect(await got()).toEqual(BYTES)
    expect(asked.good).toBe(2)
  })

  test('a server without ranges begins anew', async () => {
    const plain = await start('plain', (_, response) => void response.writeHead(200, { 'content-length': BYTES.length }).end(BYTES))
    const part = `install -d "$STATE/fetch"; head -c 1000 ${quote(join(state, 'source'))} >"$STATE/fetch/${PIN.slice(7)}"`
    await writeFile(join(state, 'source'), BYTES)
    const { code, notes } = await script(`${part}\n${fetchFrom([`${plain}/file`])}`)
    expect({ code, notes }).toEqual({ code: 0, notes: [] })
  })

  test('what is whole already is not asked for', async () => {
    const good = await start('good', serving(BYTES))
    await writeFile(join(state, 'source'), BYTES)
    const part = `install -d "$STATE/fetch"; cp ${quote(join(state, 'source'))} "$STATE/fetch/${PIN.slice(7)}"`
    expect((await script(`${part}\n${fetchFrom([`${good}/file`])}`)).code).toBe(0)
    expect(asked.good).toBeUndefined()
  })
})
