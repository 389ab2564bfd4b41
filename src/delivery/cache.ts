import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ifThere } from '../if-there.ts'

/** Files by their digest ("sha256:<hex>"), whose bytes were seen to have it. */
export interface BlobStore {
  /** Size in bytes; undefined for what is not there, or is damaged. */
  size(digest: string): Promise<number | undefined>
  /** The bytes, read from disk as they are asked for. */
  open(digest: string): AsyncIterable<Uint8Array>
}

/** A store that files can be put on. */
export interface Cache extends BlobStore {
  readonly folder: string
  /** Where the bytes go while they come, this process's alone; what an earlier run left is the beginning of them. */
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

const sizeIfThere = async (path: string): Promise<number | undefined> => (await ifThere(stat(path)))?.size

/** The small files of a store as a whole, such as an image's manifest. Throws for what is not there or has more than `most` bytes. */
export const readWhole = async (store: BlobStore, digest: string, most = 4 * 1024 * 1024): Promise<Buffer> => {
  const size = await store.size(digest)
  if (size === undefined || size > most) throw new Error(`${digest} ${size === undefined ? 'is not there' : 'is too large'}`)
  const chunks: Uint8Array[] = []
  for await (const chunk of store.open(digest)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** What is left of a download is kept so long for a run that goes on with it, in milliseconds. */
const LEFTOVER = 7 * 24 * 60 * 60 * 1000

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // A process that belongs to somebody else is one all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The process that a part belongs to; undefined where its name says none. */
const ownerOf = (part: string): number | undefined => {
  const pid = /\.(\d+)\.part$/.exec(part)?.[1]
  return pid === undefined ? undefined : Number(pid)
}

/** Takes over what a process that is gone left of these bytes. Another run may be quicker: a rename succeeds once. */
const adopt = async (folder: string, hex: string, own: string): Promise<void> => {
  for (const name of await readdir(folder)) {
    const owner = name.startsWith(`${hex}.`) ? ownerOf(name) : undefined
    if (owner === undefined || isRunning(owner)) continue
    if (await ifThere(rename(join(folder, name), own).then(() => true))) return
  }
}

/** Takes away the leftovers that no run went on with. */
const sweep = async (folder: string): Promise<void> => {
  for (const name of (await readdir(folder)).filter((one) => one.endsWith('.part'))) {
    const owner = ownerOf(name)
    const found = await ifThere(stat(join(folder, name)))
    if (found === undefined || Date.now() - found.mtimeMs < LEFTOVER || (owner !== undefined && isRunning(owner))) continue
    await rm(join(folder, name), { force: true })
  }
}

/**
 * The operator's cache in a folder, one file for each digest. Every file is read through once in a run before it is used, so that
 * a disk that forgot a bit costs a download and no more. Several runs may share the folder.
 */
export const openCache = (folder: string): Cache => {
  const checked = new Map<string, Promise<number | undefined>>()
  const files = join(folder, 'sha256')
  const pathOf = (digest: string): string => join(files, hexOf(digest))
  const partOf = (digest: string): string => `${pathOf(digest)}.${process.pid}.part`
  let swept: Promise<void> | undefined
  const check = async (digest: string): Promise<number | undefined> => {
    const path = pathOf(digest)
    if ((await sizeIfThere(path)) === undefined) return undefined
    const found = await digestOf(readFrom(path))
    if (found.digest === digest) return found.size
    await rm(path, { force: true })
    return undefined
  }
  return {
    folder,
    size: (digest) => {
      const known = checked.get(digest) ?? check(digest)
      checked.set(digest, known)
      return known
    },
    open: (digest) => readFrom(pathOf(digest)),
    part: async (digest) => {
      await mkdir(files, { recursive: true, mode: 0o700 })
      swept ??= sweep(files)
      await swept
      const own = partOf(digest)
      if ((await sizeIfThere(own)) === undefined) await adopt(files, hexOf(digest), own)
      return own
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
