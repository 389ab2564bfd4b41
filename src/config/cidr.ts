/** An IPv4 network: its first address as a number, and the length of its prefix. */
export type Cidr = Readonly<{ base: number; prefix: number }>

export type CidrError = 'syntax' | 'ipv6' | 'leading-zero' | 'host-bits'

const OCTET = /^(0|[1-9]\d{0,2})$/

/** An IPv4 address as a number; undefined when it is none (leading zeros are refused: KEP-4858 does so from 1.36 on). */
export const parseAddress = (text: string): number | undefined => {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => OCTET.test(part) && Number(part) < 256)) return undefined
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0)
}

/** A number as a dotted IPv4 address. */
export const formatAddress = (address: number): string => [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join('.')

/** How many addresses a network holds. */
export const sizeOf = (cidr: Cidr): number => 2 ** (32 - cidr.prefix)

/** The network that `address` is in, for a prefix length. */
export const network = (address: number, prefix: number): Cidr => {
  const size = 2 ** (32 - prefix)
  return { base: Math.floor(address / size) * size, prefix }
}

/** A network as text: "10.244.0.0/16". */
export const formatCidr = (cidr: Cidr): string => `${formatAddress(cidr.base)}/${cidr.prefix}`

/** "10.244.0.0/16" as a network, or why it is none. */
export const parseCidr = (text: string): Cidr | { error: CidrError; nearest?: string } => {
  if (text.includes(':')) return { error: 'ipv6' }
  const [, address = '', length = ''] = /^([\d.]+)\/(\d{1,3})$/.exec(text) ?? []
  const plain = address
    .split('.')
    .map((part) => part.replace(/^0+(?=\d)/, ''))
    .join('.')
  const base = parseAddress(plain)
  const prefix = Number(length)
  if (base === undefined || length === '' || prefix > 32) return { error: 'syntax' }
  const whole = network(base, prefix)
  if (plain !== address || /^0\d/.test(length)) return { error: 'leading-zero', nearest: formatCidr(whole) }
  return whole.base === base ? whole : { error: 'host-bits', nearest: formatCidr(whole) }
}

/** Whether an address is in a network. */
export const contains = (cidr: Cidr, address: number): boolean => address >= cidr.base && address < cidr.base + sizeOf(cidr)

/** Whether two networks share an address. */
export const overlaps = (a: Cidr, b: Cidr): boolean => contains(a, b.base) || contains(b, a.base)

/** The nth address of a network (the 0th is its base); undefined when the network has fewer. */
export const nth = (cidr: Cidr, n: number): string | undefined => (n >= 0 && n < sizeOf(cidr) ? formatAddress(cidr.base + n) : undefined)

/** The networks of a type, checked already: for ranges that `rules/ranges.ts` has found good. Throws on anything else. */
export const cidr = (text: string): Cidr => {
  const parsed = parseCidr(text)
  if ('error' in parsed) throw new Error(`not a CIDR: ${text}`)
  return parsed
}
