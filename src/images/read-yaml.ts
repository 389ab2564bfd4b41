import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, parseAllDocuments, type YAMLMap } from 'yaml'
import type { Span } from './documents.ts'
import type { Scalar, Tree } from './tree.ts'

/** What the parser says of a text that is no YAML: its message and the offset it is about. */
export class Malformed extends Error {
  readonly offset: number
  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

const NOTHING: Scalar = { kind: 'scalar', start: 0, end: 0, value: null }

/** Turns the parser's nodes into trees; each node once, so that anchors met twice (and cycles) are shared, not copied. */
const convert = (document: Document, base: number, root: unknown): Tree => {
  const known = new Map<unknown, Tree>()

  const scalar = (node: Node, value: unknown): Scalar => {
    const [start, end] = node.range ?? [0, 0]
    return { kind: 'scalar', start: base + start, end: base + end, value: typeof value === 'string' ? value : null }
  }
  const alias = (node: Alias): Tree => {
    const target = node.resolve(document)
    if (isScalar(target)) return { ...scalar(node, target.value), alias: base + (target.range?.[0] ?? 0) }
    return target === undefined ? NOTHING : tree(target)
  }
  /** `<<` brings in the entries of what it names, before the map's own so that those win. */
  const merged = (pair: Pair): (readonly [string, Tree])[] => {
    const from = tree(pair.value)
    const maps = from.kind === 'seq' ? from.items : [from]
    // Each key once: maps that merge maps that merge maps would grow without end.
    return [...new Map(maps.toReversed().flatMap((map) => (map.kind === 'map' ? map.entries : [])))]
  }
  const isMerge = (pair: Pair) => isScalar(pair.key) && pair.key.value === '<<'
  const fill = (node: YAMLMap, entries: (readonly [string, Tree])[]) => {
    for (const pair of node.items) if (isMerge(pair)) entries.push(...merged(pair))
    for (const pair of node.items) {
      const key = isAlias(pair.key) ? pair.key.resolve(document) : pair.key
      if (isScalar(key) && !isMerge(pair)) entries.push([String(key.value), tree(pair.value)])
    }
  }
  const tree = (node: unknown): Tree => {
    const seen = known.get(node)
    if (seen !== undefined) return seen
    if (isMap(node)) {
      const made: Tree = { kind: 'map', entries: [] }
      known.set(node, made)
      fill(node, made.entries)
      return made
    }
    if (isSeq(node)) {
      const made: Tree = { kind: 'seq', items: [] }
      known.set(node, made)
      for (const item of node.items) made.items.push(tree(item))
      return made
    }
    return isAlias(node) ? alias(node) : isScalar(node) ? scalar(node, node.value) : NOTHING
  }
  return tree(root)
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

const parse = (source: string) => {
  try {
    return parseAllDocuments(source, { prettyErrors: false, uniqueKeys: false, logLevel: 'silent' })
  } catch (error) {
    throw new Malformed(messageOf(error), 0)
  }
}

/** Reads the YAML or JSON of a span. Throws Malformed. */
export const readYaml = (text: string, { start, end }: Span): Tree[] => {
  const parsed = parse(text.slice(start, end))
  if (!Array.isArray(parsed)) return []
  return parsed.map((document) => {
    const [error] = document.errors
    if (error !== undefined) throw new Malformed(error.message, start + error.pos[0])
    try {
      return convert(document, start, document.contents)
    } catch (cause) {
      throw new Malformed(messageOf(cause), start)
    }
  })
}
