import type { Text } from '../text.ts'
import { BLOCK, checksumOf } from './tar.ts'

/** An archive that is not to be trusted: damaged, cut off, or made to write where it should not. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError'
  readonly what: Text
  constructor(en: string, zh: string) {
    super(en)
    this.what = { en, zh }
  }
}

/** A file of an archive. `offset` is where its bytes begin in the archive. Its content has to be read before the next entry is asked for, or is skipped. */
export type ReadEntry = Readonly<{ name: string; size: number; offset: number; content: AsyncIterable<Uint8Array> }>

/** More files than any bundle has. */
const MOST_ENTRIES = 100_000

/** Takes exact numbers of bytes from a stream of chunks of any size. */
export class Taker {
  #source: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array()
  offset = 0

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** Up to `most` bytes; undefined at the end. */
  async some(most: number): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#source.next()
      if (done) return undefined
      this.#rest = value
    }
    const taken = this.#rest.subarray(0, most)
    this.#rest = this.#rest.subarray(taken.length)
    this.offset += taken.length
    return taken
  }

  async exactly(size: number): Promise<Buffer> {
    const parts: Uint8Array[] = []
    for (let left = size; left > 0; ) {
      const part = await this.some(left)
      if (!part) throw cutOff()
      parts.push(part)
      left -= part.length
    }
    return Buffer.concat(parts)
  }

  async close(): Promise<void> {
    await this.#source.return?.()
  }
}

const cutOff = () => new ArchiveError('the archive is cut off', '归档不完整')

const field = (header: Buffer, at: number, length: number): string => {
  const bytes = header.subarray(at, at + length)
  const end = bytes.indexOf(0)
  return bytes.subarray(0, end < 0 ? length : end).toString('utf8')
}

const TYPES: Readonly<Record<string, readonly [string, string]>> = {
  '1': ['a hard link', '硬链接'],
  '2': ['a symbolic link', '符号链接'],
  '3': ['a device', '设备文件'],
  '4': ['a device', '设备文件'],
  '5': ['a directory', '目录'],
  '6': ['a named pipe', '命名管道'],
}

const shown = (text: string): string => JSON.stringify(text)

/** A name that stays below the place the archive is read into, on any system. */
const checkName = (name: string): void => {
  const bad = name.split('/').some((part) => part === '' || part === '.' || part === '..')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (bad || /[\x00-\x1f\x7f\\\ufffd]/.test(name) || /^[A-Za-z]:/.test(name))
    throw new ArchiveError(`${shown(name)} is no name that an archive may hold`, `归档中的名称 ${shown(name)} 不被允许`)
}

const parseHeader = (header: Buffer): { name: string; size: number } => {
  const sum = header.toString('latin1', 148, 156)
  if (!/^[0-7]{6}\0 $/.test(sum) || Number.parseInt(sum, 8) !== checksumOf(header))
    throw new ArchiveError('the archive is damaged: a header does not have its checksum', '归档已损坏：头部校验和不符')
  if (field(header, 257, 5) !== 'ustar') throw new ArchiveError('it is not a ustar archive', '不是 ustar 归档')
  const prefix = field(header, 345, 155)
  const name = prefix === '' ? field(header, 0, 100) : `${prefix}/${field(header, 0, 100)}`
  const type = String.fromCharCode(header[156] ?? 0)
  if (type !== '0') {
    const [en, zh] = TYPES[type] ?? ['not a regular file', '非普通文件']
    throw new ArchiveError(`${shown(name)} is ${en}; only regular files are read`, `${shown(name)} 是${zh}；只接受普通文件`)
  }
  checkName(name)
  const size = field(header, 124, 12).trim()
  if (!/^[0-7]{1,11}$/.test(size)) throw new ArchiveError(`${shown(name)} has no readable size`, `${shown(name)} 的大小无法识别`)
  return { name, size: Number.parseInt(size, 8) }
}

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)

/** After the last entry nothing may follow but zeroes: a second archive hidden there would be read by others. */
const checkEnd = async (taker: Taker): Promise<void> => {
  if (!isZero(await taker.exactly(BLOCK))) throw new ArchiveError('the archive has no proper end', '归档结尾不正确')
  for (let part = await taker.some(BLOCK * 128); part; part = await taker.some(BLOCK * 128))
    if (!isZero(part)) throw new ArchiveError('something follows after the end of the archive', '归档结尾之后还有数据')
}

/**
 * Reads an archive as writeTar makes them, in one pass and with one chunk in memory. Whatever else a tar may hold is refused with an
 * ArchiveError: links, devices, directories, extended headers, names that leave the place, names twice, an end that is missing.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<ReadEntry, void> {
  const taker = new Taker(source)
  const names = new Set<string>()
  try {
    for (;;) {
      const header = await taker.exactly(BLOCK)
      if (isZero(header)) return await checkEnd(taker)
      const { name, size } = parseHeader(header)
      // Names that differ in case only are one file on some disks.
      if (names.has(name.toLowerCase())) throw new ArchiveError(`${shown(name)} is there twice`, `${shown(name)} 重复出现`)
      if (names.size >= MOST_ENTRIES) throw new ArchiveError('the archive holds too many files', '归档中的文件过多')
      names.add(name.toLowerCase())
      let left = size
      const content = async function* (): AsyncGenerator<Uint8Array, void> {
        while (left > 0) {
          const part = await taker.some(left)
          if (!part) throw cutOff()
          left -= part.length
          yield part
        }
      }
      yield { name, size, offset: taker.offset, content: content() }
      for await (const _ of content());
      if (!isZero(await taker.exactly((BLOCK - (size % BLOCK)) % BLOCK))) throw new ArchiveError('the archive is damaged', '归档已损坏')
    }
  } finally {
    await taker.close()
  }
}
