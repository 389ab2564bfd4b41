import { formatReference, nameOf, readReference } from './reference.ts'
import { canonical } from './registries.ts'

/** A mapping of the user's own: what lies at or under `from` (whole segments of the full name, docker.io/library/nginx) moves under `to`. */
export type Rule = Readonly<{ from: string; to: string }>

/** What an image is to be called, for texts that are no image reference the text itself; applying it twice changes nothing more. */
export type Rename = (ref: string) => string

/** What knows the names that mirrors give to images. */
export type Naming = Readonly<{ image(ref: string): string }>

const trimmed = (prefix: string) => prefix.replace(/\/+$/, '')
const below = (name: string, prefix: string): string | undefined =>
  name === prefix ? '' : name.startsWith(`${prefix}/`) ? name.slice(prefix.length) : undefined

const byLength = (rules: readonly Rule[]): readonly Rule[] =>
  rules.map(({ from, to }) => ({ from: trimmed(from), to: trimmed(to) })).toSorted((a, b) => b.from.length - a.from.length)

/** What the longest matching rule makes of a reference; what lies under the target of a rule has been moved already and stays. */
const byRules = (sorted: readonly Rule[], ref: string): string | undefined => {
  const reference = readReference(ref)
  if (reference === undefined) return ref
  const name = nameOf(reference)
  if (sorted.some(({ to }) => below(name, to) !== undefined)) return ref
  for (const { from, to } of sorted) {
    const rest = below(name, from)
    const moved = rest === undefined ? undefined : readReference(to + rest)
    // A target without a path (all of quay.io/a to harbor.corp) leaves nothing to call the image itself.
    if (moved !== undefined && nameOf(moved) === to + rest)
      return formatReference({ ...moved, tag: reference.tag, digest: reference.digest })
  }
  return undefined
}

/** The renaming of configured mirrors and rules: a rule goes before the mirrors, and one for a mirror's name takes what the mirror would have got. */
export const renamer = (sources: Naming, rules: readonly Rule[] = []): Rename => {
  if (rules.length === 0) return sources.image
  const sorted = byLength(rules)
  return (ref) => {
    const moved = byRules(sorted, ref)
    if (moved !== undefined) return moved
    const mirrored = sources.image(ref)
    return byRules(sorted, mirrored) ?? mirrored
  }
}

/** Two different images that would get the same name: what a registry in flat layout must refuse. */
export type Collision = Readonly<{ to: string; from: readonly string[] }>

const untagged = (ref: string): string => {
  const reference = readReference(ref)
  return reference === undefined ? ref : nameOf(canonical(reference))
}

/** The collisions among references under a renaming, sorted; tags are left out, since two images under one name collide at any tag sooner or later. */
export const collisions = (refs: readonly string[], rename: Rename): readonly Collision[] => {
  const names = new Map<string, Set<string>>()
  for (const ref of refs) {
    const to = untagged(rename(ref))
    names.set(to, (names.get(to) ?? new Set()).add(untagged(ref)))
  }
  return [...names]
    .filter(([, from]) => from.size > 1)
    .map(([to, from]) => ({ to, from: [...from].toSorted() }))
    .toSorted((a, b) => (a.to < b.to ? -1 : 1))
}
