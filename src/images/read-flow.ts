import { DEEPEST, needsParser, plainValue, type Scalar, type Tree, UNREAD } from './tree.ts'

const KEY = /[A-Za-z0-9_./][A-Za-z0-9_./-]*(?=:(?:[ \t]|$))/y
// A plain scalar within brackets: no indicator first, ends before , [ ] { } or at the line's end; a colon or # that would split it is left to the full parser.
const PLAIN = /[^\s,[\]{}:#&*!|>'"%@`?-][^,[\]{}\r\n]*|-[^\s,[\]{}][^,[\]{}\r\n]*/y
const SPLITS = /:(?:[ \t]|$)|[ \t]#/

/** The end of the quoted text that begins an offset, -1 when it does not close before `end`. */
export const quotedEnd = (text: string, start: number, end: number): number => {
  const quote = text[start]
  for (let at = start + 1; at < end; at++) {
    if (text[at] === '\\' && quote === '"') at++
    else if (text[at] === quote) {
      if (quote === "'" && text[at + 1] === "'") at++
      else return at + 1
    }
  }
  return -1
}

/** A quoted scalar; one with escapes is not read. */
export const quoted = (text: string, start: number, stop: number): Tree => {
  const inner = text.slice(start + 1, stop - 1)
  return inner.includes('\\') || inner.includes("''") ? UNREAD : { kind: 'scalar', start, end: stop, value: inner }
}

/** Reads a flow collection (`{app: web}`, `["a", b]`) that closes on its line, between two offsets. Returns the tree and where it ended. */
export const readFlow = (text: string, start: number, end: number): { tree: Tree; end: number } => {
  let at = start
  const skip = (): string | undefined => {
    while (at < end && (text[at] === ' ' || text[at] === '\t')) at++
    return at < end ? text[at] : undefined
  }
  const isQuote = (character: string | undefined) => character === '"' || character === "'"
  const quotedScalar = (): Tree => {
    const stop = quotedEnd(text, at, end)
    if (stop < 0) needsParser()
    const scalar = quoted(text, at, stop)
    at = stop
    return scalar
  }
  const plain = (): Scalar => {
    PLAIN.lastIndex = at
    const raw = (PLAIN.exec(text)?.[0] ?? needsParser()).slice(0, end - at)
    const value = raw.replace(/[ \t]+$/, '')
    if (value === '' || SPLITS.test(value) || value.startsWith('---') || value.startsWith('...')) needsParser()
    const from = at
    at += raw.length
    return { kind: 'scalar', start: from, end: from + value.length, value: plainValue(value) }
  }
  const key = (): string => {
    if (isQuote(text[at])) {
      const scalar = quotedScalar()
      return scalar.kind === 'scalar' && scalar.value !== null ? scalar.value : needsParser()
    }
    KEY.lastIndex = at
    const name = KEY.exec(text)?.[0] ?? needsParser()
    at += name.length
    return name
  }
  /** Items up to the closing bracket; a trailing comma is allowed. */
  const list = (close: string, item: () => void): void => {
    at++
    while (skip() !== close) {
      item()
      const next = skip()
      if (next === ',') at++
      else if (next !== close) needsParser()
    }
    at++
  }
  const item = (depth: number): Tree => {
    const first = skip()
    const tree = value(depth, first)
    // `[a: b]` is a map of one pair.
    return skip() === ':' ? needsParser() : tree
  }
  const value = (depth: number, first: string | undefined): Tree => {
    if (depth > DEEPEST || first === undefined) return needsParser()
    if (first === '[') {
      const items: Tree[] = []
      list(']', () => items.push(item(depth + 1)))
      return { kind: 'seq', items }
    }
    if (first === '{') {
      const entries: (readonly [string, Tree])[] = []
      list('}', () => {
        const name = key()
        if (skip() !== ':') needsParser()
        at++
        entries.push([name, value(depth + 1, skip())])
      })
      return { kind: 'map', entries }
    }
    return isQuote(first) ? quotedScalar() : plain()
  }
  const tree = value(0, skip())
  return { tree, end: at }
}
