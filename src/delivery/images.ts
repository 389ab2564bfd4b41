import type { Blob, Descriptor, LayoutImage } from '../archive/oci.ts'
import { MANIFESTS, type Registry } from '../net/registry-client.ts'
import { readContents } from '../images/oci.ts'
import type { ImagePlace } from '../releases/pinned.ts'
import type { Complain, Place, Supply } from './fallback.ts'
import { readWhole, type BlobStore } from './cache.ts'

/** What images are fetched with. */
export type Means = Readonly<{ supply: Supply; registry: Registry }>

/** An image whose every part is on the store. `parts` are index, manifest, configuration; layers from the lowest to the top. */
export type Held = Readonly<{ root: Descriptor; parts: readonly string[]; layers: readonly string[] }>

const read = async (store: BlobStore, digest: string) => readContents((await readWhole(store, digest)).toString('utf8'))

/** Where the parts of a repository are, asked for with the credentials it wants. */
const placesIn = (base: string, registry: Registry) => {
  const ask = registry.asking(base.replace(/^.*?\/v2\//, ''))
  return (kind: 'manifests' | 'blobs', digest: string) => (): readonly Place[] => [
    { url: `${base}/${kind}/${digest}`, headers: { accept: MANIFESTS }, ask },
  ]
}

/** The whole image from one place, or undefined. Every part has the digest that the part above it names; the pin names the first. */
const fromPlace = async (
  { base, pin }: ImagePlace,
  arch: string,
  { supply, registry }: Means,
  complain: Complain,
): Promise<Held | undefined> => {
  const at = placesIn(base, registry)
  if (!(await supply.bring(pin, at('manifests', pin), complain))) return undefined
  const parts = [pin]
  const top = await read(supply.store, pin)
  let image = top
  if (top?.kind === 'index') {
    const own = top.children.find((child) => child.arch === arch)
    if (!own || !(await supply.bring(own.digest, at('manifests', own.digest), complain))) return undefined
    parts.push(own.digest)
    image = await read(supply.store, own.digest)
  }
  if (image?.kind !== 'image') return undefined
  const { config, layers } = image
  for (const { digest } of [config, ...layers]) if (!(await supply.bring(digest, at('blobs', digest), complain))) return undefined
  const root = { mediaType: await typeOf(supply.store, pin), digest: pin, size: (await supply.store.size(pin)) ?? 0 }
  return { root, parts: [...parts, config.digest], layers: layers.map(({ digest }) => digest) }
}

/** The media type that a manifest or index says of itself; OCI leaves it out where it is plain. */
const typeOf = async (store: BlobStore, digest: string): Promise<string> => {
  const { mediaType, manifests } = JSON.parse((await readWhole(store, digest)).toString('utf8')) as {
    mediaType?: string
    manifests?: unknown
  }
  return mediaType ?? `application/vnd.oci.image.${manifests === undefined ? 'manifest' : 'index'}.v1+json`
}

/** An image from the first place that delivers all of it. */
export const holdImage = async (
  places: readonly ImagePlace[],
  arch: string,
  means: Means,
  complain: Complain,
): Promise<Held | undefined> => {
  for (const place of places) {
    const held = await fromPlace(place, arch, means, complain)
    if (held) return held
  }
  return undefined
}

/** The image as its layout has it, read from the store when it is written. */
export const layoutOf = async (name: string, { root, parts, layers }: Held, store: BlobStore): Promise<LayoutImage> => ({
  name,
  root,
  blobs: await Promise.all(
    [...new Set([...parts, ...layers])].map(
      async (digest): Promise<Blob> => ({ digest, size: (await store.size(digest)) ?? 0, content: () => store.open(digest) }),
    ),
  ),
})
