import { z } from 'zod'
import { ArchiveError, type ReadEntry, readTar } from '../archive/read.ts'
import { type TarEntry, textEntry, writeTar } from '../archive/tar.ts'
import { blobPath } from '../archive/oci.ts'
import { type Written, writeOut } from './out-file.ts'
import type { Resolved } from './packages.ts'
import { digestOf, readFrom, type BlobStore } from './cache.ts'

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/)
const size = z.int().min(0)

const deb = z.strictObject({
  name: z.string(),
  version: z.string(),
  digest,
  size,
  stanza: z.string(),
  path: z.string(),
  security: z.boolean(),
})

/** The first file of a bundle: what is in it. */
const contents = z.strictObject({
  format: z.literal(1),
  slipway: z.string(),
  kubernetes: z.array(z.string()),
  /** "debian-12-amd64" -> the packages for hosts of that system. */
  systems: z.record(z.string(), z.strictObject({ debs: z.array(deb) })),
  /** Digest -> size of everything else in it, in this order. */
  blobs: z.record(digest, size),
})
export type Contents = z.output<typeof contents>

/** A bundle that was read through and is whole. */
export type Bundle = Readonly<{
  path: string
  store: BlobStore
  contents: Contents
  resolved: Readonly<Record<string, Resolved>>
}>

const CONTENTS = 'slipway-bundle.json'
const LICENCES = 'LICENCES.txt'
const MOST_TEXT = 64 * 1024 * 1024

/** Writes a bundle, whole or not at all. Throws DiskError. */
export const writeBundle = (path: string, about: Contents, licences: string, store: BlobStore): Promise<Written> => {
  const entries = function* (): Generator<TarEntry> {
    yield textEntry(CONTENTS, `${JSON.stringify(about)}\n`)
    yield textEntry(LICENCES, licences)
    for (const [name, bytes] of Object.entries(about.blobs)) yield { name: blobPath(name), size: bytes, content: store.open(name) }
  }
  return writeOut(path, writeTar(entries()))
}

const textOf = async ({ name, size: bytes, content }: ReadEntry): Promise<string> => {
  if (bytes > MOST_TEXT) throw new ArchiveError(`${name} is too large`, `${name} 过大`)
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

const readContents = async (entry: ReadEntry): Promise<Contents> => {
  const refuse = () => new ArchiveError('it is not a bundle of this version of Slipway', '不是当前版本 Slipway 的离线包')
  if (entry.name !== CONTENTS) throw refuse()
  try {
    const read = contents.safeParse(JSON.parse(await textOf(entry)))
    if (read.success) return read.data
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw refuse()
}

const takeBlob = async (entry: ReadEntry, about: Contents, seen: Map<string, number>): Promise<void> => {
  const hex = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(entry.name)?.[1]
  const named = `sha256:${hex}`
  const announced = about.blobs[named]
  if (hex === undefined || announced === undefined)
    throw new ArchiveError(`${JSON.stringify(entry.name)} is not in its list`, `${JSON.stringify(entry.name)} 不在清单中`)
  if (announced !== entry.size) throw new ArchiveError(`${named} has not the size its list says`, `${named} 的大小与清单不符`)
  if ((await digestOf(entry.content)).digest !== named) throw new ArchiveError(`${named} is damaged`, `${named} 已损坏`)
  seen.set(named, entry.offset)
}

/**
 * Reads a bundle through once: every file has the digest it is named by, and everything on its list is there. Nothing is unpacked; what
 * is needed later is read from its place in the file. Throws ArchiveError for a bundle that is not whole.
 */
export const readBundle = async (path: string): Promise<Bundle> => {
  const offsets = new Map<string, number>()
  let about: Contents | undefined
  for await (const entry of readTar(readFrom(path))) {
    if (!about) about = await readContents(entry)
    else if (entry.name !== LICENCES) await takeBlob(entry, about, offsets)
  }
  if (!about) throw new ArchiveError('it is empty', '归档为空')
  const list = about
  const missing = Object.keys(list.blobs).find((name) => !offsets.has(name))
  if (missing !== undefined) throw new ArchiveError(`${missing} is missing in it`, `缺少 ${missing}`)
  return {
    path,
    contents: list,
    resolved: list.systems,
    store: {
      size: (name) => Promise.resolve(list.blobs[name]),
      open: (name) => {
        const offset = offsets.get(name)
        if (offset === undefined) throw new Error(`${name} is not in the bundle`)
        return readFrom(path, offset, list.blobs[name])
      },
    },
  }
}
