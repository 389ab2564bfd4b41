import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { memberDigests } from '../archive/members.ts'

/** What a gzipped tar is: its own SHA-512, and the SHA-256 of the wanted files in it. */
export type ArchiveDigests = Readonly<{ sha512: string; members: ReadonlyMap<string, string> }>

/** Reads a gzipped tar to its end as it comes; nothing is kept. Throws when it is cut off or none. */
export const digestsOfArchive = async (content: AsyncIterable<Uint8Array>, wanted: ReadonlySet<string>): Promise<ArchiveDigests> => {
  const whole = createHash('sha512')
  const hashed = async function* (): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of content) {
      whole.update(chunk)
      yield chunk
    }
  }
  const plain = pipeline(hashed, createGunzip(), () => {})
  const members = await memberDigests(plain as AsyncIterable<Uint8Array>, wanted)
  return { sha512: whole.digest('hex'), members }
}
