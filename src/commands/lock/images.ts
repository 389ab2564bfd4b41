import { escapeRemote } from '../../hosts/lines.ts'
import { readReference } from '../../images/reference.ts'
import { upstream } from '../../mirrors/upstream.ts'
import { carriersFrom } from '../../mirrors/carriers.ts'
import type { Carrier } from '../../mirrors/types.ts'
import { imagesOfBinaries } from '../../releases/alternates.ts'
import type { Lack } from '../../releases/evidence.ts'
import { findImagePins, type Observation, type Unpinned } from '../../releases/image-evidence.ts'
import type { NewPin } from '../../releases/lock-text.ts'
import { type Picture, resolveImage } from '../../net/image-pull.ts'
import { listedImages } from '../images/index.ts'
import type { Registry, Repository } from '../../net/registry-client.ts'
import type { Intent } from '../../run/session.ts'

const PROBE = `sha256:${'0'.repeat(64)}`

/** What an image is made of, whatever its manifest looks like: a registry that copies by pushing anew keeps configurations and layers. */
const madeOf = ({ blobs }: Picture): string => blobs.map(({ digest }) => digest).join(' ')

/** A URL of the registry API for one image, parted. */
export const repositoryOf = (base: string): Repository => {
  const at = base.lastIndexOf('/')
  return { base: base.slice(0, at), path: base.slice(at + 1) }
}

type Placed = Readonly<{ carrier: Carrier; keeps: boolean }>

/** Every place that carries an image; upstream is asked last even where hosts may not: the operator's machine may reach it. */
export const placesOf = (ref: string, { cluster }: Intent): readonly Placed[] => {
  const kept = new Set(cluster.sources.carriers(`${ref}@${PROBE}`).map(({ name }) => name))
  const listed = cluster.sources.carriers(ref).map((carrier) => ({ carrier, keeps: kept.has(`${carrier.name}@${PROBE}`) }))
  const own = carriersFrom([upstream])(ref).filter(({ name }) => !listed.some(({ carrier }) => carrier.name === name))
  return [...listed, ...own.map((carrier) => ({ carrier, keeps: true }))]
}

/** A place that could not be reached once is not waited for again. */
type Asking = Readonly<{ registry: Registry; arches: readonly string[]; dead: Map<string, string> }>

/** What a place has of an image, or why it delivers nothing. */
const look = async (
  ref: string,
  { carrier, keeps }: Placed,
  { registry, arches, dead }: Asking,
): Promise<Observation | readonly Lack[]> => {
  const reference = readReference(ref)?.tag ?? 'latest'
  const lacks: Lack[] = []
  for (const base of carrier.bases) {
    const { host } = new URL(base)
    const silent = dead.get(host)
    if (silent !== undefined) {
      lacks.push({ host, why: silent })
      continue
    }
    try {
      const picture = await resolveImage(registry, [repositoryOf(base)], { reference, pin: undefined, arches })
      return { name: carrier.name, host, keeps, digest: picture.root.digest, made: madeOf(picture) }
    } catch (error) {
      if ((error as Error).name !== 'NowhereError') throw error
      const { message } = error as Error
      // The place stands before the reason.
      const why = escapeRemote(message.replace(/^\S+: /, ''))
      lacks.push({ host, why })
      if (!/: HTTP \d|no image for|is for .* only/.test(message)) dead.set(host, why)
    }
  }
  return lacks
}

/** What is still to be pinned of the images of our own objects (no plan goes without them) and of those that binaries may come out of. */
const missing = (intent: Intent): readonly Readonly<{ ref: string; required: boolean }>[] => {
  const { release } = intent.cluster
  return [
    ...listedImages(intent).map(({ upstream: ref }) => ({ ref, required: true })),
    ...imagesOfBinaries(release).map((ref) => ({ ref, required: false })),
  ]
}

/** Looks for the pins of images, under every name they have. One after the other: mirrors count requests, and ban who asks for too much at once (mirrors.md §4). */
export const lockImages = async (
  intent: Intent,
  registry: Registry,
  { arches, trustFirst }: Readonly<{ arches: readonly string[]; trustFirst: boolean }>,
): Promise<Readonly<{ pins: readonly NewPin[]; refused: readonly Unpinned[] }>> => {
  const asking: Asking = { registry, arches, dead: new Map() }
  const { pins } = intent.cluster
  const answers: (NewPin | Unpinned)[] = []
  for (const { ref, required } of missing(intent)) {
    const places = placesOf(ref, intent)
    if (pins[ref] !== undefined && places.every(({ carrier, keeps }) => keeps || pins[carrier.name] !== undefined)) continue
    const observations: Observation[] = []
    const lacks: Lack[] = []
    for (const place of places) {
      const seen = await look(ref, place, asking)
      if ('digest' in seen) observations.push(seen)
      else if (place.keeps) lacks.push(...seen)
    }
    answers.push(...findImagePins({ ref, required, pins, trustFirst }, observations, lacks))
  }
  return { pins: answers.filter((one) => 'pin' in one), refused: answers.filter((one) => 'why' in one) }
}
