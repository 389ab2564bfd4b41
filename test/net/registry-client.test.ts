import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createRegistry } from '../../src/net/registry-client.ts'
import { createFetch, type Fetch } from '../../src/net/request.ts'
import { breaking } from '../mirrors/sources.ts'
import { digestOf } from './fake-registry.ts'

const LIMITS = { connect: 1_000, firstByte: 1_000, window: 300, rate: 1_000, pause: 10 }
const BYTES = Buffer.alloc(300_000, 'layer')
const { signal } = new AbortController()

let servers: Server[] = []
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  servers = []
})
const start = async (answer: RequestListener) => {
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2`, path: 'a' }
}
const registry = createRegistry(createFetch(undefined, LIMITS), signal, {}, LIMITS)
const read = async (repository: Awaited<ReturnType<typeof start>>): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of registry.blob(repository, 'sha256:x')) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('a blob', () => {
  test.each([true, false])('comes in as many answers as it takes, each byte once (they stall instead of ending: %s)', async (stalls) => {
    const sent: number[] = []
    expect(await read(await start(breaking(BYTES, 100_000, { stalls, sent })))).toEqual(BYTES)
    expect(sent).toEqual([0, 100_000, 200_000])
  })
  test('of a server that cannot resume is not asked for ever', async () => {
    const sent: number[] = []
    await expect(read(await start(breaking(BYTES, 100_000, { ranges: false, sent })))).rejects.toThrow(/broke off/)
    expect(sent.length).toBeLessThan(5)
  })
  test('of a server that cannot resume, but serves it whole the second time, is whole', async () => {
    let turn = 0
    const repository = await start((request, response) =>
      breaking(BYTES, turn++ === 0 ? 100_000 : BYTES.length, { ranges: false })(request, response),
    )
    expect(await read(repository)).toEqual(BYTES)
  })
})

describe('a registry that does not know HEAD', () => {
  const manifest = Buffer.from('{"schemaVersion":2}')
  const byGet: RequestListener = ({ method, url }, response) => {
    if (method === 'HEAD') response.writeHead(405).end()
    else if (url?.includes('missing')) response.writeHead(404).end()
    else response.end(manifest)
  }
  test('is asked by GET for what it has, and the digest is that of the bytes', async () => {
    const repository = await start(byGet)
    expect(await registry.head(repository, 'v1')).toEqual({ status: 200, digest: digestOf(manifest) })
    expect(await registry.head(repository, 'missing')).toEqual({ status: 404, error: 'HTTP 404' })
    expect(await registry.hasBlob(repository, 'sha256:x')).toBe(true)
    expect(await registry.hasBlob(repository, 'sha256:missing')).toBe(false)
  })
})

describe('an upload', () => {
  const pushTo = (location: string) => {
    const asked: string[] = []
    const double: Fetch = async (url, init = {}) => {
      asked.push(`${init.method} ${url.split('?')[0]}`)
      return init.method === 'POST' ? new Response(null, { status: 202, headers: { location } }) : new Response(null, { status: 201 })
    }
    const push = createRegistry(double, signal).pushBlob(
      { base: 'https://reg.corp/v2', path: 'a' },
      { digest: 'sha256:x', size: 0 },
      (async function* () {})(),
    )
    return { asked, push }
  }
  test('stays with https where the registry names its own host by http', async () => {
    const { asked, push } = pushTo('http://reg.corp/v2/a/blobs/uploads/1')
    await push
    expect(asked[1]).toBe('PUT https://reg.corp/v2/a/blobs/uploads/1')
  })
  test('goes nowhere in the clear, and the cause is said', async () => {
    const { asked, push } = pushTo('http://backend:5000/v2/a/blobs/uploads/1')
    await expect(push).rejects.toThrow(/http:\/\/backend:5000, in the clear: set the registry's external URL to https:\/\/reg\.corp/)
    expect(asked).toHaveLength(1)
  })
})
