import fc from 'fast-check'
import { expect, test } from 'vitest'
import { documents } from '../../src/images/documents.ts'

test('documents cover the stream and split at every marker', () => {
  const piece = fc.constantFrom(
    '---\n',
    '--- # c\n',
    '---x\n',
    'a: b\n',
    '# c\n',
    '\n',
    '...\n',
    '%YAML 1.2\n',
    '  ---\n',
    '---\r\n',
    '\r\n',
    '---',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('')
      const spans = [...documents(text)]
      expect(spans.map(({ start, end }) => text.slice(start, end)).join('')).toBe(text)
      for (const { start, end } of spans)
        expect(
          text
            .slice(start, end)
            .split('\n')
            .filter((line) => /^---(?=[ \t\r\n]|$)/.test(line)).length,
        ).toBeLessThanOrEqual(2)
    }),
  )
  const texts = (text: string) => [...documents(text)].map(({ start, end }) => text.slice(start, end))
  expect(texts('a: 1\n---\nb: 2\n')).toEqual(['a: 1\n', '---\nb: 2\n'])
  expect(texts('# c\n%YAML 1.2\n---\na: 1\n...\n# d\n---\nb\n')).toEqual(['# c\n%YAML 1.2\n---\na: 1\n...\n', '# d\n---\nb\n'])
})
