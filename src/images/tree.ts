/** A scalar and where its source stands, quotes included. `value` is null when it is no string; `alias` is where the anchor's scalar starts. */
export type Scalar = Readonly<{ kind: 'scalar'; start: number; end: number; value: string | null; alias?: number }>

/** A scalar a fast reader passed over (escapes, block scalars). Whoever needs its value asks the full parser (NeedsParser). */
export type Unread = Readonly<{ kind: 'unread' }>
export const UNREAD: Unread = { kind: 'unread' }

export type Mapping = Readonly<{ kind: 'map'; entries: (readonly [key: string, value: Tree])[] }>
export type Sequence = Readonly<{ kind: 'seq'; items: Tree[] }>

/** A document of a manifest, reduced to what finding images needs; offsets count from the start of the whole text. */
export type Tree = Scalar | Unread | Mapping | Sequence

/** Thrown by a fast reader, or on looking into what it passed over: the document has to be read by the full parser. */
export class NeedsParser extends Error {}

export const needsParser = (): never => {
  throw new NeedsParser('beyond the fast reader')
}

/** Deeper nesting than any manifest has; the limit keeps hostile input from exhausting the stack. */
export const DEEPEST = 200

// YAML 1.2 core schema: plain scalars that are no strings.
const NO_STRING =
  /^(?:|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

/** The value of an unquoted scalar: null when YAML reads it as a number, a boolean or null. */
export const plainValue = (text: string): string | null => (text.length < 32 && NO_STRING.test(text) ? null : text)

/** The value of a key; the last one where a key stands twice, as decoders do. */
export const entry = (tree: Tree, key: string): Tree | undefined =>
  tree.kind === 'map' ? tree.entries.findLast(([name]) => name === key)?.[1] : undefined

/** The string a tree is, undefined when it is something else. */
export const stringOf = (tree: Tree | undefined): string | undefined => {
  if (tree?.kind === 'unread') return needsParser()
  return tree?.kind === 'scalar' ? (tree.value ?? undefined) : undefined
}
