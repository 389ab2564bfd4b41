import { execFileSync } from 'node:child_process'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { masked, quote, secret, sh, verbatim } from '../../src/shell/quote.ts'

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
      const out = execFileSync('/bin/sh', ['-s'], { input: sh`printf '%s\0' ${words}`.text, encoding: 'utf8' })
      expect(out).toBe(words.map((word) => `${word}\0`).join(''))
    }),
    { numRuns: 200 },
  )
})

test('a NUL is refused', () => {
  expect(() => quote('a\0b')).toThrow('NUL')
})

test('secrets run and are shown nowhere', () => {
  const script = sh`login ${'user'} ${secret("pa'ss")}; ${sh`echo ${secret('inner')}`} ${[secret('a1b2'), 'plain', 7]}`
  expect(script.text).toBe(`login 'user' 'pa'\\''ss'; echo 'inner' 'a1b2' 'plain' '7'`)
  for (const shown of [
    masked(script),
    `${script}`,
    JSON.stringify({ script }),
    inspect(script),
    inspect({ deep: [script, secret('inner')] }),
    JSON.stringify(secret('inner')),
  ]) {
    expect(shown).not.toMatch(/pa'|inner|a1b2/)
  }
  expect(masked(script)).toBe("login 'user' ***; echo *** *** 'plain' '7'")
})

test('a constant text stays as it is', () => {
  expect(sh`${verbatim('probe "$x" \\n')}; exit`.text).toBe('probe "$x" \\n; exit')
})
