import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isLabelValue, isQualifiedName } from '../../src/config/kube-names.ts'
import { resolveVersion } from '../../src/config/version.ts'
import { distance, nearest, oneOf, quote } from '../../src/config/words.ts'

describe('distance', () => {
  test.each([
    ['', '', 0],
    ['role', 'rloe', 1],
    ['port', 'prot', 1],
    ['kitten', 'sitting', 3],
  ])('%s %s', (a, b, edits) => expect(distance(a, b)).toBe(edits))
  test('is the same in both directions, and 0 only for equal words', () => {
    const word = fc.string({ maxLength: 12 })
    fc.assert(fc.property(word, word, (a, b) => distance(a, b) === distance(b, a) && (distance(a, b) === 0) === (a === b)))
  })
})

test.each([
  ['hostnameOverride', 'hostname_override'],
  ['hostname-override', 'hostname_override'],
  ['hostname_overide', 'hostname_override'],
  ['usr', 'user'],
  ['zzz', undefined],
])('nearest to %s is %s', (word, expected) => expect(nearest(word, ['hostname_override', 'user', 'port'])).toBe(expected))

test('quote hides nothing and obeys nothing', () => {
  expect(quote('a\u001b[31m\u202eb\n')).toBe('"a\\u001b[31m\\u202eb\\n"')
  expect(quote('x'.repeat(100))).toHaveLength(63)
})

test('oneOf', () => {
  expect([oneOf(['a']), oneOf(['a', 'b', 'c'])]).toEqual([
    { en: 'a', zh: 'a' },
    { en: 'a, b or c', zh: 'a、b 或 c' },
  ])
})

test.each([
  ['zone', true],
  ['example.com/zone', true],
  ['Example.com/zone', false],
  ['a/b/c', false],
  ['/zone', false],
  ['a/', false],
  ['-a', false],
  ['a'.repeat(64), false],
])('qualified name %s: %s', (key, good) => expect(isQualifiedName(key)).toBe(good))

test.each([
  ['', true],
  ['a.b_c-d', true],
  ['a b', false],
  ['a-', false],
])('label value %j: %s', (value, good) => expect(isLabelValue(value)).toBe(good))

test.each([
  ['v1.36', 'v1.36.10'],
  ['1.36.9', 'v1.36.9'],
  ['v1.36.11', 'v1.36.11'],
  ['1.38.0', undefined],
  ['v1.38', undefined],
  ['v2.36', undefined],
  ['stable', undefined],
])('%s is %s', (text, release) => expect(resolveVersion(text, ['v1.36.9', 'v1.36.10', 'v1.37.0'])).toBe(release))
