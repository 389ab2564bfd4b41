import { layoutEntries } from '../archive/oci.ts'
import { writeTar } from '../archive/tar.ts'
import type { Http } from '../net/http.ts'
import { imageFile } from '../resources/image.ts'
import { kindOf } from '../resources/index.ts'
import type { ArtifactResource, ImageResource, Resource } from '../resources/types.ts'
import { type Held, holdImage, layoutOf, type Means } from './images.ts'
import type { Complain, Supply } from './fallback.ts'
import { debPlaces } from './repository.ts'
import { digestOf } from './cache.ts'

/** One file that a host is to have under STATE/fetch. It is read from disk whenever it is streamed. */
export type Upload = Readonly<{ as: string; digest: string; open(): AsyncIterable<Uint8Array> }>

/** What a resource needs from the operator's machine as files; packages are another matter. */
export type Uploadable = ArtifactResource | ImageResource

export const isUploadable = (want: Resource): want is Uploadable =>
  want.kind === 'image' || (want.kind === 'artifact' && want.pushed === true)

/** What hosts that need the same share: "image registry.k8s.io/pause:3.10 amd64". */
export const uploadName = (want: Uploadable): string => `${kindOf(want).id(want)} ${want.kind === 'image' ? want.arch : want.artifact.path}`

/** What everything is fetched with. */
export type Tools = Means & Readonly<{ http: Http }>

const hexOf = (digest: string): string => digest.slice('sha256:'.length)

const urlsOf = (urls: readonly string[]) => () => urls.map((url) => ({ url }))

/** The sources that a host asks (shell/fetch.sh, image-sources.sh), asked once for all hosts; the digests of what is needed, and the names they get. */
const artifactParts = async (
  want: ArtifactResource,
  means: Tools,
  complain: Complain,
): Promise<readonly (readonly [as: string, digest: string])[] | undefined> => {
  const { pin, urls, others = [] } = want
  const { supply, http } = means
  if (pin !== '' && (await supply.bring(pin, urlsOf(urls), complain))) return [[hexOf(pin), pin]]
  for (const other of others) {
    if (other.kind === 'deb') {
      if (await supply.bring(other.pin, () => debPlaces(other, other.arch, supply, http, complain), complain))
        return [[hexOf(other.pin), other.pin]]
      continue
    }
    const held = await holdImage([other], other.arch, means, complain)
    // The host looks for its files in the top layer first.
    if (held) return held.layers.toReversed().map((digest, index) => [`${hexOf(other.pin)}.${index + 1}`, digest] as const)
  }
  return undefined
}

const imageUpload = async (want: ImageResource, held: Held, supply: Supply): Promise<Upload> => {
  const image = await layoutOf(want.name, held, supply.store)
  const open = () => writeTar(layoutEntries([image]))
  // The same image makes the same archive.
  const { digest } = await digestOf(open())
  return { as: imageFile(want), digest, open }
}

/** Everything that stands for a resource on a store, by digest: what a bundle has to hold. undefined when no source delivered it. */
export const holdings = async (want: Uploadable, means: Tools, complain: Complain): Promise<readonly string[] | undefined> => {
  if (want.kind === 'image') {
    const held = await holdImage(want.places, want.arch, means, complain)
    return held && [...held.parts, ...held.layers]
  }
  const parts = await artifactParts(want, means, complain)
  if (!parts) return undefined
  // Of an image everything belongs to it that leads to its layers.
  const image = want.others?.find((other) => other.kind === 'image' && parts[0]?.[0].startsWith(`${hexOf(other.pin)}.`))
  const held = image?.kind === 'image' ? await holdImage([image], image.arch, means, complain) : undefined
  return held ? [...held.parts, ...held.layers] : parts.map(([, digest]) => digest)
}

/** What a host gets for a resource; undefined when no source delivered it. */
export const uploadsOf = async (want: Uploadable, means: Tools, complain: Complain): Promise<readonly Upload[] | undefined> => {
  if (want.kind === 'image') {
    const held = await holdImage(want.places, want.arch, means, complain)
    return held && [await imageUpload(want, held, means.supply)]
  }
  const parts = await artifactParts(want, means, complain)
  return parts?.map(([as, digest]) => ({ as, digest, open: () => means.supply.store.open(digest) }))
}
