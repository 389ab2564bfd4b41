import { quoted, quotedEnd, readFlow } from './read-flow.ts'
import { DEEPEST, type Mapping, needsParser, plainValue, type Sequence, type Tree, UNREAD } from './tree.ts'

/** A line that says something: where its text starts and ends, and the column it starts at. */
type Line = { indent: number; start: number; end: number; next: number }

const KEY = /(?:[A-Za-z0-9_./][A-Za-z0-9_./-]*|"[^"\\\r\n]*"|'[^'\r\n]*'):(?=[ \t\r\n]|$)/y
const BLOCK_HEADER = /^[|>][-+0-9]{0,2}(?:[ \t]+#|$)/

const isBlank = (character: string | undefined) => character === ' ' || character === '\t'
const isDash = (text: string, { start, end }: Line) => text[start] === '-' && (start + 1 === end || isBlank(text[start + 1]))
/** Nothing may follow a closed value but a comment. */
const isTail = (tail: string) => tail === '' || /^[ \t]+#/.test(tail)

/**
 * Reads the YAML that manifests are written in between two offsets: block mappings and sequences whose scalars end on their line, and block scalars.
 * Ten times as fast as the full parser; everything else (anchors, tags, text over several lines, odd keys, tabs) needs that one.
 */
export const readBlocks = (text: string, start: number, end: number): Tree => {
  let here: Line | undefined

  const lineAt = (from: number): Line => {
    const newline = text.indexOf('\n', from)
    const next = newline < 0 || newline >= end ? end : newline + 1
    let stop = newline < 0 || newline >= end ? end : newline
    if (stop === newline && stop > from && text[stop - 1] === '\r') stop--
    while (stop > from && isBlank(text[stop - 1])) stop--
    let first = from
    while (first < stop && text[first] === ' ') first++
    return { indent: first - from, start: first, end: stop, next }
  }
  /** Goes on to the next line with content. */
  const advance = (from: number): void => {
    for (let at = from; at < end; ) {
      const line = lineAt(at)
      if (line.start < line.end && text[line.start] !== '#') {
        if (text[line.start] === '\t' || (line.indent === 0 && text.startsWith('...', line.start))) needsParser()
        here = line
        return
      }
      at = line.next
    }
    here = undefined
  }
  /** Passes over a block scalar: every line deeper than its parent, and blank ones between. */
  const skipBlock = (from: number, parent: number): void => {
    let at = from
    while (at < end) {
      const line = lineAt(at)
      if (line.start < line.end && line.indent <= parent) break
      at = line.next
    }
    advance(at)
  }

  /** A value that closed at an offset: nothing but a comment may follow it on its line. */
  const closed = (line: Line, tree: Tree, stop: number): Tree => {
    if (stop < 0 || !isTail(text.slice(stop, line.end))) return needsParser()
    advance(line.next)
    return tree
  }
  const plain = (line: Line, from: number): Tree => {
    const source = text.slice(from, line.end)
    const comment = source.search(/[ \t]#/)
    const value = comment < 0 ? source : source.slice(0, comment).replace(/[ \t]+$/, '')
    if (/:(?:[ \t]|$)|\r/.test(value) || /^[-?:](?:[ \t]|$)/.test(value)) return needsParser()
    advance(line.next)
    return { kind: 'scalar', start: from, end: from + value.length, value: plainValue(value) }
  }
  const inline = (line: Line, from: number, parent: number): Tree => {
    const first = text[from]!
    if (first === '"' || first === "'") {
      const stop = quotedEnd(text, from, line.end)
      return closed(line, stop < 0 ? UNREAD : quoted(text, from, stop), stop)
    }
    if (first === '[' || first === '{') {
      const flow = readFlow(text, from, line.end)
      return closed(line, flow.tree, flow.end)
    }
    if (first === '|' || first === '>') {
      if (!BLOCK_HEADER.test(text.slice(from, line.end))) needsParser()
      skipBlock(line.next, parent)
      return UNREAD
    }
    return '&*!%@`,]}#'.includes(first) ? needsParser() : plain(line, from)
  }
  /** Where the value begins on its line, -1 when only a comment or nothing is left. */
  const valueStart = (line: Line, from: number): number => {
    let at = from
    while (at < line.end && isBlank(text[at])) at++
    return at >= line.end || (text[at] === '#' && at > from) ? -1 : at
  }
  const keyEnd = (line: Line): number => {
    KEY.lastIndex = line.start
    return KEY.test(text) && KEY.lastIndex <= line.end ? KEY.lastIndex : -1
  }

  /** What stands below a key or a dash without a value of its own. */
  const below = (line: Line, parent: number, dashes: boolean, depth: number): Tree => {
    advance(line.next)
    if (here !== undefined && (here.indent > parent || (dashes && here.indent === parent && isDash(text, here)))) return block(depth + 1)
    return { kind: 'scalar', start: line.end, end: line.end, value: null }
  }
  const sequence = (indent: number, depth: number): Sequence => {
    const items: Tree[] = []
    while (here?.indent === indent && isDash(text, here)) {
      const line = here
      const from = valueStart(line, line.start + 1)
      if (from < 0) items.push(below(line, indent, false, depth))
      else {
        const rest = { ...line, start: from, indent: indent + from - line.start }
        if (text.slice(line.start + 1, from).includes('\t') || isDash(text, rest)) needsParser()
        here = rest
        items.push(keyEnd(rest) < 0 ? inline(rest, from, indent) : mapping(rest.indent, depth + 1))
      }
    }
    return here !== undefined && here.indent > indent ? needsParser() : { kind: 'seq', items }
  }
  const mapping = (indent: number, depth: number): Mapping => {
    const entries: (readonly [string, Tree])[] = []
    while (here?.indent === indent) {
      const line = here
      const colon = keyEnd(line)
      if (colon < 0) return needsParser()
      const quoted = text[line.start] === '"' || text[line.start] === "'"
      const key = quoted ? text.slice(line.start + 1, colon - 2) : text.slice(line.start, colon - 1)
      const from = valueStart(line, colon)
      entries.push([key, from < 0 ? below(line, indent, true, depth) : inline(line, from, indent)])
    }
    return here !== undefined && here.indent > indent ? needsParser() : { kind: 'map', entries }
  }
  const block = (depth: number): Tree => {
    const line = here ?? needsParser()
    if (depth > DEEPEST) needsParser()
    return isDash(text, line) ? sequence(line.indent, depth) : mapping(line.indent, depth)
  }

  advance(start)
  const tree = block(0)
  return here === undefined ? tree : needsParser()
}
