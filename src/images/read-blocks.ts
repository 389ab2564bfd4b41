import { quoted, quotedEnd, readFlow } from './read-flow.ts'
import { DEEPEST, type Mapping, needsParser, plainValue, type Sequence, type Tree, UNREAD } from './tree.ts'

/** A line that says something: where its text starts and ends, and the column it starts at. */
type Line = { indent: number; start: number; end: number; next: number }

const KEY = /(?:[A-Za-z0-9_./][A-Za-z0-9_./-]*|"[^"\\\r\n]*"|'[^'\r\n]*'):(?=[ \t\r\n]|$)/y
/** A break of its own (YAML 1.2.2 §5.4), which no line here ends at. */
const LONE_RETURN = /\r(?!\n)/
const BLOCK_HEADER = /^[|>](?:[-+][1-9]?|[1-9][-+]?)?(?:[ \t]+#|$)/

/** What begins something other than a plain scalar, and nothing that is read here. */
const RESERVED = '&*!%@`,]}#'

const isBlank = (character: string | undefined) => character === ' ' || character === '\t'
const isDash = (text: string, { start, end }: Line) => text[start] === '-' && (start + 1 === end || isBlank(text[start + 1]))
/** Nothing may follow a closed value but a comment. */
const isTail = (tail: string) => tail === '' || /^[ \t]+#/.test(tail)

const lineAt = (text: string, from: number, end: number): Line => {
  const newline = text.indexOf('\n', from)
  const next = newline < 0 || newline >= end ? end : newline + 1
  let stop = newline < 0 || newline >= end ? end : newline
  if (stop === newline && stop > from && text[stop - 1] === '\r') stop--
  while (stop > from && isBlank(text[stop - 1])) stop--
  let first = from
  while (first < stop && text[first] === ' ') first++
  return { indent: first - from, start: first, end: stop, next }
}

/** Where the value begins on its line, -1 when only a comment or nothing is left. */
const valueStart = (text: string, line: Line, from: number): number => {
  let at = from
  while (at < line.end && isBlank(text[at])) at++
  return at >= line.end || (text[at] === '#' && at > from) ? -1 : at
}

/** Behind the colon of the key that a line begins with, -1 when it begins with none. */
const keyEnd = (text: string, line: Line): number => {
  KEY.lastIndex = line.start
  return KEY.test(text) && KEY.lastIndex <= line.end ? KEY.lastIndex : -1
}

/** The lines with content between two offsets; `here` is the one to be read next. */
const createCursor = (text: string, end: number) => {
  const cursor = {
    here: undefined as Line | undefined,
    /** Goes on to the next line with content. */
    advance: (from: number): void => {
      for (let at = from; at < end; ) {
        const line = lineAt(text, at, end)
        if (line.start < line.end && text[line.start] !== '#') {
          if (text[line.start] === '\t' || (line.indent === 0 && text.startsWith('...', line.start))) needsParser()
          cursor.here = line
          return
        }
        at = line.next
      }
      cursor.here = undefined
    },
    /** Passes over a block scalar: every line deeper than its parent, and blank ones between. */
    skipBlock: (from: number, parent: number): void => {
      let at = from
      let line = lineAt(text, at, end)
      let widest = 0
      // Whether a tab belongs to such a line's text or to its indentation is for the full parser to say.
      const isEmpty = () => line.start >= line.end && (!text.slice(at, line.next).includes('\t') || needsParser())
      for (; at < end && isEmpty(); line = lineAt(text, at, end)) {
        widest = Math.max(widest, line.next - at - 1)
        at = line.next
      }
      const { indent } = line
      // Blank lines before the first text may not be longer than it is indented (YAML 1.2.2 §8.1.1.1).
      if (at < end && indent > parent && widest > indent) needsParser()
      for (; at < end && (line.indent > parent || isEmpty()); line = lineAt(text, at, end)) {
        // Text that stands further left than the first line, yet inside the parent, ends the scalar in the middle of something.
        if (line.start < line.end && line.indent < indent) needsParser()
        at = line.next
      }
      cursor.advance(at)
    },
  }
  return cursor
}

/**
 * Reads the YAML that manifests are written in between two offsets: block mappings and sequences whose scalars end on their line, and block scalars.
 * Ten times as fast as the full parser; everything else (anchors, tags, text over several lines, odd keys, tabs) needs that one.
 */
export const readBlocks = (text: string, start: number, end: number): Tree => {
  if (LONE_RETURN.test(text.slice(start, end))) needsParser()
  const cursor = createCursor(text, end)

  /** A value that closed at an offset: nothing but a comment may follow it on its line. */
  const closed = (line: Line, tree: Tree, stop: number): Tree => {
    if (stop < 0 || !isTail(text.slice(stop, line.end))) return needsParser()
    cursor.advance(line.next)
    return tree
  }
  const plain = (line: Line, from: number): Tree => {
    const source = text.slice(from, line.end)
    const comment = source.search(/[ \t]#/)
    const value = comment < 0 ? source : source.slice(0, comment).replace(/[ \t]+$/, '')
    if (/:(?:[ \t]|$)|\r/.test(value) || /^[-?:](?:[ \t]|$)/.test(value)) return needsParser()
    cursor.advance(line.next)
    return { kind: 'scalar', start: from, end: from + value.length, value: plainValue(value) }
  }
  const inline = (line: Line, from: number, parent: number): Tree => {
    switch (text[from]) {
      case '"':
      case "'": {
        const stop = quotedEnd(text, from, line.end)
        return closed(line, stop < 0 ? UNREAD : quoted(text, from, stop), stop)
      }
      case '[':
      case '{': {
        const flow = readFlow(text, from, line.end)
        return closed(line, flow.tree, flow.end)
      }
      case '|':
      case '>':
        if (!BLOCK_HEADER.test(text.slice(from, line.end))) needsParser()
        cursor.skipBlock(line.next, parent)
        return UNREAD
      default:
        return RESERVED.includes(text.charAt(from)) ? needsParser() : plain(line, from)
    }
  }

  /** What stands below a key or a dash without a value of its own. */
  const below = (line: Line, parent: number, dashes: boolean, depth: number): Tree => {
    cursor.advance(line.next)
    const { here } = cursor
    if (here && (here.indent > parent || (dashes && here.indent === parent && isDash(text, here)))) return block(depth + 1)
    return { kind: 'scalar', start: line.end, end: line.end, value: null }
  }
  /** A collection at whose end no line may stand deeper than it. */
  const ended = <Whole extends Sequence | Mapping>(whole: Whole, indent: number): Whole =>
    cursor.here && cursor.here.indent > indent ? needsParser() : whole
  const item = (line: Line, indent: number, depth: number): Tree => {
    const from = valueStart(text, line, line.start + 1)
    if (from < 0) return below(line, indent, false, depth)
    const rest = { ...line, start: from, indent: indent + from - line.start }
    if (text.slice(line.start + 1, from).includes('\t') || isDash(text, rest)) needsParser()
    cursor.here = rest
    return keyEnd(text, rest) < 0 ? inline(rest, from, indent) : mapping(rest.indent, depth + 1)
  }
  const sequence = (indent: number, depth: number): Sequence => {
    const items: Tree[] = []
    while (cursor.here?.indent === indent && isDash(text, cursor.here)) items.push(item(cursor.here, indent, depth))
    return ended({ kind: 'seq', items }, indent)
  }
  const mapping = (indent: number, depth: number): Mapping => {
    const entries: (readonly [string, Tree])[] = []
    while (cursor.here?.indent === indent) {
      const line = cursor.here
      const colon = keyEnd(text, line)
      if (colon < 0) return needsParser()
      const quoted = text[line.start] === '"' || text[line.start] === "'"
      const key = quoted ? text.slice(line.start + 1, colon - 2) : text.slice(line.start, colon - 1)
      const from = valueStart(text, line, colon)
      entries.push([key, from < 0 ? below(line, indent, true, depth) : inline(line, from, indent)])
    }
    return ended({ kind: 'map', entries }, indent)
  }
  const block = (depth: number): Tree => {
    const line = cursor.here ?? needsParser()
    if (depth > DEEPEST) needsParser()
    return isDash(text, line) ? sequence(line.indent, depth) : mapping(line.indent, depth)
  }

  cursor.advance(start)
  const tree = block(0)
  return cursor.here === undefined ? tree : needsParser()
}
