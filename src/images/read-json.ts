import { DEEPEST, type Mapping, needsParser, type Scalar, type Sequence, type Tree } from './tree.ts'

const BLANK = /[ \t\r\n]*/y
const STRING = /"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*"/y
const LITERAL = /-?[0-9][0-9.eE+-]*|true|false|null/y

const unescaped = (raw: string): string => {
  try {
    return JSON.parse(raw) as string
  } catch {
    return needsParser()
  }
}

/** Reads JSON between two offsets (kubectl's `-o json`): strict JSON only, anything else needs the full parser. */
export const readJson = (text: string, start: number, end: number): Tree => {
  let at = start
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    at += found?.length ?? 0
    return found
  }
  const skip = () => {
    match(BLANK)
    return at < end ? text[at] : undefined
  }
  const expect = (character: string) => (skip() === character ? at++ : needsParser())

  const string = (): Scalar => {
    const from = at
    const raw = match(STRING) ?? needsParser()
    return { kind: 'scalar', start: from, end: at, value: raw.includes('\\') ? unescaped(raw) : raw.slice(1, -1) }
  }
  const literal = (): Scalar => {
    const from = at
    match(LITERAL) ?? needsParser()
    return { kind: 'scalar', start: from, end: at, value: null }
  }
  const list = (close: string, item: () => void): void => {
    at++
    if (skip() === close) {
      at++
      return
    }
    do item()
    while (skip() === ',' && at++)
    expect(close)
  }
  const object = (depth: number): Mapping => {
    const entries: (readonly [string, Tree])[] = []
    list('}', () => {
      if (skip() !== '"') needsParser()
      const key = string().value ?? ''
      expect(':')
      entries.push([key, value(depth + 1)])
    })
    return { kind: 'map', entries }
  }
  const array = (depth: number): Sequence => {
    const items: Tree[] = []
    list(']', () => items.push(value(depth + 1)))
    return { kind: 'seq', items }
  }
  const value = (depth: number): Tree => {
    if (depth > DEEPEST) needsParser()
    const first = skip()
    return first === '{' ? object(depth) : first === '[' ? array(depth) : first === '"' ? string() : literal()
  }

  const tree = value(0)
  return skip() === undefined ? tree : needsParser()
}
