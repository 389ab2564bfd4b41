import { stripVTControlCharacters } from 'node:util'

/** First and last code point of what takes two columns: Hangul, CJK and its punctuation, full-width forms, emoji. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
]

const columnsOf = (symbol: string): number => {
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(symbol)) return 0
  const code = symbol.codePointAt(0) ?? 0
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1
}

/** How many columns a text takes on a terminal. Colours take none, Chinese characters two each. */
export const width = (text: string): number => {
  const plain = stripVTControlCharacters(text)
  if (/^[\x20-\x7e]*$/.test(plain)) return plain.length
  return [...plain].reduce((sum, symbol) => sum + columnsOf(symbol), 0)
}

/** The text with spaces up to a width; a wider text stays as it is. */
export const padTo = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - width(text)))

/** The longest beginning of an uncoloured text that fits, and the rest. Always takes at least one character. */
const cut = (text: string, columns: number): [string, string] => {
  let taken = 0
  let end = 0
  for (const symbol of text) {
    taken += columnsOf(symbol)
    if (taken > columns && end > 0) break
    end += symbol.length
  }
  return [text.slice(0, end), text.slice(end)]
}

/** An uncoloured text cut to fit, with "..." where something is left out. */
export const trimTo = (text: string, columns: number): string =>
  width(text) <= columns ? text : `${cut(text, Math.max(1, columns - 3))[0].trimEnd()}...`

/** An uncoloured text cut into pieces of a width, wherever that is: for code, where a break at a space would be no better. */
export const chop = (text: string, columns: number): string[] => {
  const pieces: string[] = []
  let rest = text
  while (width(rest) > columns) {
    const [head, tail] = cut(rest, columns)
    pieces.push(head)
    rest = tail
  }
  return [...pieces, rest]
}

// A word, or one Chinese character; closing punctuation stays with what it closes.
const PIECES = /(?:[^\s\u2e80-\u9fff\uff00-\uff60]+|[\u2e80-\u9fff\uff00-\uff60])[，。：；、）！？”]*\s*|\s+/gu

/** An uncoloured text as lines of a width, broken at spaces and between Chinese characters; what is longer than a line is cut. */
export const wrap = (text: string, columns: number): string[] => {
  const lines: string[] = []
  let line = ''
  for (const piece of text.match(PIECES) ?? []) {
    if (line !== '' && width(line) + width(piece.trimEnd()) > columns) {
      lines.push(line.trimEnd())
      line = ''
    }
    const parts = chop(line + piece.trimEnd(), columns)
    lines.push(...parts.slice(0, -1))
    line = `${parts.at(-1)}${piece.slice(piece.trimEnd().length)}`
  }
  return [...lines, line.trimEnd()]
}
