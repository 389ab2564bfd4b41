import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type ParsedNode, visit, type YAMLMap } from 'yaml'
import type { Path } from './source.ts'

/** A key and its value in the document; the document itself and the elements of lists have no key. */
export type Spot = { key?: unknown; value?: unknown }

/** Anchors may form circles of merge keys. */
const DEEPEST_MERGE = 20

const isMergeKey = (key: unknown): boolean =>
  isScalar(key) && (key.value === '<<' || (typeof key.value === 'symbol' && key.value.description === '<<'))

const keyText = (key: unknown): string => (isScalar(key) ? String(key.value ?? '') : '')

/** Anchors by name, so that an alias costs one look-up and not a walk through the document. */
const anchorsOf = (root: ParsedNode | null): Map<string, Node> => {
  const anchors = new Map<string, Node>()
  if (root) visit(root, { Node: (_, node) => void ('anchor' in node && node.anchor && anchors.set(node.anchor, node as Node)) })
  return anchors
}

/** The maps that `<<` merges into a map, in order. */
const mergedInto = (map: YAMLMap, target: (node: unknown) => unknown): YAMLMap[] =>
  map.items
    .filter((item) => isMergeKey(item.key))
    .flatMap((merge) => {
      const from = target(merge.value)
      return isSeq(from) ? from.items.map(target) : [from]
    })
    .filter((one) => isMap(one))

/** Finds what stands along a path, through aliases and merge keys: the spots that exist, the first being the document itself. */
export const finder = (root: ParsedNode | null): ((path: Path) => Spot[]) => {
  let anchors: Map<string, Node> | undefined
  const target = (node: unknown): unknown => {
    if (!isAlias(node)) return node
    anchors ??= anchorsOf(root)
    return anchors.get(node.source)
  }
  const inMap = (map: YAMLMap, name: string, depth: number): Spot | undefined => {
    const pair = map.items.find((item) => !isMergeKey(item.key) && keyText(item.key) === name)
    if (pair) return { key: pair.key, value: pair.value }
    if (depth > DEEPEST_MERGE) return undefined
    for (const from of mergedInto(map, target)) {
      const spot = inMap(from, name, depth + 1)
      if (spot) return spot
    }
    return undefined
  }
  const step = (node: unknown, part: PropertyKey): Spot | undefined => {
    const here = target(node)
    if (isSeq(here)) return typeof part === 'number' && part < here.items.length ? { value: here.items[part] } : undefined
    return isMap(here) ? inMap(here, String(part), 0) : undefined
  }
  return (path) => {
    const spots: Spot[] = [{ value: root }]
    for (const part of path) {
      const spot = step(spots.at(-1)?.value, part)
      if (!spot) break
      spots.push(spot)
    }
    return spots
  }
}

/** Where a node begins. */
export const offsetOf = (node: unknown): number | undefined => {
  const range = (node as Node | null | undefined)?.range
  return range ? range[0] : undefined
}

/** Path of the innermost key that stands at `offset`. */
export const pathAt = (root: ParsedNode | null, offset: number): Path => {
  let deepest: Path = []
  const within = (node: unknown): boolean => {
    const range = (node as Node | null | undefined)?.range
    return !!range && range[0] <= offset && offset <= range[2]
  }
  const walk = (node: unknown, path: Path): void => {
    deepest = path
    if (isSeq(node)) {
      const index = node.items.findIndex(within)
      if (index >= 0) walk(node.items[index], [...path, index])
    } else if (isMap(node)) {
      const onKey = node.items.find((item: Pair) => within(item.key) && offsetOf(item.key) === offset)
      const inside = onKey ?? node.items.find((item: Pair) => within(item.value))
      if (!inside) return
      const next = [...path, keyText(inside.key)]
      if (onKey) deepest = next
      else walk(inside.value, next)
    }
  }
  walk(root, [])
  return deepest
}

/** Offsets of aliases that name no anchor before them; yaml itself finds them only when the value is asked for, and then throws. */
export const looseAliases = (root: ParsedNode | null): number[] => {
  const anchors = new Set<string>()
  const loose: number[] = []
  if (!root) return loose
  visit(root, {
    Alias: (_, alias) => void (anchors.has(alias.source) || loose.push(alias.range?.[0] ?? 0)),
    Value: (_, node) => void (node.anchor && anchors.add(node.anchor)),
  })
  return loose
}
