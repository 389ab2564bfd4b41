// The mirror host: every name that a cluster behind the wall may talk to.
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { createSecureContext } from 'node:tls'
import { type LabNames, startDns, startRegistry } from './children.ts'
import { control } from './control.ts'
import { DebianProxy } from './debian.ts'
import { Faults } from './faults.ts'
import { serveFile } from './files.ts'
import { Journal } from './journal.ts'
import { serveRegistry } from './registry.ts'
import { route } from './routes.ts'
import { spoil } from './spoil.ts'
import { type Ask, type Reply, text } from './types.ts'
import { raiseWall } from './wall.ts'

const LAB = '/lab'
const STATE = '/state'
const CONTROL_PORT = 8079

const requests = new Journal(`${STATE}/requests.jsonl`)
const queries = new Journal(`${STATE}/dns.jsonl`)
const faults = new Faults()
const debian = new DebianProxy(`${STATE}/debian`)

function answer(ask: Ask): Promise<Reply> {
  const target = route(ask.host, ask.path)
  if (target === undefined) return Promise.resolve(text(404, 'Not Found\n'))
  switch (target.kind) {
    case 'file':
      return serveFile(ask, `${LAB}/${target.root}${target.path}`)
    case 'registry':
      return serveRegistry(ask, target.path)
    case 'debian':
      return debian.serve(ask, target.path)
  }
}

const clientOf = ({ remoteAddress = '' }: Socket): string => remoteAddress.replace(/^::ffff:/, '')

function readAsk(request: IncomingMessage): Ask {
  const [rawPath = '/'] = (request.url ?? '/').split('?')
  let path = rawPath
  try {
    path = decodeURIComponent(rawPath)
  } catch {
    // A path that is no valid encoding is taken as it stands; it will not be found.
  }
  return {
    client: clientOf(request.socket),
    host: (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase(),
    method: request.method ?? 'GET',
    path,
    headers: request.headers,
  }
}

async function send(reply: Reply, response: ServerResponse): Promise<number> {
  let bytes = 0
  response.writeHead(reply.status, reply.headers)
  if (reply.body instanceof Readable) {
    reply.body.on('data', (chunk: Buffer) => (bytes += chunk.length))
    // A client that goes away, or a body cut on purpose, ends here; both are logged with what was sent.
    await pipeline(reply.body, response).catch(() => response.destroy())
  } else {
    bytes = reply.body === null ? 0 : Buffer.byteLength(reply.body)
    response.end(reply.body ?? undefined)
  }
  return bytes
}

async function handle(request: IncomingMessage, response: ServerResponse, scheme: string): Promise<void> {
  const began = performance.now()
  const time = new Date().toISOString()
  const ask = readAsk(request)
  const note = (status: number, bytes: number): void => {
    const { client, host, method, path } = ask
    requests.add({ time, client, host, method, path, status, bytes, ms: Math.round(performance.now() - began) })
  }
  const kind = faults.take(ask.host, ask.path, ask.client)
  let reply: Reply | undefined = await answer(ask).catch((error: unknown) => text(502, `${String(error)}\n`))
  if (kind !== undefined) reply = spoil(kind, reply, `${scheme}://${ask.host}${request.url ?? '/'}`)
  if (reply === undefined) {
    note(0, 0)
    return
  }
  note(reply.status, await send(reply, response))
}

const listener =
  (scheme: string): RequestListener =>
  (request, response) => {
    handle(request, response, scheme).catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`)
      response.destroy()
    })
  }

const names = JSON.parse(process.env.LAB_NAMES ?? '') as LabNames
const pair = (name: string): { key: Buffer; cert: Buffer } => ({
  key: readFileSync(`${LAB}/pki/${name}.key`),
  cert: readFileSync(`${LAB}/pki/${name}.crt`),
})
const good = createSecureContext(pair('server'))
const expired = createSecureContext(pair('expired'))
const tls = createTlsServer(
  {
    ...pair('server'),
    // node:tls calls it as a method of the connection.
    SNICallback(this: Socket, host, done) {
      done(null, faults.takeCertificate(host, clientOf(this)) ? expired : good)
    },
  },
  listener('https'),
)
const plain = createServer(listener('http'))
for (const server of [tls, plain]) {
  server.keepAliveTimeout = 60_000
  server.requestTimeout = 0
}

raiseWall(names.own)
startRegistry(LAB)
startDns(LAB, names, queries)
tls.listen(443)
plain.listen(80)
createServer(control({ requests, queries, faults })).listen(CONTROL_PORT)
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0))
