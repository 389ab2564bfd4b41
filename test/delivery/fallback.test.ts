import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DiskError } from '../../src/delivery/disk.ts'
import { fromNetwork, type Supply } from '../../src/delivery/fallback.ts'
import { readRelease, readStanzas } from '../../src/delivery/repository.ts'
import { type Cache, openCache, readWhole } from '../../src/delivery/cache.ts'
import { breaking } from '../mirrors/sources.ts'

const BYTES = Buffer.alloc(300_000, 'slipway')
const PIN = `sha256:${createHash('sha256').update(BYTES).digest('hex')}`
const LIMITS = { connect: 2_000, firstByte: 1_500, window: 500, rate: 20_480, pause: 20 }

let dir: string
let cache: Cache
let supply: Supply
let servers: Server[] = []
let complaints: string[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'slipway-ladder-'))
  cache = openCache(dir)
  supply = fromNetwork(cache, new AbortController().signal, undefined, LIMITS)
  complaints = []
})
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  servers = []
  rmSync(dir, { recursive: true, force: true })
})

/** A server and how often it was asked. */
const start = async (answer: RequestListener) => {
  const asked: { url: string; range: string | undefined; authorization: string | undefined }[] = []
  const server = createServer((request, response) => {
    asked.push({ url: request.url ?? '', range: request.headers.range, authorization: request.headers.authorization })
    answer(request, response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`, asked }
}

const serving: RequestListener = ({ headers }, response) => {
  const from = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0)
  if (from >= BYTES.length) return void response.writeHead(416).end()
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': BYTES.length - from }).end(BYTES.subarray(from))
}
const bring = (...urls: string[]) =>
  supply.bring(
    PIN,
    () => urls.map((url) => ({ url })),
    (line) => complaints.push(line),
  )

test('each thing is fetched once, however many ask for it', async () => {
  const { url, asked } = await start(serving)
  expect(await Promise.all([bring(url), bring(url), bring(url)])).toEqual([true, true, true])
  expect(await bring(url)).toBe(true)
  expect(asked).toHaveLength(1)
  expect(await readWhole(cache, PIN)).toEqual(BYTES)
})

const BAD: readonly (readonly [string, RequestListener, RegExp])[] = [
  ['404', (_, response) => void response.writeHead(404).end(), /HTTP 404/],
  ['500', (_, response) => void response.writeHead(500).end(), /HTTP 500/],
  [
    'one wrong bit',
    (_, response) => void response.end(Buffer.from(BYTES.map((byte, at) => (at === 7 ? byte ^ 1 : byte)))),
    /not the pinned/,
  ],
  ['an HTML page', (_, response) => void response.end('<!DOCTYPE html><p>no'), /HTML page/],
  ['a redirect loop', ({ url }, response) => void response.writeHead(302, { location: url }).end(), /redirects/],
  ['a redirect to a file', (_, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end(), /file: is not asked/],
  ['silence', () => {}, /no byte within/],
  ['silence after the headers', (_, response) => void response.writeHead(200).flushHeaders(), /no byte within/],
  ['a stall', (_, response) => void response.writeHead(200).write(BYTES.subarray(0, 1000)), /only \d+ bytes in/],
]

test.each(BAD)('%s is passed over for the next place, and said in one line', async (_, answer, reason) => {
  const [bad, good] = [await start(answer), await start(serving)]
  expect(await bring(bad.url, good.url)).toBe(true)
  expect(complaints).toHaveLength(1)
  expect(complaints[0]).toMatch(reason)
})

test('all places bad: nothing is left of it', async () => {
  const { url } = await start((_, response) => void response.end('other bytes'))
  expect(await bring(url)).toBe(false)
  expect(await cache.size(PIN)).toBeUndefined()
})

test('a transfer that breaks goes on where it stopped', async () => {
  let turn = 0
  const { url, asked } = await start((request, response) => {
    if (turn++ > 0) return serving(request, response)
    response.writeHead(200, { 'content-length': BYTES.length })
    response.write(BYTES.subarray(0, 100_000))
    // What is not written yet when a connection breaks is lost.
    vi.waitUntil(async () => statSync(await cache.part(PIN)).size === 100_000, 10_000).finally(() => response.destroy())
  })
  expect(await bring(url)).toBe(true)
  expect(asked.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-'])
})

describe('a line that breaks', () => {
  test.each([true, false])('every few bytes brings the whole file, each byte once (it stalls instead of ending: %s)', async (stalls) => {
    const sent: number[] = []
    const { url } = await start(breaking(BYTES, 100_000, { stalls, sent }))
    expect(await bring(url)).toBe(true)
    expect(complaints).toEqual([])
    expect(sent).toEqual([0, 100_000, 200_000])
  })

  test('what it brought is there for the next run', async () => {
    const sent: number[] = []
    let turn = 0
    const { url } = await start((request, response) =>
      turn++ === 0 ? breaking(BYTES, 100_000, { sent })(request, response) : void response.destroy(),
    )
    expect(await bring(url)).toBe(false)
    supply = fromNetwork(openCache(dir), new AbortController().signal, undefined, LIMITS)
    expect(await bring((await start(breaking(BYTES, BYTES.length, { sent }))).url)).toBe(true)
    expect(sent).toEqual([0, 100_000])
  })

  test('a server that cannot resume is not asked for ever, and the longer beginning stays for the next place', async () => {
    const sent: number[] = []
    const first = await start(breaking(BYTES, 100_000, { sent, ranges: false }))
    const second = await start(breaking(BYTES, BYTES.length, { sent }))
    expect(await bring(first.url, second.url)).toBe(true)
    expect(sent.at(-1)).toBe(100_000)
    expect(readdirSync(join(dir, 'sha256'))).toEqual([PIN.slice(7)])
  })

  test('an answer that is no part of the file does not cost the beginning of it', async () => {
    writeFileSync(await cache.part(PIN), BYTES.subarray(0, 100_000))
    expect(await bring((await start((_, response) => void response.end('<!DOCTYPE html>'))).url)).toBe(false)
    expect(readFileSync(await cache.part(PIN))).toEqual(BYTES.subarray(0, 100_000))
  })
})

test('a wrong first half of an earlier run does not speak against a place', async () => {
  writeFileSync(await cache.part(PIN), 'wrong')
  const { url, asked } = await start(serving)
  expect(await bring(url)).toBe(true)
  expect(asked).toHaveLength(2)
})

test("a full disk is nobody's fault: the next place is not asked, and nobody is given up", async () => {
  const [one, two] = [await start(serving), await start(serving)]
  const part = await cache.part(PIN)
  for (let turn = 1; turn <= 3; turn++) {
    symlinkSync('/dev/full', part)
    await expect(bring(one.url, two.url)).rejects.toSatisfy((error) => error instanceof DiskError && error.problem.at === dir)
    rmSync(part)
  }
  expect([one.asked.length, two.asked, complaints]).toEqual([3, [], []])
  expect(await bring(one.url)).toBe(true)
})

test('a cache that cannot be written to costs the places no request', async () => {
  const { url, asked } = await start(serving)
  writeFileSync(join(dir, 'sha256'), 'no folder')
  await expect(bring(url)).rejects.toBeInstanceOf(DiskError)
  expect(asked).toEqual([])
})

test('a host that is silent is asked once in a run; credentials stay with the first host', async () => {
  const silent = await start(() => {})
  const good = await start(serving)
  const moved = await start((_, response) => void response.writeHead(307, { location: good.url.replace('127.0.0.1', 'localhost') }).end())
  expect(await bring(silent.url)).toBe(false)
  expect(await bring(silent.url)).toBe(false)
  expect(silent.asked).toHaveLength(1)
  expect(complaints[1]).toMatch(/not asked/)
  const places = [{ url: moved.url, headers: { authorization: 'Bearer t' } }]
  expect(
    await supply.bring(
      PIN,
      () => places,
      () => {},
    ),
  ).toBe(true)
  expect([moved.asked[0]?.authorization, good.asked[0]?.authorization]).toEqual(['Bearer t', undefined])
})

test('a Release names files by their SHA-256, and stanzas keep their lines', () => {
  const hex = 'ab'.repeat(32)
  const release = `-----BEGIN PGP SIGNED MESSAGE-----\n\nMD5Sum:\n ${'0'.repeat(32)} 1 main/x\nSHA256:\n ${hex} 12 main/binary-amd64/Packages.xz\n-----BEGIN PGP`
  expect(readRelease(release)).toEqual([{ path: 'main/binary-amd64/Packages.xz', digest: `sha256:${hex}`, size: 12 }])
  expect(readStanzas('Package: a\nTag: x,\n y\nSize: 1\n\n\nPackage: b\n')).toEqual([
    { Package: 'a', Tag: 'x,\n y', Size: '1' },
    { Package: 'b' },
  ])
})
