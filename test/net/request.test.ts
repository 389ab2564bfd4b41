import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { egressOf } from '../../src/net/egress.ts'
import { createHttp } from '../../src/net/http.ts'
import { authorizing } from '../../src/net/registry-auth.ts'
import { createFetch, type Fetch, type Init, movedTo } from '../../src/net/request.ts'
import { Secret } from '../../src/shell/quote.ts'

const LIMITS = { connect: 1_000, firstByte: 600, window: 200, rate: 20_480, pause: 10 }
const ask = createFetch(egressOf({}), LIMITS)

let servers: Server[] = []
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  servers = []
})
const start = async (answer: RequestListener): Promise<string> => {
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`
}

async function* bytes(chunks: number): AsyncGenerator<Uint8Array> {
  for (let turn = 0; turn < chunks; turn++) yield Buffer.alloc(256 * 1024)
}
const put = (url: string, chunks: number) =>
  ask(url, { method: 'PUT', headers: { 'content-length': String(chunks * 256 * 1024) }, body: bytes(chunks) })

describe('limits of every request', () => {
  test('an upload that nobody takes ends', async () => {
    await expect(put(await start((request) => void request.pause()), 200)).rejects.toThrow(/only \d+ bytes in 0.2 s/)
  })
  test('an upload that is taken and never answered ends', async () => {
    await expect(put(await start((request) => void request.resume()), 2)).rejects.toThrow(/no byte within/)
  })
  test('an upload whose source is slow is not blamed on the other side', async () => {
    const url = await start((request, response) => void request.resume().on('end', () => response.end('done')))
    const slowly = async function* () {
      for (let turn = 0; turn < 3; turn++) {
        await new Promise((done) => setTimeout(done, 400))
        yield Buffer.from('a')
      }
    }
    const answer = await ask(url, { method: 'PUT', headers: { 'content-length': '3' }, body: slowly() })
    expect(await answer.text()).toBe('done')
  })
  test('an answer that comes before the upload is over is the answer', async () => {
    const url = await start((_, response) => void response.writeHead(413, { connection: 'close' }).end('too much'))
    expect((await put(url, 2)).status).toBe(413)
  })
  test('a digest that trickles in ends', async () => {
    const url = await start((_, response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write('x'), 20)
      response.on('close', () => clearInterval(timer))
    })
    const http = createHttp(new AbortController().signal, ask)
    expect(await http.digest(url)).toBeUndefined()
    expect(http.why(url)).toMatch(/only \d+ bytes in 0.2 s/)
  })
  test('a body that its reader takes slowly is not too slow', async () => {
    const url = await start((_, response) => void response.end(Buffer.alloc(300_000)))
    let size = 0
    for await (const chunk of (await ask(url)).body ?? []) {
      size += chunk.length
      if (size < 200_000) await new Promise((done) => setTimeout(done, 300))
    }
    expect(size).toBe(300_000)
  })
})

test.each([
  ['https://reg.corp/v2/', 'http://reg.corp/upload?a=b', 'https://reg.corp/upload?a=b'],
  ['https://reg.corp:8443/v2/', 'http://reg.corp:8443/upload', 'https://reg.corp:8443/upload'],
  ['https://reg.corp/v2/', 'http://other.corp/upload', 'http://other.corp/upload'],
  ['http://reg.corp/v2/', '/upload', 'http://reg.corp/upload'],
])('from %s to %s: %s', (from, location, to) => expect(movedTo(location, new URL(from)).href).toBe(to))

describe('a login', () => {
  const LOGIN = 'Basic dTpw'
  /** Registries that want a token from `realm`; what each URL was shown. */
  const registry = (realm: string) => {
    const shown: [url: string, authorization: string | undefined][] = []
    const double: Fetch = async (url, { headers = {} }: Init = {}) => {
      shown.push([url.split('?')[0] ?? '', headers.authorization])
      if (url.includes('/token')) return Response.json({ token: 't' })
      if (headers.authorization !== undefined) return new Response('yes')
      return new Response(null, { status: 401, headers: { 'www-authenticate': realm } })
    }
    return { shown, request: authorizing(double, { 'https://reg.corp': new Secret(LOGIN) }) }
  }
  const bearer = (place: string) => `Bearer realm="${place}/token",service="s"`

  test('belongs to an origin: the same host by http, or by another port, does not get it', async () => {
    for (const origin of ['http://reg.corp', 'https://reg.corp:8443']) {
      const { request, shown } = registry('Basic realm="x"')
      expect((await request(`${origin}/v2/a/blobs/b`, {}, 'a', 'pull')).status).toBe(401)
      expect(shown.map(([, authorization]) => authorization)).toEqual([undefined])
    }
  })
  test('goes to a token service by https, also where the registry names its own host by http', async () => {
    for (const place of ['https://auth.corp', 'http://reg.corp']) {
      const { request, shown } = registry(bearer(place))
      expect((await request('https://reg.corp/v2/a/blobs/b', {}, 'a', 'pull')).status).toBe(200)
      expect(shown[1]).toEqual([`${place.replace('http:', 'https:')}/token`, LOGIN])
    }
  })
  test('goes to no token service in the clear, and the cause is said', async () => {
    const { request, shown } = registry(bearer('http://auth.corp'))
    await expect(request('https://reg.corp/v2/a/blobs/b', {}, 'a', 'pull')).rejects.toThrow(/in the clear: set the registry's external URL/)
    expect(shown).toHaveLength(1)
  })
})
