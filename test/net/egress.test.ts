import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { egressOf, isExempt } from '../../src/net/egress.ts'
import { createFetch } from '../../src/net/request.ts'

const folder = mkdtempSync(join(tmpdir(), 'slipway-egress-'))
const pem = (name: string): string => readFileSync(join(folder, name), 'utf8')
const asked: string[] = []
const servers: Server[] = []
const listen = async (server: Server): Promise<number> => {
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}
let [proxyPort, plainPort, tlsPort] = [0, 0, 0]

/** A proxy as small as they come: CONNECT, and whole URLs for plain http. */
const proxy = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`)
  response.end('by the proxy')
}).on('connect', (request, socket) => {
  asked.push(`CONNECT ${request.url}`)
  if (request.url?.startsWith('forbidden')) {
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    return
  }
  const far = connect(tlsPort, '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    far.pipe(socket).pipe(far)
  })
})

beforeAll(async () => {
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=far.corp'],
    ...['-addext', 'subjectAltName=DNS:far.corp,IP:127.0.0.1', '-keyout', join(folder, 'key'), '-out', join(folder, 'crt')],
  ])
  proxyPort = await listen(proxy)
  plainPort = await listen(
    createServer((request, response) => {
      if (request.url === '/away') response.writeHead(302, { location: `http://localhost:${plainPort}/seen` })
      if (request.url === '/loop') response.writeHead(302, { location: '/loop' })
      response.end(request.headers.authorization ?? 'nobody')
    }),
  )
  tlsPort = await listen(
    createTlsServer({ key: pem('key'), cert: pem('crt') }, (request, response) => {
      let size = 0
      request.on('data', (chunk: Buffer) => (size += chunk.length)).on('end', () => response.end(`${request.method} ${size}`))
    }) as unknown as Server,
  )
})
beforeEach(() => void asked.splice(0))
afterAll(() => {
  for (const server of servers) server.closeAllConnections()
  rmSync(folder, { recursive: true })
})

const through = (no_proxy = '') =>
  createFetch(
    egressOf({
      proxy: { http_proxy: `http://127.0.0.1:${proxyPort}`, https_proxy: `http://127.0.0.1:${proxyPort}/`, no_proxy },
      authorities: { 'far.corp': pem('crt'), [`127.0.0.1:${tlsPort}`]: pem('crt') },
    }),
  )

describe('a proxy', () => {
  test('https goes through CONNECT, and the far end still proves who it is', async () => {
    expect(await (await through()('https://far.corp/')).text()).toBe('GET 0')
    expect(asked).toEqual(['CONNECT far.corp:443'])
    await expect(through()('https://other.corp/')).rejects.toThrow(/self-signed|certificate/i)
  })
  test('http is asked by the whole URL', async () => {
    expect(await (await through()('http://deb.corp/x?y=1')).text()).toBe('by the proxy')
    expect(asked).toEqual(['GET http://deb.corp/x?y=1'])
  })
  test('what is exempt is asked directly', async () => {
    expect(await (await through('127.0.0.0/8')(`https://127.0.0.1:${tlsPort}/`)).text()).toBe('GET 0')
    expect(await (await through('127.0.0.1')(`http://127.0.0.1:${plainPort}/`)).text()).toBe('nobody')
    expect(asked).toEqual([])
  })
  test('a proxy that refuses, or is not there, is named', async () => {
    await expect(through()('https://forbidden.corp/')).rejects.toThrow(`the proxy 127.0.0.1:${proxyPort} answers 403`)
    const away = createFetch(egressOf({ proxy: { https_proxy: 'http://127.0.0.1:1' } }))
    await expect(away('https://far.corp/')).rejects.toThrow('ECONNREFUSED')
  })
})

test("a registry's own CA is the only one believed for it; a stream is sent with its length", async () => {
  const body = (async function* () {
    yield Buffer.alloc(70_000)
    yield Buffer.alloc(30_000)
  })()
  const url = `https://127.0.0.1:${tlsPort}/`
  const answer = await through('*')(url, { method: 'PUT', headers: { 'content-length': '100000' }, body })
  expect(await answer.text()).toBe('PUT 100000')
  await expect(createFetch(egressOf({}))(url)).rejects.toThrow(/self-signed/)
})

test('a redirect takes no credentials to another host, and circles end', async () => {
  const ask = createFetch(egressOf({}))
  const headers = { Authorization: 'Basic eA==' }
  expect(await (await ask(`http://127.0.0.1:${plainPort}/`, { headers })).text()).toBe('Basic eA==')
  expect(await (await ask(`http://127.0.0.1:${plainPort}/away`, { headers })).text()).toBe('nobody')
  await expect(ask(`http://127.0.0.1:${plainPort}/loop`)).rejects.toThrow('too many redirects')
})

test.each([
  ['a.corp', '.corp', true],
  ['a.corp', 'corp', true],
  ['acorp', 'corp', false],
  ['a.corp', 'b.corp,a.corp', true],
  ['10.1.2.3', '10.0.0.0/8', true],
  ['11.1.2.3', '10.0.0.0/8', false],
  ['10.1.2.3', '2.3', false],
  ['x.svc', '.svc', true],
  ['anything', '*', true],
  ['a.corp', '', false],
])('%s beside %s: %s', (host, list, exempt) => expect(isExempt(host, list)).toBe(exempt))
