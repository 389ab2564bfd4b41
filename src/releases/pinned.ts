import type { Carrier, Sources } from '../mirrors/types.ts'
import { formatReference, nameOf, readReference } from '../images/reference.ts'

/**
 * Where an image can be pulled from (a URL of the registry API, or "containerd:NAME@DIGEST" where only containerd has the credentials)
 * and the digest of its manifest there.
 */
export type ImagePlace = Readonly<{ base: string; pin: string }>

/**
 * An image of ours that is pinned. `ref` is how pods name it, by tag and digest; `stored` how containerd keeps it: by digest alone, because
 * it drops a tag that stands beside one (reference/docker ParseDockerRef, as its CRI plugin calls it).
 */
export type PinnedImage = Readonly<{ ref: string; stored: string; places: readonly ImagePlace[] }>

export type ImagePins = Readonly<{ sources: Pick<Sources, 'carriers' | 'image'>; pins: Readonly<Record<string, string>> }>

type Named = Readonly<{ ref: string; stored: string; places: readonly ImagePlace[] }>

const named = ({ name, bases, closed }: Carrier, pin: string, byOperator: boolean): Named[] => {
  const reference = readReference(name)
  if (!reference) return []
  const stored = `${nameOf(reference)}@${pin}`
  const from = closed && !byOperator ? [`containerd:${stored}`] : bases
  return [{ ref: formatReference({ ...reference, digest: pin }), stored, places: from.map((base) => ({ base, pin })) }]
}

/** An image under the name of each place that carries it, with the digest it has there; a place without a pin is left out. */
const namesOf = (ref: string, { sources, pins }: ImagePins, byOperator: boolean): readonly Named[] => {
  const pin = pins[ref]
  // A place whose copies have other digests does not answer to a name with the source's digest: its own name needs a pin of its own.
  const kept = new Set(pin === undefined ? [] : sources.carriers(`${ref}@${pin}`).map(({ name }) => name))
  return sources.carriers(ref).flatMap((carrier) => {
    const digest = pin !== undefined && kept.has(`${carrier.name}@${pin}`) ? pin : pins[carrier.name]
    return digest === undefined ? [] : named(carrier, digest, byOperator)
  })
}

/**
 * An image of ours by what is pinned of it; undefined where no place that carries it has a pin. `byOperator`: the operator's machine fetches it,
 * which has the logins and CAs itself.
 */
export const pinnedImage = (ref: string, context: ImagePins, byOperator = false): PinnedImage | undefined => {
  const names = namesOf(ref, context, byOperator)
  const [first] = names
  return first && { ref: first.ref, stored: first.stored, places: names.flatMap(({ places }) => places) }
}

/** The name for a pod. Where nothing is pinned it has no digest; such a plan is refused (engine/plan.ts). */
export const imageName = (ref: string, context: ImagePins): string => pinnedImage(ref, context)?.ref ?? context.sources.image(ref)
