import { execFileSync } from 'node:child_process'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quote, Secret } from '../../src/shell/quote.ts'

const text = fc.string({ unit: 'binary', maxLength: 60 }).map((s) => s.replaceAll('\0', ''))
const hostile = fc
  .array(
    fc.constantFrom(
      "'",
      '"',
      '\\',
      '$',
      '`',
      '\n',
      '\r',
      '!',
      '*',
      ' ',
      '$(id)',
      '-rf',
      '${x}',
      '&',
      ';',
      '#',
      '~',
      '中',
      '\u{1f600}',
      '\u0001',
      '\u007f',
    ),
  )
  .map((a) => a.join(''))

test('/bin/sh sees every word as it is', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(text, hostile), { minLength: 1, maxLength: 20 }), (words) => {
      const out = execFileSync('/bin/sh', ['-s'], { input: `printf '%s\\0' ${words.map(quote).join(' ')}`, encoding: 'utf8' })
      expect(out).toBe(words.map((word) => `${word}\0`).join(''))
    }),
    { numRuns: 200 },
  )
})

test('a NUL is refused', () => {
  expect(() => quote('a\0b')).toThrow('NUL')
})

test('a secret is shown nowhere', () => {
  const secret = new Secret('inner')
  for (const shown of [`${secret}`, JSON.stringify({ secret }), JSON.stringify(secret), inspect(secret), inspect({ deep: [secret] })])
    expect(shown).not.toContain('inner')
  expect(secret.reveal()).toBe('inner')
})
