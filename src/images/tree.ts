/** A scalar and where its source stands, quotes included. `value` is null when it is no string; `alias` is where the anchor's scalar starts. */
export type Scalar = Readonly<{ kind: 'scalar'; start: number; end: number; value: string | null; alias?: number }>

export type Mapping = Readonly<{ kind: 'map'; entries: (readonly [key: string, value: Tree])[] }>
export type Sequence = Readonly<{ kind: 'seq'; items: Tree[] }>

/** A document of a manifest, reduced to what finding images needs; offsets count from the start of the whole text. */
export type Tree = Scalar | Mapping | Sequence

/** The value of a key; the last one where a key stands twice, as decoders do. */
export const entry = (tree: Tree, key: string): Tree | undefined =>
  tree.kind === 'map' ? tree.entries.findLast(([name]) => name === key)?.[1] : undefined

/** The string a tree is, undefined when it is something else. */
export const stringOf = (tree: Tree | undefined): string | undefined => (tree?.kind === 'scalar' ? (tree.value ?? undefined) : undefined)
