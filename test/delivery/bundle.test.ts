import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type TarEntry, textEntry, writeTar } from '../../src/archive/tar.ts'
import { openBundle } from '../../src/run/delivery.ts'
import { type Contents, readBundle, writeBundle } from '../../src/delivery/bundle.ts'
import { DiskError } from '../../src/delivery/disk.ts'
import { fill } from '../../src/delivery/out-file.ts'
import { openCache, readWhole, type BlobStore } from '../../src/delivery/cache.ts'

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`
const FILES = ['kubelet', 'an image layer', '', 'x'.repeat(5000)]
const blobs = (texts: readonly string[]) => Object.fromEntries(texts.map((text) => [digestOf(text), text.length]))
const contents = (texts: readonly string[] = FILES): Contents => ({
  format: 1,
  slipway: '0.1.0',
  kubernetes: ['v1.36.3'],
  systems: {},
  blobs: blobs(texts),
})

const store: BlobStore = {
  size: (digest) => Promise.resolve(FILES.find((text) => digestOf(text) === digest)?.length),
  open: async function* (digest) {
    yield Buffer.from(FILES.find((text) => digestOf(text) === digest) ?? '')
  },
}

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'slipway-bundle-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const bytesOf = async (entries: readonly TarEntry[]): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of writeTar(entries)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('what is written is read again, from its place in the file', async () => {
  const path = join(dir, 'b.tar')
  const { size, digest } = await writeBundle(path, contents(), 'licences\n', store)
  const bytes = readFileSync(path)
  expect([size, digest]).toEqual([bytes.length, `sha256:${createHash('sha256').update(bytes).digest('hex')}`])
  expect(readdirSync(dir)).toEqual(['b.tar'])
  const bundle = await readBundle(path)
  expect(bundle.contents).toEqual(contents())
  for (const text of FILES) expect((await readWhole(bundle.store, digestOf(text))).toString()).toBe(text)
  expect(await bundle.store.size(digestOf('unknown'))).toBeUndefined()
})

test('a bundle that cannot be written leaves nothing behind', async () => {
  const short: BlobStore = { ...store, open: async function* () {} }
  await expect(writeBundle(join(dir, 'b.tar'), contents(), '', short)).rejects.toThrow('bytes it was announced with')
  expect(readdirSync(dir)).toEqual([])
})

test('a full disk is told of as such, and leaves nothing behind', async () => {
  const path = join(dir, 'b.tar')
  symlinkSync('/dev/full', `${path}.part`)
  const error = await writeBundle(path, contents(), '', store).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(DiskError)
  expect((error as DiskError).problem).toMatchObject({ at: path, exit: 5, what: { en: 'there is no room for this file (ENOSPC)' } })
  expect(readdirSync(dir)).toEqual([])
})

test('what the source of a file throws is not the fault of the disk', async () => {
  const lost = Object.assign(new Error('gone'), { code: 'ECONNRESET', syscall: 'read' })
  // biome-ignore lint/correctness/useYield: it breaks before the first byte
  const broken = (async function* (): AsyncGenerator<Uint8Array> {
    throw lost
  })()
  await expect(fill(join(dir, 'part'), broken, join(dir, 'b.tar'), 0o600)).rejects.toBe(lost)
})

test('a folder that is not there is told of', async () => {
  const path = join(dir, 'none', 'b.tar')
  await expect(writeBundle(path, contents(), '', store)).rejects.toMatchObject({ problem: { at: path, exit: 5 } })
})

const blob = (text: string, name = `blobs/sha256/${digestOf(text).slice(7)}`): TarEntry => textEntry(name, text)
const list = (about: object): TarEntry => textEntry('slipway-bundle.json', JSON.stringify(about))
const good = FILES.map((text) => blob(text))

const HOSTILE: readonly (readonly [string, readonly TarEntry[], RegExp])[] = [
  [
    'a file with other bytes',
    [list(contents()), blob('kubeled', `blobs/sha256/${digestOf('kubelet').slice(7)}`), ...good.slice(1)],
    /damaged/,
  ],
  ['a file of another size', [list({ ...contents(), blobs: { ...contents().blobs, [digestOf('kubelet')]: 8 } }), ...good], /not the size/],
  ['a file that is missing', [list(contents()), ...good.slice(1)], /is missing/],
  ['a file that is not on its list', [list(contents()), ...good, blob('more')], /not in its list/],
  ['a file under another name', [list(contents()), ...good, textEntry('etc/passwd', 'x')], /not in its list/],
  ['a file whose name is half a digest', [list(contents()), textEntry('blobs/sha256/abc', 'x')], /not in its list/],
  ['no list', good, /not a bundle/],
  ['a list behind the files', [...good, list(contents())], /not a bundle/],
  ['a list that is no JSON', [textEntry('slipway-bundle.json', '{'), ...good], /not a bundle/],
  ['a list of another version', [list({ ...contents(), format: 2 }), ...good], /not a bundle/],
  ['a list with a digest that is none', [list({ ...contents(), blobs: { '../../x': 1 } }), ...good], /not a bundle/],
]

describe('a bundle is refused that has', () => {
  test.each(HOSTILE)('%s', async (_, entries, reason) => {
    const path = join(dir, 'b.tar')
    writeFileSync(path, await bytesOf(entries))
    const refused = await openBundle(path)
    expect(refused).toMatchObject({ at: path, severity: 'error', exit: 2 })
    expect('what' in refused && refused.what.en).toMatch(reason)
  })

  test('been cut off anywhere, or is none', async () => {
    const path = join(dir, 'b.tar')
    const whole = await bytesOf([list(contents()), ...good])
    for (const length of [0, 100, 600, 1600, whole.length - 1024, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, length))
      expect(await openBundle(path), `${length}`).toMatchObject({ exit: 2 })
    }
    expect(await openBundle(join(dir, 'none'))).toMatchObject({ exit: 2, what: { en: 'there is no such file' } })
    expect(await openBundle(dir)).toMatchObject({ exit: 2 })
  })
})

test('the cache keeps only what has its digest, and forgets what a disk has changed', async () => {
  const cache = openCache(dir)
  const digest = digestOf('kubelet')
  writeFileSync(await cache.part(digest), 'kubeled')
  expect([await cache.keep(digest), await cache.size(digest)]).toEqual([false, undefined])
  expect(readdirSync(join(dir, 'sha256'))).toEqual([])
  writeFileSync(await cache.part(digest), 'kubelet')
  expect([await cache.keep(digest), await cache.size(digest)]).toEqual([true, 7])
  writeFileSync(join(dir, 'sha256', digest.slice(7)), 'kubeleT')
  expect(await openCache(dir).size(digest)).toBeUndefined()
  expect(() => cache.open('sha256:../../etc/passwd')).toThrow('no digest')
})
