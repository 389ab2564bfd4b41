/** A document's place in a stream: [start, end), its `---` line included. */
export type Span = Readonly<{ start: number; end: number }>

// At the start of a line these are always markers, inside quotes and block scalars too (YAML 1.2.2, c-forbidden).
// Looked for behind a newline only: ^ would also stop at U+2028.
const MARKER = /(?<![^\n])(?:---|\.\.\.)(?=[ \t\r\n]|$)/g
const COMMENT_OR_DIRECTIVE = /^[ \t]*(?:#|%|\r?$)/

/** The lines of a stretch, without their newlines. */
export function* linesIn(text: string, { start, end }: Span): Generator<Span> {
  for (let at = start; at < end; ) {
    const newline = text.indexOf('\n', at)
    const stop = newline < 0 || newline >= end ? end : newline
    yield { start: at, end: stop }
    at = stop + 1
  }
}

/** The beginning of a line is enough to know a comment. */
const ENOUGH = 200

/** Whether a stretch holds nothing but blank lines, comments and directives: directives belong to the document that follows. */
const isPreamble = (text: string, stretch: Span): boolean => {
  for (const { start, end } of linesIn(text, stretch))
    if (!COMMENT_OR_DIRECTIVE.test(text.slice(start, Math.min(end, start + ENOUGH)))) return false
  return true
}

const lineAfter = (text: string, at: number) => {
  const stop = text.indexOf('\n', at)
  return stop < 0 ? text.length : stop + 1
}

/** Splits a stream of YAML documents at its markers, one span at a time; the spans joined are the whole text. */
export function* documents(text: string): Generator<Span> {
  let start = 0
  for (const { 0: marker, index } of text.matchAll(MARKER)) {
    const cut = marker === '---' ? index : lineAfter(text, index)
    if (cut <= start || (marker === '---' && isPreamble(text, { start, end: index }))) continue
    yield { start, end: cut }
    start = cut
  }
  if (start < text.length) yield { start, end: text.length }
}
