import { createHash, createPublicKey, verify } from 'node:crypto'

// As much of OpenPGP (RFC 4880) as a repository's key needs: version 4, RSA, one user ID or several.

type Packet = Readonly<{ tag: number; body: Buffer }>

const KEY = 6
const SUBKEY = 14
const USER_ID = 13
const SIGNATURE = 2

/** The bytes inside the armor; undefined when it is none. */
const dearmored = (text: string): Buffer | undefined => {
  const inside =
    /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[^\n]+: [^\n]*\n)*\r?\n([A-Za-z0-9+/=\s]+?)(?:\n=[A-Za-z0-9+/]{4})?\s*-----END PGP PUBLIC KEY BLOCK-----/.exec(
      text,
    )?.[1]
  return inside === undefined ? undefined : Buffer.from(inside.replace(/\s/g, ''), 'base64')
}

/** Length of a packet's body and of the field that says it (RFC 4880, 4.2). */
const lengthAt = (bytes: Buffer, at: number, old: number | undefined): readonly [length: number, field: number] => {
  const first = bytes[at] ?? 0
  if (old !== undefined) {
    const field = 2 ** old
    return old > 2 ? [Number.NaN, 0] : [bytes.readUIntBE(at, field), field]
  }
  if (first < 192) return [first, 1]
  if (first < 224) return [((first - 192) << 8) + (bytes[at + 1] ?? 0) + 192, 2]
  return first === 255 ? [bytes.readUInt32BE(at + 1), 5] : [Number.NaN, 0]
}

function* packetsIn(bytes: Buffer): Generator<Packet, void> {
  for (let at = 0; at < bytes.length; ) {
    const head = bytes[at] ?? 0
    const old = (head & 0x40) === 0
    const [length, field] = lengthAt(bytes, at + 1, old ? head & 3 : undefined)
    const start = at + 1 + field
    if ((head & 0x80) === 0 || Number.isNaN(length) || start + length > bytes.length) throw new RangeError('no OpenPGP packet')
    yield { tag: old ? (head >> 2) & 0xf : head & 0x3f, body: bytes.subarray(start, start + length) }
    at = start + length
  }
}

const hashedForm = (body: Buffer): Buffer => Buffer.concat([Buffer.from([0x99, body.length >> 8, body.length & 0xff]), body])

/** The fingerprint of a key packet of version 4. */
const fingerprintOf = (body: Buffer): string => createHash('sha1').update(hashedForm(body)).digest('hex').toUpperCase()

/** A number as OpenPGP has it: its length in bits, and its bytes. */
const mpiAt = (bytes: Buffer, at: number): Buffer => bytes.subarray(at + 2, at + 2 + ((bytes.readUInt16BE(at) + 7) >> 3))

const publicKeyOf = (body: Buffer) => {
  const modulus = mpiAt(body, 6)
  const exponent = mpiAt(body, 8 + modulus.length)
  const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') }
  return createPublicKey({ key: jwk, format: 'jwk' })
}

type Signature = Readonly<{
  type: number
  hash: string | undefined
  made: number
  lifetime: number | undefined
  covered: Buffer
  value: Buffer
}>

const HASHES: Readonly<Record<number, string>> = { 8: 'sha256', 9: 'sha384', 10: 'sha512' }

/** Subpackets by their type (RFC 4880, 5.2.3.1). */
const subpackets = (bytes: Buffer): ReadonlyMap<number, Buffer> => {
  const found = new Map<number, Buffer>()
  for (let at = 0; at < bytes.length; ) {
    const [length, field] = lengthAt(bytes, at, undefined)
    found.set((bytes[at + field] ?? 0) & 0x7f, bytes.subarray(at + field + 1, at + field + length))
    at += field + length
  }
  return found
}

const signatureOf = (body: Buffer): Signature | undefined => {
  if (body[0] !== 4 || body[2] !== 1) return undefined
  const hashed = body.readUInt16BE(4)
  const about = subpackets(body.subarray(6, 6 + hashed))
  const unhashed = body.readUInt16BE(6 + hashed)
  return {
    type: body[1] ?? 0,
    hash: HASHES[body[3] ?? 0],
    made: about.get(2)?.readUInt32BE(0) ?? 0,
    lifetime: about.get(9)?.readUInt32BE(0),
    covered: body.subarray(0, 6 + hashed),
    value: mpiAt(body, 6 + hashed + 2 + unhashed + 2),
  }
}

/** Whether the key has signed that this user ID is its own (RFC 4880, 5.2.4). */
const vouches = (key: Buffer, userId: Buffer, { hash, covered, value }: Signature): boolean => {
  if (hash === undefined) return false
  const head = Buffer.alloc(5)
  head[0] = 0xb4
  head.writeUInt32BE(userId.length, 1)
  const tail = Buffer.from([4, 0xff, 0, 0, 0, 0])
  tail.writeUInt32BE(covered.length, 2)
  const padded = Buffer.concat([Buffer.alloc(Math.max(0, ((key.readUInt16BE(6) + 7) >> 3) - value.length)), value])
  return verify(hash, Buffer.concat([hashedForm(key), head, userId, covered, tail]), publicKeyOf(key), padded)
}

/**
 * What an armored key says: its fingerprint, when it ends in seconds since 1970 (undefined: never), when its newest signature of itself was
 * made, and its keys and subkeys as they stand there. Only what the key itself has signed with SHA-2 counts.
 */
export type KeyFacts = Readonly<{ fingerprint: string; ends: number | undefined; signed: number; keys: string; revoked: boolean }>

const factsIn = (packets: readonly Packet[]): KeyFacts | undefined => {
  const [first] = packets
  if (first?.tag !== KEY || first.body[0] !== 4 || first.body[5] !== 1) return undefined
  if (packets.filter(({ tag }) => tag === KEY).length !== 1) return undefined
  let userId: Buffer | undefined
  let newest: Signature | undefined
  let revoked = false
  for (const { tag, body } of packets) {
    if (tag === USER_ID) userId = body
    if (tag === SUBKEY) userId = undefined
    const signature = tag === SIGNATURE ? signatureOf(body) : undefined
    if (signature?.type === 0x20) revoked = true
    const own = signature && userId && signature.type >= 0x10 && signature.type <= 0x13 && vouches(first.body, userId, signature)
    if (own && signature.made >= (newest?.made ?? 0)) newest = signature
  }
  if (!newest) return undefined
  const keys = packets.filter(({ tag }) => tag === KEY || tag === SUBKEY).map(({ body }) => fingerprintOf(body))
  const ends = newest.lifetime ? first.body.readUInt32BE(1) + newest.lifetime : undefined
  return { fingerprint: fingerprintOf(first.body), ends, signed: newest.made, keys: keys.join(' '), revoked }
}

/** Reads an armored key; undefined when it is none that Slipway can judge. */
export const readKey = (text: string): KeyFacts | undefined => {
  try {
    const bytes = dearmored(text)
    return bytes && factsIn([...packetsIn(bytes)])
  } catch (error) {
    if (error instanceof RangeError || (error as Error).name === 'Error' || error instanceof TypeError) return undefined
    throw error
  }
}
