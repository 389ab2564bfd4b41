import type { Sources } from '../mirrors/types.ts'
import type { Release } from './types.ts'
import { formatReference, readReference } from '../images/reference.ts'

/** An image of ours: what it is for, its name upstream and where it comes from here, and its pin where there is one. */
export type Listed = Readonly<{ what: string; upstream: string; mirrored: string; digest: string | undefined }>

const full = (ref: string): string => {
  const reference = readReference(ref)
  return reference === undefined ? ref : formatReference(reference)
}

/** Every image a release's own objects need, under both names, sorted by what it is for. A digest in the name counts as its pin. */
export const listImages = (
  release: Readonly<{ images: Readonly<Record<string, string>> }> & Pick<Release, 'pins'>,
  sources: Pick<Sources, 'image'>,
): readonly Listed[] =>
  Object.entries(release.images)
    .map(([what, ref]) => ({
      what,
      upstream: full(ref),
      mirrored: sources.image(ref),
      digest: release.pins[ref] ?? readReference(ref)?.digest,
    }))
    .toSorted((a, b) => (a.what < b.what ? -1 : 1))
