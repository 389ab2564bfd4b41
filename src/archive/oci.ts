import { type TarEntry, textEntry } from './tar.ts'

/** A content descriptor (OCI image-spec, descriptor.md). */
export type Descriptor = Readonly<{ mediaType: string; digest: string; size: number }>

/** An image to be put into a layout: its name, what the name means, and every manifest, configuration and layer that belongs to it. */
export type LayoutImage = Readonly<{ name: string; root: Descriptor; blobs: readonly Blob[] }>

/** `digest` is "sha256:<hex>". `content` is called at most once, when its turn comes. */
export type Blob = Readonly<{ digest: string; size: number; content(): AsyncIterable<Uint8Array> | Iterable<Uint8Array> }>

/** Where a blob lies in a layout. */
export const blobPath = (digest: string): string => `blobs/${digest.replace(':', '/')}`

/** The tag of a name, which `org.opencontainers.image.ref.name` is by convention. */
const tagOf = (name: string): string => /:([^:/@]+)(@.*)?$/.exec(name)?.[1] ?? 'latest'

const indexText = (images: readonly LayoutImage[]): string =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: images.map(({ name, root }) => ({
      ...root,
      // containerd takes the whole name from the first, other tools the tag from the second.
      annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tagOf(name) },
    })),
  })

/**
 * The entries of an OCI image layout (image-spec, image-layout.md) as `ctr images import` reads it. Blobs that several images
 * share stand in it once.
 */
export function* layoutEntries(images: readonly LayoutImage[]): Generator<TarEntry, void> {
  yield textEntry('oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  yield textEntry('index.json', indexText(images))
  const written = new Set<string>()
  for (const { blobs } of images)
    for (const { digest, size, content } of blobs) {
      if (written.has(digest)) continue
      written.add(digest)
      yield { name: blobPath(digest), size, content: content() }
    }
}
