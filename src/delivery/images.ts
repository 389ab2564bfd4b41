import type { Blob, Descriptor, LayoutImage } from '../archive/oci.ts'
import { MANIFESTS, tokenOf, tokenUrl } from '../commands/registry.ts'
import type { Http } from '../commands/http.ts'
import { readContents } from '../images/oci.ts'
import type { ImagePlace } from '../images/pinned.ts'
import type { Complain, Place, Supply } from './ladder.ts'
import { readWhole, type Shelf } from './shelf.ts'

/** An image whose every part is on the shelf. `parts` are index, manifest, configuration; layers from the lowest to the top. */
export type Held = Readonly<{ root: Descriptor; parts: readonly string[]; layers: readonly string[] }>

const read = async (shelf: Shelf, digest: string) => readContents((await readWhole(shelf, digest)).toString('utf8'))

/** Credentials for one repository; they are asked for once, when something has to be fetched. */
const withToken = (base: string, pin: string, http: Http) => {
  let headers: Promise<Record<string, string>> | undefined
  const ask = async (): Promise<Record<string, string>> => {
    const answer = await http.head(`${base}/manifests/${pin}`, { accept: MANIFESTS })
    const challenge =
      answer.status === 401
        ? tokenUrl(answer.headers.get('www-authenticate') ?? '', `repository:${base.replace(/^.*\/v2\//, '')}:pull`)
        : undefined
    const token = challenge === undefined ? undefined : await tokenOf(http, challenge)
    return { accept: MANIFESTS, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }
  }
  return (kind: 'manifests' | 'blobs', digest: string) => async (): Promise<readonly Place[]> => {
    headers ??= ask()
    return [{ url: `${base}/${kind}/${digest}`, headers: await headers }]
  }
}

/** The whole image from one place, or undefined. Every part has the digest that the part above it names; the pin names the first. */
const fromPlace = async (
  { base, pin }: ImagePlace,
  arch: string,
  supply: Supply,
  http: Http,
  complain: Complain,
): Promise<Held | undefined> => {
  const at = withToken(base, pin, http)
  if (!(await supply.bring(pin, at('manifests', pin), complain))) return undefined
  const parts = [pin]
  const top = await read(supply.shelf, pin)
  let image = top
  if (top?.kind === 'index') {
    const own = top.children.find((child) => child.arch === arch)
    if (!own || !(await supply.bring(own.digest, at('manifests', own.digest), complain))) return undefined
    parts.push(own.digest)
    image = await read(supply.shelf, own.digest)
  }
  if (image?.kind !== 'image') return undefined
  const { config, layers } = image
  for (const { digest } of [config, ...layers]) if (!(await supply.bring(digest, at('blobs', digest), complain))) return undefined
  const root = { mediaType: await typeOf(supply.shelf, pin), digest: pin, size: (await supply.shelf.size(pin)) ?? 0 }
  return { root, parts: [...parts, config.digest], layers: layers.map(({ digest }) => digest) }
}

/** The media type that a manifest or index says of itself; OCI leaves it out where it is plain. */
const typeOf = async (shelf: Shelf, digest: string): Promise<string> => {
  const { mediaType, manifests } = JSON.parse((await readWhole(shelf, digest)).toString('utf8')) as {
    mediaType?: string
    manifests?: unknown
  }
  return mediaType ?? `application/vnd.oci.image.${manifests === undefined ? 'manifest' : 'index'}.v1+json`
}

/** An image from the first place that delivers all of it. */
export const holdImage = async (
  places: readonly ImagePlace[],
  arch: string,
  supply: Supply,
  http: Http,
  complain: Complain,
): Promise<Held | undefined> => {
  for (const place of places) {
    const held = await fromPlace(place, arch, supply, http, complain)
    if (held) return held
  }
  return undefined
}

/** The image as its layout has it, read from the shelf when it is written. */
export const layoutOf = async (name: string, { root, parts, layers }: Held, shelf: Shelf): Promise<LayoutImage> => ({
  name,
  root,
  blobs: await Promise.all(
    [...new Set([...parts, ...layers])].map(
      async (digest): Promise<Blob> => ({ digest, size: (await shelf.size(digest)) ?? 0, content: () => shelf.open(digest) }),
    ),
  ),
})
