import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { layoutEntries } from '../../src/archive/oci.ts'
import { ArchiveError, readTar } from '../../src/archive/read.ts'
import { checksumOf, headerOf, type TarEntry, textEntry, writeTar } from '../../src/archive/tar.ts'

const bytesOf = async (source: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const readAll = async (bytes: Uint8Array, chunk = 1000): Promise<Record<string, string>> => {
  const seen: Record<string, string> = {}
  for await (const { name, content } of readTar(inChunks(bytes, chunk))) seen[name] = (await bytesOf(content)).toString('utf8')
  return seen
}

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'slipway-tar-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const LONG = `${'d'.repeat(120)}/${'f'.repeat(90)}`
const FILES = { one: 'first', 'blobs/sha256/ab': 'x'.repeat(1024), empty: '', [LONG]: 'long name', 版本: '中文' }
const entries = (files: Readonly<Record<string, string>>): TarEntry[] => Object.entries(files).map(([name, text]) => textEntry(name, text))

describe('what is written', () => {
  test('is read by tar(1), names, modes, owners and bytes', async () => {
    writeFileSync(join(dir, 'a.tar'), await bytesOf(writeTar(entries(FILES))))
    const listed = execFileSync('tar', ['-tvf', 'a.tar', '--numeric-owner', '--quoting-style=literal'], { cwd: dir, encoding: 'utf8' })
    expect(listed.trimEnd().split('\n')).toHaveLength(5)
    for (const line of listed.trimEnd().split('\n')) expect(line).toMatch(/^-rw-r--r-- 0\/0 /)
    execFileSync('tar', ['-xf', 'a.tar'], { cwd: dir })
    for (const [name, text] of Object.entries(FILES)) expect(readFileSync(join(dir, name), 'utf8')).toBe(text)
  })

  test('is the same for the same content', async () => {
    expect(await bytesOf(writeTar(entries(FILES)))).toEqual(await bytesOf(writeTar(entries(FILES))))
  })

  test.each([
    ['fewer', [Buffer.from('ab')]],
    ['more', [Buffer.from('abcd'), Buffer.from('ef')]],
  ])('%s bytes than announced are an error', async (_, content) => {
    await expect(bytesOf(writeTar([{ name: 'a', size: 5, content }]))).rejects.toThrow('5 bytes')
  })

  test('a name or a size that does not fit is an error', () => {
    expect(() => headerOf({ name: 'x'.repeat(101), size: 0 })).toThrow('too long')
    expect(() => headerOf({ name: 'x', size: 8 ** 11 })).toThrow('do not fit')
  })
})

test('what is written is read again, however the chunks fall', async () => {
  const names = fc.stringMatching(/^[a-z]{1,8}$/)
  const files = fc.dictionary(names, fc.string({ maxLength: 1500, unit: 'grapheme' }))
  await fc.assert(
    fc.asyncProperty(files, fc.integer({ min: 1, max: 3000 }), async (wanted, chunk) => {
      const seen = await readAll(await bytesOf(writeTar(entries(wanted))), chunk)
      expect(seen).toEqual({ ...wanted })
    }),
    { numRuns: 50 },
  )
})

test('an entry that nobody reads is skipped, and its offset is where its bytes are', async () => {
  const bytes = await bytesOf(writeTar(entries(FILES)))
  const found: Record<string, string> = {}
  for await (const { name, size, offset } of readTar(inChunks(bytes, 700))) found[name] = bytes.subarray(offset, offset + size).toString()
  expect(found).toEqual(FILES)
})

/** A header whose fields were changed and whose checksum is right again: what an attacker would write. */
const forged = (change: (header: Buffer) => void, content = ''): Buffer => {
  const header = headerOf({ name: 'file', size: content.length })
  change(header)
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return Buffer.concat([header, Buffer.from(content), Buffer.alloc((512 - (content.length % 512)) % 512)])
}
const named = (name: string) => (header: Buffer) => void header.fill(0, 0, 100).write(name, 0, 'latin1')
const typed = (type: string) => (header: Buffer) => void header.write(type, 156, 'latin1')
const END = Buffer.alloc(1024)
const GOOD = forged(() => {}, 'good')

const HOSTILE: readonly (readonly [string, Buffer, RegExp])[] = [
  ...['../up', 'a/../../up', '..', '/etc/passwd', '//x', './x', 'a//b', 'a/', 'a\\..\\b', 'C:x', 'a\nb', 'a\x1b[2Jb', ''].map(
    (name) => [`the name ${JSON.stringify(name)}`, Buffer.concat([forged(named(name)), END]), /no name that an archive may hold/] as const,
  ),
  ['an absolute prefix', Buffer.concat([forged((header) => void header.write('/etc', 345)), END]), /no name/],
  ['a hard link', Buffer.concat([forged(typed('1')), END]), /hard link/],
  ['a symbolic link', Buffer.concat([forged((header) => void header.write('2/etc', 156)), END]), /symbolic link/],
  ['a character device', Buffer.concat([forged(typed('3')), END]), /device/],
  ['a block device', Buffer.concat([forged(typed('4')), END]), /device/],
  ['a directory', Buffer.concat([forged(typed('5')), END]), /directory/],
  ['a named pipe', Buffer.concat([forged(typed('6')), END]), /named pipe/],
  ['an extended header', Buffer.concat([forged(typed('x'), '20 path=../../up\n'), GOOD, END]), /not a regular file/],
  ["GNU's long name", Buffer.concat([forged(typed('L'), '../../up'), GOOD, END]), /not a regular file/],
  ['a sparse file', Buffer.concat([forged(typed('S')), END]), /not a regular file/],
  ['a name twice', Buffer.concat([GOOD, GOOD, END]), /twice/],
  ['names that differ in case only', Buffer.concat([GOOD, forged(named('FILE')), END]), /twice/],
  ['a size that is no number', Buffer.concat([forged((header) => void header.write('-1 ', 124)), END]), /no readable size/],
  ['a size in base 256', Buffer.concat([forged((header) => void header.writeUInt8(0x80, 124)), END]), /no readable size/],
  ['a size larger than what follows', Buffer.concat([forged((header) => void header.write('00000077777', 124), 'x'), END]), /cut off/],
  ['a size smaller than what follows', Buffer.concat([forged((header) => void header.write('00000000001', 124), 'xy'), END]), /damaged/],
  ['a wrong checksum', Buffer.concat([Buffer.from(GOOD).fill(0x37, 148, 149), END]), /checksum/],
  ['no ustar archive', Buffer.concat([forged((header) => void header.fill(0, 257, 263)), END]), /not a ustar/],
  ['no end', GOOD, /cut off/],
  ['half an end', Buffer.concat([GOOD, Buffer.alloc(512)]), /cut off/],
  ['half a header', GOOD.subarray(0, 300), /cut off/],
  ['half a file', GOOD.subarray(0, 514), /cut off/],
  ['nothing', Buffer.alloc(0), /cut off/],
  ['something after one zero block', Buffer.concat([GOOD, Buffer.alloc(512), GOOD, END]), /no proper end/],
  ['a second archive behind the first', Buffer.concat([GOOD, END, GOOD, END]), /after the end/],
  ['a zip file', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(2000, 7)]), /checksum/],
]

describe('an archive is refused that has', () => {
  test.each(HOSTILE)('%s', async (_, bytes, reason) => {
    const refused = await readAll(bytes).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ArchiveError)
    expect((refused as ArchiveError).what.en).toMatch(reason)
    // What is said about it may be printed as it is.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect((refused as ArchiveError).what.en).not.toMatch(/[\x00-\x1f]/)
  })

  test('any bit of a header flipped', async () => {
    const whole = Buffer.concat([GOOD, END])
    // The unused end of a header counts into its checksum too.
    for (let bit = 0; bit < 512 * 8; bit += 7) {
      const flipped = Buffer.from(whole)
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      await expect(readAll(flipped), `bit ${bit}`).rejects.toBeInstanceOf(ArchiveError)
    }
  })
})

test('an image layout names its images and holds a shared blob once', async () => {
  const blob = (text: string) => ({ digest: `sha256:${text}`, size: text.length, content: () => [Buffer.from(text)] })
  const root = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: 'sha256:aa', size: 2 }
  const images = ['m.daocloud.io/registry.k8s.io/pause:3.10.2', 'localhost:5000/x'].map((name) => ({
    name,
    root,
    blobs: [blob('aa'), blob('bb')],
  }))
  const seen = await readAll(await bytesOf(writeTar(layoutEntries(images))))
  expect(Object.keys(seen)).toEqual(['oci-layout', 'index.json', 'blobs/sha256/aa', 'blobs/sha256/bb'])
  const { manifests } = JSON.parse(seen['index.json'] ?? '') as { manifests: { annotations: Record<string, string> }[] }
  expect(manifests.map(({ annotations }) => Object.values(annotations))).toEqual([
    ['m.daocloud.io/registry.k8s.io/pause:3.10.2', '3.10.2'],
    ['localhost:5000/x', 'latest'],
  ])
})
