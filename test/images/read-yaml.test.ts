import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { Malformed, readYaml } from '../../src/images/read-yaml.ts'
import { entry, type Scalar, type Tree } from '../../src/images/tree.ts'

type Plain = string | null | Plain[] | { [key: string]: Plain }

const read = (text: string): Tree[] => readYaml(text, { start: 0, end: text.length })

const only = (trees: readonly Tree[]): Tree => {
  expect(trees).toHaveLength(1)
  return trees[0] as Tree
}

/** A tree as a value: strings as they are, every other scalar as null. */
const plain = (tree: Tree): unknown =>
  tree.kind === 'scalar'
    ? tree.value
    : tree.kind === 'seq'
      ? tree.items.map(plain)
      : Object.fromEntries(tree.entries.map(([key]) => [key, plain(entry(tree, key) as Tree)]))

/** A value with its strings alone. */
const strings = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(strings)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, strings(v)]))
      : typeof value === 'string'
        ? value
        : null

const scalarsOf = (tree: Tree): Scalar[] =>
  tree.kind === 'scalar' ? [tree] : (tree.kind === 'seq' ? tree.items : tree.entries.map(([, value]) => value)).flatMap(scalarsOf)

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
  collectionStyle: fc.constantFrom('any', 'flow') as fc.Arbitrary<'any'>,
})

test('what the library writes is read as what it was', () => {
  fc.assert(
    fc.property(node, style, (value, options) => {
      const text = stringify(value, options)
      expect(plain(only(read(text))), text).toEqual(strings(parse(text)))
    }),
    { numRuns: Number(process.env.RUNS ?? 3000) },
  )
})

test('where a string is said to stand, there is its source and nothing else', () => {
  fc.assert(
    fc.property(node, style, (value, options) => {
      const text = stringify(value, { ...options, defaultStringType: 'QUOTE_DOUBLE' })
      for (const { start, end, value: string } of scalarsOf(only(read(text))))
        if (string !== null) expect(parse(text.slice(start, end)), text).toBe(string)
    }),
  )
})

test('text that is nearly YAML is read or refused, and nothing else happens', () => {
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
  const counts = { read: 0, refused: 0 }
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      try {
        read(pieces.join(''))
        counts.read++
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed)
        counts.refused++
      }
    }),
    { numRuns: Number(process.env.RUNS ?? 20_000) },
  )
  expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(300)
})

test.each(['- |\n  \n a:', '{', '[1,', '"a', '[1] 2', 'a: b: c', '[1', '- |0'])('no YAML: %j', (text) => {
  expect(() => read(text)).toThrow(Malformed)
})

test('blank lines in a block scalar may be longer than its text is indented, behind its first line', () => {
  expect(plain(only(read('a: |\n\n  text\n      \n  more\nb: c\n')))).toEqual({ a: '\ntext\n    \nmore\n', b: 'c' })
})

test('lines may end in CRLF', () => {
  expect(plain(only(read('a: b\r\nc: d\r\n')))).toEqual({ a: 'b', c: 'd' })
})

test('JSON is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(undefined, 2, '\t'), (json, space) => {
      const text = JSON.stringify(JSON.parse(json), undefined, space)
      expect(plain(only(read(text)))).toEqual(strings(JSON.parse(text)))
    }),
  )
})
