import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { documents } from '../../src/images/documents.ts'
import { readBlocks } from '../../src/images/read-blocks.ts'
import { readJson } from '../../src/images/read-json.ts'
import { Malformed, readYaml } from '../../src/images/read-yaml.ts'
import { entry, NeedsParser, type Tree } from '../../src/images/tree.ts'

type Plain = string | null | Plain[] | { [key: string]: Plain } | typeof UNSEEN
const UNSEEN = Symbol('unread')

/** A tree as comparable data, with positions where there is a string. */
const simple = (tree: Tree): unknown => {
  if (tree.kind === 'unread') return UNSEEN
  if (tree.kind === 'scalar') return tree.value === null ? null : `${tree.start}-${tree.end} ${tree.value}`
  return tree.kind === 'seq' ? tree.items.map(simple) : tree.entries.map(([key, value]) => [key, simple(value)])
}

/** Whether the fast answer says the same as the full one; what was not read may be anything scalar. */
const agrees = (fast: unknown, full: unknown): boolean =>
  fast === UNSEEN
    ? !Array.isArray(full)
    : Array.isArray(fast)
      ? Array.isArray(full) && fast.length === full.length && fast.every((one, i) => agrees(one, full[i]))
      : fast === full

const compare = (text: string): 'same' | 'left to the parser' => {
  let fast: Tree
  try {
    fast = readBlocks(text, 0, text.length)
  } catch (error) {
    if (error instanceof NeedsParser) return 'left to the parser'
    throw error
  }
  const full = readYaml(text, 0, text.length)
  expect(full, text).toHaveLength(1)
  if (!agrees(simple(fast), simple(full[0]!))) expect(simple(fast), text).toEqual(simple(full[0]!))
  return 'same'
}

const key = fc.constantFrom('image', 'containers', 'a.b/c', 'spec', 'x y', '1', 'true', '-k', 'Ünicode', '')
const leaf = fc.oneof(
  fc.constantFrom(
    'nginx:1',
    'a: b',
    'x #y',
    '',
    '- a',
    '12',
    'null',
    'l1\nl2',
    'l1\n\n  l2\n',
    "it's",
    '"q"',
    '{a}',
    '&a',
    'a:',
    '# c',
    'é',
    '...',
    '---',
    'tab\tx',
    '\\',
    ' lead',
  ),
  fc.string(),
)
const { node } = fc.letrec<{ node: Plain }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.constant(null),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(key, tie('node'), { maxKeys: 4 }),
  ) as fc.Arbitrary<Plain>,
}))
const style = fc.record({
  indent: fc.constantFrom(2, 4),
  indentSeq: fc.boolean(),
  lineWidth: fc.constantFrom(0, 20, 80),
  defaultStringType: fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED') as fc.Arbitrary<'PLAIN'>,
  collectionStyle: fc.constantFrom('any', 'block', 'flow') as fc.Arbitrary<'any'>,
})

test('the fast reader agrees with the full parser on what the library writes', () => {
  let read = 0
  fc.assert(
    fc.property(node, style, (value, options) => {
      if (compare(stringify(value, options)) === 'same') read++
    }),
    { numRuns: Number(process.env.RUNS ?? 3000) },
  )
  expect(read).toBeGreaterThan(300)
})

test('it agrees, or gives up, on text that is nearly YAML', () => {
  const piece = fc.constantFrom(
    'a:',
    ' ',
    '  ',
    '\n',
    '\n  ',
    '- ',
    'b',
    '"',
    "'",
    '#',
    ' # c',
    ': ',
    '|',
    '>',
    '{',
    '}',
    '[',
    ']',
    ',',
    'x: y',
    '\t',
    '&a ',
    '*a',
    '?',
    '\r\n',
    '\r',
    '!t ',
    'image: n',
    '-',
    '\u2028',
    '\u00a0',
    '\ufeff',
    '...',
    '"k": v',
    '%',
  )
  let read = 0
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const text = pieces.join('')
      try {
        if (compare(text) === 'same') read++
      } catch (error) {
        // A line of nothing but tabs is blank to kubectl, and harmless to us.
        if (error instanceof Malformed && /Tabs/.test(error.message) && /^[ ]*\t[ \t]*\r?$/m.test(text)) return
        if (error instanceof Malformed) throw new Error(`read fast, refused by the parser: ${JSON.stringify(text)}: ${error.message}`)
        throw error
      }
    }),
    { numRuns: Number(process.env.RUNS ?? 20_000) },
  )
  expect(read).toBeGreaterThan(300)
})

test('blank lines that are longer than the text below them is indented are left to the parser, which refuses them', () => {
  const text = '- |\n  \n a:'
  expect(() => readBlocks(text, 0, text.length)).toThrow(NeedsParser)
  const fine = 'a: |\n\n  text\n      \n  more\nb: c\n'
  expect(readBlocks(fine, 0, fine.length).kind).toBe('map')
})

test.each(['- >\r\n\t', '- >--', '- |0', '- |\n   # c\n  a:', '- |\r\n\n  \r'])(
  'a block scalar that the parser refuses is left to it: %j',
  (text) => {
    expect(() => readBlocks(text, 0, text.length)).toThrow(NeedsParser)
  },
)

test('JSON is read as JSON.parse reads it, or given up', () => {
  const plain = (tree: Tree): unknown =>
    tree.kind === 'scalar'
      ? tree.value
      : tree.kind === 'seq'
        ? tree.items.map(plain)
        : tree.kind === 'map'
          ? Object.fromEntries(tree.entries.map(([k]) => [k, plain(entry(tree, k)!)]))
          : undefined
  const strings = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(strings)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, strings(v)]))
        : typeof value === 'string'
          ? value
          : null
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(undefined, 2, '\t'), (json, space) => {
      const text = JSON.stringify(JSON.parse(json), undefined, space)
      expect(plain(readJson(text, 0, text.length))).toEqual(strings(JSON.parse(text)))
    }),
  )
  for (const text of ['{', '[1,]', '{"a" 1}', '"a', '[1] 2', '{a: 1}', '', '["\\q"]', '["a\nb"]'])
    expect(() => readJson(text, 0, text.length)).toThrow(NeedsParser)
})

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
