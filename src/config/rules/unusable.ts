import type { Text } from '../../text.ts'
import { type Cidr, cidr, contains } from '../cidr.ts'
import { say } from '../words.ts'

const THIS_NETWORK = cidr('0.0.0.0/8')
const LOOPBACK = cidr('127.0.0.0/8')
const FIRST_MULTICAST = cidr('224.0.0.0/4').base

const loopback = say('a loopback address', '回环地址')

/** Why no host, pod or service can have an address. */
export const unusableAddress = (address: number): Text | undefined => {
  if (contains(THIS_NETWORK, address)) return say('an address of 0.0.0.0/8', '属于 0.0.0.0/8 的地址')
  if (contains(LOOPBACK, address)) return loopback
  if (address >= FIRST_MULTICAST) return say('a multicast or reserved address', '组播或保留地址')
  return undefined
}

/** The same of a range: what its first address is, or an unusable one that it reaches. */
export const unusableRange = (range: Cidr): Text | undefined =>
  unusableAddress(range.base) ?? (contains(range, LOOPBACK.base) ? loopback : undefined)
