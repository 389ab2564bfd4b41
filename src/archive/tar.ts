// The tar of POSIX.1-1988 (ustar), the part of it that every tar reads: regular files with names of at most 255 bytes.
// Fields and checksum: pax(1), "ustar Interchange Format".

export const BLOCK = 512

/** The largest file that eleven octal digits can say. */
const LARGEST = 8 ** 11 - 1

/** A file to be written: `size` has to be known before, because it stands in front of the bytes. */
export type TarEntry = Readonly<{ name: string; size: number; content: AsyncIterable<Uint8Array> | Iterable<Uint8Array> }>

/** A small text as an entry. */
export const textEntry = (name: string, text: string): TarEntry => {
  const bytes = Buffer.from(text)
  return { name, size: bytes.length, content: [bytes] }
}

/** The sum that a header carries of itself, its own field counted as eight spaces. */
export const checksumOf = (header: Uint8Array): number => header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0)

/** [prefix, name]: a name of more than 100 bytes is parted at a slash. */
const parted = (name: string): readonly [string, string] => {
  if (Buffer.byteLength(name) <= 100) return ['', name]
  for (let at = name.indexOf('/'); at > 0; at = name.indexOf('/', at + 1)) {
    const [prefix, rest] = [name.slice(0, at), name.slice(at + 1)]
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(rest) <= 100) return [prefix, rest]
  }
  throw new RangeError(`${name} is too long for a tar archive`)
}

/** The header of a regular file: owned by root, mode 0644, at the epoch, so that the same content makes the same archive. */
export const headerOf = ({ name, size }: Pick<TarEntry, 'name' | 'size'>): Buffer => {
  if (!Number.isSafeInteger(size) || size < 0 || size > LARGEST)
    throw new RangeError(`${name}: ${size} bytes do not fit into a tar archive`)
  const [prefix, rest] = parted(name)
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, digits: number) => header.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1')
  header.write(rest, 0, 'utf8')
  octal(0o644, 100, 7)
  octal(0, 108, 7)
  octal(0, 116, 7)
  octal(size, 124, 11)
  octal(0, 136, 11)
  header.write('0ustar\x0000', 156, 'latin1')
  // The magic stands after the name of a link, which a file has not.
  header.copyWithin(257, 157, 165).fill(0, 157, 165)
  header.write(prefix, 345, 'utf8')
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

const padding = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK)

/**
 * The bytes of an archive, entry by entry; nothing is kept. Throws when an entry has more or fewer bytes than it said:
 * what was written by then is no archive.
 */
export async function* writeTar(entries: AsyncIterable<TarEntry> | Iterable<TarEntry>): AsyncGenerator<Uint8Array, void> {
  for await (const entry of entries) {
    yield headerOf(entry)
    let written = 0
    for await (const chunk of entry.content) {
      written += chunk.length
      if (written > entry.size) break
      yield chunk
    }
    if (written !== entry.size) throw new Error(`${entry.name} has not the ${entry.size} bytes it was announced with`)
    yield padding(entry.size)
  }
  yield Buffer.alloc(2 * BLOCK)
}
