import { createHash } from 'node:crypto'
import { Taker } from './read.ts'
import { BLOCK } from './tar.ts'

const field = (header: Buffer, at: number, length: number): string => {
  const bytes = header.subarray(at, at + length)
  const end = bytes.indexOf(0)
  return bytes.subarray(0, end < 0 ? length : end).toString('utf8')
}

/** The size of a member: eleven octal digits, or a number of 95 bits where the first bit is set (GNU tar). */
const sizeIn = (header: Buffer): number =>
  (header[124] ?? 0) & 0x80 ? Number(header.readBigUInt64BE(128)) : Number.parseInt(field(header, 124, 12).trim() || '0', 8)

const isEnd = (header: Buffer): boolean => header.every((byte) => byte === 0)

/**
 * The SHA-256 of the wanted files of any tar, by their names there. Nothing is unpacked, so that links, devices and long names are passed over,
 * not refused; of a name that is there twice the last counts, as when it is unpacked.
 */
export const memberDigests = async (
  source: AsyncIterable<Uint8Array>,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> => {
  const taker = new Taker(source)
  const found = new Map<string, string>()
  try {
    for (;;) {
      const header = await taker.exactly(BLOCK)
      if (isEnd(header)) break
      const name = field(header, 0, 100).replace(/^\.\//, '')
      const regular = header[156] === 0 || header[156] === 0x30
      const hash = regular && wanted.has(name) ? createHash('sha256') : undefined
      const size = sizeIn(header)
      for (let left = size; left > 0; ) {
        const part = await taker.some(left)
        if (!part) throw new Error('the archive is cut off')
        hash?.update(part)
        left -= part.length
      }
      if (hash) found.set(name, `sha256:${hash.digest('hex')}`)
      await taker.exactly((BLOCK - (size % BLOCK)) % BLOCK)
    }
    while (await taker.some(BLOCK * 128));
    return found
  } finally {
    await taker.close()
  }
}
