import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressInfo, Server } from 'node:net'
import { promisify } from 'node:util'
import { PRELUDE } from '../../src/shell/texts.ts'
import { quote } from '../../src/shell/quote.ts'

export const BYTES = Buffer.alloc(300_000, 'slipway')
export const PIN = `sha256:${createHash('sha256').update(BYTES).digest('hex')}`
export const OTHER = Buffer.alloc(200_000, 'other')
export const OTHER_PIN = `sha256:${createHash('sha256').update(OTHER).digest('hex')}`

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** A server that knows ranges, as real ones do. */
export const serving =
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

/** A server whose every answer breaks (or stalls) after `most` bytes; `sent` gets where each answer began. */
export const breaking =
  (bytes: Buffer, most: number, { stalls = false, ranges = true, sent = [] as number[] } = {}): Handler =>
  ({ headers }, response) => {
    const start = ranges ? Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0) : 0
    sent.push(start)
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': bytes.length - start,
      ...(start > 0 ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
    })
    const rest = bytes.subarray(start, start + most)
    if (start + rest.length === bytes.length) return void response.end(rest)
    // Bytes that are still on their way when a connection is torn down are lost.
    response.write(rest, () => stalls || setTimeout(() => response.destroy(), 50))
  }

/** Servers that serve what a test says, and the real `fetch` of a host beside them, in a temporary place of its own. */
export class Sources {
  state = ''
  /** How often each server was asked, by name. */
  asked: Record<string, number> = {}
  #servers: { server: Server; sockets: Set<{ destroy(): void }> }[] = []

  async open(): Promise<void> {
    this.state = await mkdtemp(join(tmpdir(), 'slipway-fetch-'))
    this.asked = {}
  }

  close(): void {
    for (const { server, sockets } of this.#servers) {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
    this.#servers = []
  }

  /** The port a server listens on from now on. */
  async listen(server: Server): Promise<number> {
    const sockets = new Set<{ destroy(): void }>()
    server.on('connection', (socket) => sockets.add(socket))
    this.#servers.push({ server, sockets })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  }

  /** The address of a server that is counted under `name`. */
  async start(name: string, handler: Handler): Promise<string> {
    const server = createServer((request, response) => {
      this.asked[name] = (this.asked[name] ?? 0) + 1
      handler(request, response)
    })
    return `http://127.0.0.1:${await this.listen(server)}`
  }

  /** Runs the real functions under /bin/sh, with a host's directories in a temporary place and limits that a test can wait for. */
  async script(body: string, environment: Readonly<Record<string, string>> = {}) {
    const limits = 'FETCH_CONNECT=2 FETCH_FIRST_BYTE=2 FETCH_WINDOW=1 FETCH_PAUSE=0.1\n'
    const text = `${PRELUDE}\nSTATE=${quote(this.state)}\n${limits}\nmain() {\n${body}\n}\nmain; exit\n`
    const { code, stdout, stderr } = await promisify(execFile)('/bin/sh', ['-c', text], {
      env: { ...process.env, no_proxy: '*', ...environment },
    }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    )
    const notes = stdout.split('\n').flatMap((line) => (line.startsWith('::slipway note ') ? [line.slice('::slipway note '.length)] : []))
    return { code, notes, stdout, stderr }
  }

  /** The call of `fetch` that brings a file from the first address that delivers it. */
  fetchFrom(urls: readonly string[], name = 'got', pin = PIN): string {
    return `fetch ${pin} ${quote(join(this.state, name))} ${urls.map(quote).join(' ')}`
  }

  got(): Promise<Buffer> {
    return readFile(join(this.state, 'got'))
  }

  leftovers(): Promise<string[]> {
    return readdir(join(this.state, 'fetch')).catch(() => [])
  }
}

const html: Handler = (_, response) =>
  void response.setHeader('content-type', 'text/html').end('<!DOCTYPE html><html><body>File not found</body></html>')
export const status =
  (code: number): Handler =>
  (_, response) =>
    void response.writeHead(code).end('no')

const half: Handler = (_, response) => {
  response.writeHead(200, { 'content-length': BYTES.length })
  response.write(BYTES.subarray(0, 100_000))
}

export const FAULTS: Readonly<Record<string, Readonly<{ handler: Handler; says: RegExp }>>> = {
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
