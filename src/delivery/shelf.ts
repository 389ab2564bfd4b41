import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Files by their digest ("sha256:<hex>"), whose bytes were seen to have it. */
export interface Shelf {
  /** Size in bytes; undefined for what is not there, or is damaged. */
  size(digest: string): Promise<number | undefined>
  /** The bytes, read from disk as they are asked for. */
  open(digest: string): AsyncIterable<Uint8Array>
}

/** A shelf that files can be put on. */
export interface Cache extends Shelf {
  /** Where the bytes go while they come; what an earlier run left there is the beginning of them. */
  part(digest: string): Promise<string>
  /** Takes the part over when it has the digest; false, and the part is gone, when it has not. */
  keep(digest: string): Promise<boolean>
}

/** Chunks that are read ahead of a slow host, in bytes. */
const CHUNK = 256 * 1024

const hexOf = (digest: string): string => {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1]
  if (hex === undefined) throw new Error(`${digest} is no digest`)
  return hex
}

/** The digest of a stream of bytes, and how many they are. */
export const digestOf = async (source: AsyncIterable<Uint8Array>): Promise<{ digest: string; size: number }> => {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of source) {
    hash.update(chunk)
    size += chunk.length
  }
  return { digest: `sha256:${hash.digest('hex')}`, size }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Part of a file as a stream. */
export const readFrom = (path: string, start = 0, size?: number): AsyncIterable<Uint8Array> =>
  // A stream cannot end before it begins.
  size === 0 ? nothing() : createReadStream(path, { start, highWaterMark: CHUNK, ...(size === undefined ? {} : { end: start + size - 1 }) })

const sizeIfThere = async (path: string): Promise<number | undefined> => {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** The small files of a shelf as a whole, such as an image's manifest. Throws for what is not there or has more than `most` bytes. */
export const readWhole = async (shelf: Shelf, digest: string, most = 4 * 1024 * 1024): Promise<Buffer> => {
  const size = await shelf.size(digest)
  if (size === undefined || size > most) throw new Error(`${digest} ${size === undefined ? 'is not there' : 'is too large'}`)
  const chunks: Uint8Array[] = []
  for await (const chunk of shelf.open(digest)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/**
 * The operator's cache in a folder, one file for each digest. Every file is read through once in a run before it is used, so that
 * a disk that forgot a bit costs a download and no more.
 */
export const openCache = (folder: string): Cache => {
  const checked = new Map<string, Promise<number | undefined>>()
  const pathOf = (digest: string): string => join(folder, 'sha256', hexOf(digest))
  const partOf = (digest: string): string => `${pathOf(digest)}.part`
  const check = async (digest: string): Promise<number | undefined> => {
    const path = pathOf(digest)
    if ((await sizeIfThere(path)) === undefined) return undefined
    const found = await digestOf(readFrom(path))
    if (found.digest === digest) return found.size
    await rm(path, { force: true })
    return undefined
  }
  return {
    size: (digest) => {
      const known = checked.get(digest) ?? check(digest)
      checked.set(digest, known)
      return known
    },
    open: (digest) => readFrom(pathOf(digest)),
    part: async (digest) => {
      await mkdir(join(folder, 'sha256'), { recursive: true, mode: 0o700 })
      return partOf(digest)
    },
    keep: async (digest) => {
      const part = partOf(digest)
      const found = (await sizeIfThere(part)) === undefined ? undefined : await digestOf(readFrom(part))
      if (found?.digest !== digest) {
        await rm(part, { force: true })
        return false
      }
      await rename(part, pathOf(digest))
      checked.set(digest, Promise.resolve(found.size))
      return true
    },
  }
}
