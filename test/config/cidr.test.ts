import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  cidr,
  contains,
  formatAddress,
  formatCidr,
  network,
  nth,
  overlaps,
  parseAddress,
  parseCidr,
  sizeOf,
} from '../../src/config/cidr.ts'

const address = fc.nat({ max: 2 ** 32 - 1 })
const range = fc.tuple(address, fc.integer({ min: 0, max: 32 })).map(([at, prefix]) => network(at, prefix))

describe('parseAddress', () => {
  test.each([
    ['0.0.0.0', 0],
    ['10.0.0.11', 167772171],
    ['255.255.255.255', 4294967295],
    ['10.0.0.011', undefined],
    ['10.0.0.256', undefined],
    ['10.0.0', undefined],
    ['10.0.0.1.', undefined],
    ['fd00::1', undefined],
    ['', undefined],
  ])('%s', (text, value) => expect(parseAddress(text)).toBe(value))
  test('format and parse are inverse', () => fc.assert(fc.property(address, (at) => parseAddress(formatAddress(at)) === at)))
})

describe('parseCidr', () => {
  test.each([
    ['10.244.0.0/16', { base: 183762944, prefix: 16 }],
    ['0.0.0.0/0', { base: 0, prefix: 0 }],
    ['10.0.0.1/32', { base: 167772161, prefix: 32 }],
    ['10.244.0.1/16', { error: 'host-bits', nearest: '10.244.0.0/16' }],
    ['10.096.0.0/12', { error: 'leading-zero', nearest: '10.96.0.0/12' }],
    ['10.96.0.0/08', { error: 'leading-zero', nearest: '10.0.0.0/8' }],
    ['fd00::/64', { error: 'ipv6' }],
    ['10.0.0.0', { error: 'syntax' }],
    ['10.0.0.0/33', { error: 'syntax' }],
    ['10.0.0.300/8', { error: 'syntax' }],
    ['/8', { error: 'syntax' }],
    ['', { error: 'syntax' }],
  ])('%s', (text, value) => expect(parseCidr(text)).toEqual(value))
  test('format and parse are inverse', () => fc.assert(fc.property(range, (one) => void expect(parseCidr(formatCidr(one))).toEqual(one))))
  test('never throws', () => fc.assert(fc.property(fc.string(), (text) => typeof parseCidr(text) === 'object')))
  test('cidr throws on what is none', () => expect(() => cidr('10.0.0.1/8')).toThrow('not a CIDR'))
})

describe('ranges', () => {
  test('a range holds its first and its last address, and not their neighbours', () => {
    fc.assert(
      fc.property(range, (one) => {
        const last = one.base + sizeOf(one) - 1
        expect([one.base, last, one.base - 1, last + 1].map((at) => contains(one, at))).toEqual([true, true, false, false])
      }),
    )
  })
  test('two ranges overlap exactly when one holds the other', () => {
    fc.assert(
      fc.property(range, range, (a, b) => {
        const inside = a.prefix <= b.prefix ? contains(a, b.base) : contains(b, a.base)
        expect(overlaps(a, b)).toBe(inside)
        expect(overlaps(b, a)).toBe(inside)
      }),
    )
  })
  test.each([
    ['10.96.0.0/12', 10, '10.96.0.10'],
    ['10.96.0.0/28', 15, '10.96.0.15'],
    ['10.96.0.0/29', 10, undefined],
    ['10.0.0.255/32', 0, '10.0.0.255'],
    ['10.0.0.0/16', 256, '10.0.1.0'],
  ])('nth of %s', (text, n, expected) => expect(nth(cidr(text), n)).toBe(expected))
})
