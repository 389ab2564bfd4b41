import { createHash, createHmac } from 'node:crypto'
import { hostName } from './known-name.ts'
import { matchesHost } from './ssh-config.ts'

/** One line of a known-hosts file. `where` is "path:line". */
export type KnownHost = { marker?: 'cert-authority' | 'revoked'; hosts: readonly string[]; type: string; key: string; where: string }

/** What the files say about a key that a host shows. */
export type Verdict =
  | { is: 'known' }
  | { is: 'unknown'; authority: boolean }
  | { is: 'revoked'; where: string }
  | { is: 'changed'; known: readonly { type: string; fingerprint: string; where: string }[] }

/** Parses a known-hosts file; lines that make no sense are left out, as ssh does. */
export function parseKnownHosts(text: string, path: string): KnownHost[] {
  return text.split(/\r?\n/).flatMap((line, index): KnownHost[] => {
    const fields = line.trim().split(/\s+/)
    const marker = fields[0]?.startsWith('@') ? fields.shift()?.slice(1) : undefined
    const [hosts, type, key] = fields
    if (!hosts || !type || !key || hosts.startsWith('#') || !blobIs(type, key)) return []
    if (marker !== undefined && marker !== 'cert-authority' && marker !== 'revoked') return []
    return [{ ...(marker === undefined ? {} : { marker }), hosts: hosts.split(','), type, key, where: `${path}:${index + 1}` }]
  })
}

/** A pinned key ("ssh-ed25519 AAAA... comment") as an entry for one host. */
export function parsePin(pin: string, host: string, port: number): KnownHost | undefined {
  return parseKnownHosts(`${hostName(host, port)} ${pin.trim()}`, 'host_key')[0]
}

/** The entries about one host, hashed names and patterns included. */
export const entriesFor = (entries: readonly KnownHost[], host: string, port: number): KnownHost[] => {
  const name = hostName(host, port)
  return entries.filter(({ hosts }) => (hosts[0]?.startsWith('|1|') ? hashMatches(hosts[0], name) : matchesHost(hosts, name)))
}

/** Types of the keys that are known for a host: only these may be asked for, else another of its keys looks like a change. */
export const knownTypes = (entries: readonly KnownHost[]): string[] => [
  ...new Set(entries.filter((e) => e.marker === undefined).map((e) => e.type)),
]

/** Judges a key by the entries about its host. */
export function judge(entries: readonly KnownHost[], blob: Uint8Array): Verdict {
  const key = Buffer.from(blob).toString('base64')
  const revoked = entries.find((e) => e.marker === 'revoked' && e.key === key)
  if (revoked) return { is: 'revoked', where: revoked.where }
  const plain = entries.filter((e) => e.marker === undefined)
  if (plain.some((e) => e.key === key)) return { is: 'known' }
  if (plain.length === 0) return { is: 'unknown', authority: entries.some((e) => e.marker === 'cert-authority') }
  return {
    is: 'changed',
    known: plain.map((e) => ({ type: e.type, fingerprint: fingerprint(Buffer.from(e.key, 'base64')), where: e.where })),
  }
}

/** SHA256:..., as ssh prints it. */
export const fingerprint = (blob: Uint8Array): string => `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`

/** The type a key's blob states ("ssh-ed25519"). */
export function keyType(blob: Uint8Array): string {
  const bytes = Buffer.from(blob)
  return bytes.length < 4 ? '' : bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString('latin1')
}

/** The line that makes a key known. */
export const knownHostLine = (host: string, port: number, blob: Uint8Array): string =>
  `${hostName(host, port)} ${keyType(blob)} ${Buffer.from(blob).toString('base64')}`

const blobIs = (type: string, key: string): boolean => keyType(Buffer.from(key, 'base64')) === type

/** |1|salt|hash: HMAC-SHA1 of the name (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
function hashMatches(field: string, name: string): boolean {
  const [, , salt, hash] = field.split('|')
  return salt !== undefined && createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash
}
