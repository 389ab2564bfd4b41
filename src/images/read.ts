import { linesIn, type Span } from './documents.ts'
import { readBlocks } from './read-blocks.ts'
import { readJson } from './read-json.ts'
import { readYaml } from './read-yaml.ts'
import { NeedsParser, needsParser, type Tree } from './tree.ts'

const SKIPPED = /^[ \t]*(?:#.*)?\r?$/
const MARKER = /^---[ \t]*(?:[ \t]#.*)?\r?$/

/** Where the content of a document begins, behind comments and a bare `---`; `end` when there is none. */
const bodyOf = (text: string, span: Span): number => {
  let marked = false
  for (const { start, end } of linesIn(text, span)) {
    const line = text.slice(start, end)
    if (SKIPPED.test(line)) continue
    if (line.startsWith('%') || line.startsWith('\ufeff')) return needsParser()
    if (!line.startsWith('---')) return start
    if (marked || !MARKER.test(line)) return needsParser()
    marked = true
  }
  return span.end
}

const quickly = (text: string, span: Span): Tree[] => {
  const body = bodyOf(text, span)
  if (body === span.end) return []
  const first = text.slice(body, body + 200).trimStart()[0]
  return [first === '{' || first === '[' ? readJson(text, body, span.end) : readBlocks(text, body, span.end)]
}

/**
 * Reads the document in a span and gives its trees to `use`. The fast readers go first; what they cannot read, or what `use` finds passed over,
 * is read again by the full parser. Throws Malformed.
 */
export const withTrees = <T>(text: string, span: Span, use: (trees: readonly Tree[]) => T): T => {
  try {
    return use(quickly(text, span))
  } catch (error) {
    if (!(error instanceof NeedsParser)) throw error
    return use(readYaml(text, span.start, span.end))
  }
}
