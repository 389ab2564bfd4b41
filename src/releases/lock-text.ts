import { Document, isMap, parseDocument, type Pair, Scalar, type YAMLMap } from 'yaml'

/** A pin to be written, with the words that say what speaks for it. */
export type NewPin = Readonly<{ section: 'files' | 'debs' | 'images'; key: string; pin: string; because: string }>

/** The key of a repository as upstream has extended it. */
export type NewKey = Readonly<{ name: string; text: string; because: string }>

const HEAD =
  ' What every byte of this cluster must be. Keep it beside cluster.yml, in version control; `slipway lock` fills in what is missing.'

const keyText = ({ key }: Pair): string => String(key instanceof Scalar ? key.value : key)

const sectionOf = (document: Document, name: string): YAMLMap => {
  const found = document.get(name)
  if (isMap(found)) return found
  const made = document.createNode({}) as YAMLMap
  made.flow = false
  document.set(name, made)
  return made
}

const documentOf = (text: string | undefined): Document => {
  if (text !== undefined) return parseDocument(text)
  const document = new Document({ version: 1 })
  document.commentBefore = HEAD
  return document
}

/** The lock's text with keys, each in the place of an older one. */
export const setKeys = (text: string | undefined, keys: readonly NewKey[]): string => {
  const document = documentOf(text)
  for (const { name, text: armored, because } of keys) {
    const map = sectionOf(document, 'keys')
    const value = new Scalar(armored)
    value.type = Scalar.BLOCK_LITERAL
    value.comment = ` ${because}`
    map.flow = false
    map.set(name, value)
  }
  return document.toString({ lineWidth: 0 })
}

/**
 * The lock's text with pins added. What stands there stays as it is, comments too: a pin that exists is never changed
 * (throws, because the caller looks first). New ones are put in order of their keys.
 */
export const addPins = (text: string | undefined, pins: readonly NewPin[]): string => {
  const document = documentOf(text)
  for (const { section, key, pin, because } of pins) {
    const map = sectionOf(document, section)
    if (map.has(key)) throw new Error(`${key} is pinned already`)
    const value = new Scalar(pin)
    value.comment = ` ${because}`
    map.flow = false
    map.items.push(document.createPair(key, value) as Pair<never, never>)
    map.items.sort((a, b) => (keyText(a) < keyText(b) ? -1 : 1))
  }
  return document.toString({ lineWidth: 0 })
}
