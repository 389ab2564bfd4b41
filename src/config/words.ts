import type { Text } from '../text.ts'

/** Both languages at once. */
export const say = (en: string, zh: string): Text => ({ en, zh })

const LONGEST = 60
// C1 controls, line separators and bidirectional overrides: JSON leaves them, a terminal obeys them.
const HIDDEN = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** `words` in double quotes, escaped for a terminal and cut when long. */
export const quote = (words: string): string =>
  JSON.stringify(words.length > LONGEST ? `${words.slice(0, LONGEST)}…` : words).replace(
    HIDDEN,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** A URL in quotes, without the login that may stand in it. */
export const quoteUrl = (url: string): string => quote(url.replace(/^([^/]*\/\/)?[^/]*@/, '$1***@'))

/** What a value is, in words: its text or number when short, its kind when it is a collection. */
export const found = (value: unknown): Text => {
  if (value === undefined || value === null) return say('nothing', '空值')
  if (typeof value === 'string') return say(`the text ${quote(value)}`, `文本 ${quote(value)}`)
  if (typeof value === 'number' || typeof value === 'bigint') return say(`the number ${value}`, `数字 ${value}`)
  if (typeof value === 'boolean') return say(`${value}`, `${value}`)
  if (Array.isArray(value)) return say('a list', '一个列表')
  return say('a map', '一个映射')
}

/** `a, b or c`, and the same in Chinese. */
export const oneOf = (words: readonly string[]): Text => {
  const last = words.at(-1) ?? ''
  if (words.length < 2) return say(last, last)
  return say(`${words.slice(0, -1).join(', ')} or ${last}`, `${words.slice(0, -1).join('、')} 或 ${last}`)
}

/** Edits (insert, delete, replace, swap neighbours) between two words; used for "did you mean". */
export const distance = (a: string, b: string): number => {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (before[j - 2] ?? 0) + 1)
      next.push(best)
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}

/** camelCase, kebab-case and spaces become snake_case: how a key written in another habit is compared. */
const plain = (word: string): string =>
  word
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[-\s.]+/g, '_')

/** The one of `known` that `word` most probably means, or undefined when nothing is near. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  if (word.length > LONGEST) return undefined
  const mine = plain(word)
  let best: { word: string; edits: number } | undefined
  for (const candidate of known) {
    const edits = distance(mine, plain(candidate))
    if (edits <= Math.max(1, Math.floor(candidate.length / 3)) && (!best || edits < best.edits)) best = { word: candidate, edits }
  }
  return best?.word
}
