import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { unifiedDiff } from '../../src/images/diff.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'diff-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** What patch(1) makes of a diff. */
const patched = (text: string, diff: string): string => {
  const path = join(directory, 'file')
  writeFileSync(path, text)
  execFileSync('patch', ['-s', '-p1', path], { input: diff })
  return readFileSync(path, 'utf8')
}

test('one changed line, with its context', () => {
  const lines = Array.from({ length: 12 }, (_, i) => `l${i}\n`)
  const a = lines.join('')
  expect(unifiedDiff(a, a, 'f')).toBe('')
  expect(unifiedDiff(a, a.replace('l5', 'x'), 'f.yaml')).toBe(
    '--- a/f.yaml\n+++ b/f.yaml\n@@ -3,7 +3,7 @@\n l2\n l3\n l4\n-l5\n+x\n l6\n l7\n l8\n',
  )
  expect(unifiedDiff('a\nb', 'a\nc', 'f')).toBe(
    '--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n',
  )
  expect(unifiedDiff('', 'a\n', 'f')).toBe('--- a/f\n+++ b/f\n@@ -0,0 +1 @@\n+a\n')
  expect(unifiedDiff('a\nb\nc\n', 'a\nc\n', 'f')).toBe('--- a/f\n+++ b/f\n@@ -1,3 +1,2 @@\n a\n-b\n c\n')
})

test('patch(1) turns a into b', () => {
  const text = fc.array(fc.constantFrom('a\n', 'b\n', 'c\n', 'd\n', '\n'), { maxLength: 30 }).map((lines) => lines.join(''))
  fc.assert(
    fc.property(text, text, fc.boolean(), (a, b, cut) => {
      const [from, to] = cut ? [a.trimEnd(), b.trimEnd()] : [a, b]
      if (from === to || to === '' || from === '') return
      expect(patched(from, unifiedDiff(from, to, 'file'))).toBe(to)
    }),
    { numRuns: 150 },
  )
})

test('ten thousand changes are no matter', () => {
  const a = Array.from({ length: 100_000 }, (_, i) => `line ${i}\n`)
  const b = a.map((line, i) => (i % 10 ? line : `changed ${line}`))
  expect(unifiedDiff(a.join(''), b.join(''), 'f').match(/^\+changed/gm)).toHaveLength(10_000)
  expect(unifiedDiff(a.join(''), `${b.join('')}more\n`, 'f').endsWith('+more\n')).toBe(true)
})
