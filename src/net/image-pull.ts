import { createHash } from 'node:crypto'
import { readReference } from '../images/reference.ts'
import { isRegistry } from '../images/registries.ts'
import { architectureOf, type Child, type Contents, type Descriptor, readContents } from '../images/oci.ts'
import type { PrivateRegistry } from '../mirrors/private.ts'
import type { Sources } from '../mirrors/types.ts'
import type { RawManifest, Registry, Repository } from './registry-client.ts'
import { RegistryError } from './registry-requests.ts'

/** An image as some place holds it: what its name means, the manifests below it where it is an index, and its configurations and layers. */
export type Picture = Readonly<{ root: RawManifest; manifests: readonly RawManifest[]; blobs: readonly Descriptor[]; from: Repository }>

/** The places that may have an image, in order: the mirrors of a public registry, else the registry that its name says. */
export const repositoriesOf = (ref: string, sources: Sources, registries: readonly PrivateRegistry[]): readonly Repository[] => {
  const reference = readReference(ref)
  if (reference === undefined) return []
  const { domain, path } = reference
  if (!isRegistry(domain)) {
    const origin = registries.find((own) => own.domain === domain)?.origin ?? `https://${domain}`
    return [{ base: `${origin}/v2`, path }]
  }
  return sources.endpoints(domain).map(({ url, overridePath }) => ({ base: overridePath ? url : `${url}/v2`, path }))
}

const wanted = ({ children }: Extract<Contents, { kind: 'index' }>, arches: readonly string[] | 'all'): readonly Child[] => {
  if (arches === 'all') return children
  const found = arches.map((arch) => [arch, children.find((child) => child.arch === arch)] as const)
  const missing = found.filter(([, child]) => child === undefined).map(([arch]) => arch)
  if (missing.length > 0) throw new Error(`there is no image for ${missing.join(', ')}`)
  return found.flatMap(([, child]) => child ?? [])
}

const contentsOf = ({ bytes }: RawManifest): Contents => {
  const contents = readContents(bytes.toString('utf8'))
  if (contents === undefined) throw new Error('the answer is no manifest')
  return contents
}

/** A manifest by its digest; other bytes are refused. */
const exactly = async (registry: Registry, from: Repository, digest: string): Promise<RawManifest> => {
  const raw = await registry.manifest(from, digest)
  if (raw.digest !== digest) throw new Error(`the manifest has the digest ${raw.digest}, not ${digest}`)
  return raw
}

/** The whole of a small blob; other bytes are refused. */
const small = async (registry: Registry, from: Repository, { digest, size }: Descriptor): Promise<string> => {
  if (size > 4 * 1024 * 1024) throw new Error('the configuration is too large')
  const chunks: Uint8Array[] = []
  for await (const chunk of verified(registry.blob(from, digest), { digest, size })) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

const look = async (
  registry: Registry,
  from: Repository,
  { reference, pin, arches }: Readonly<{ reference: string; pin: string | undefined; arches: readonly string[] | 'all' }>,
): Promise<Picture> => {
  const root = pin === undefined ? await registry.manifest(from, reference) : await exactly(registry, from, pin)
  const contents = contentsOf(root)
  if (contents.kind === 'image') {
    const { config, layers } = contents
    const arch = arches === 'all' ? undefined : architectureOf(await small(registry, from, config))
    if (arch !== undefined && !arches.includes(arch)) throw new Error(`it is for ${arch} only`)
    return { root, manifests: [], blobs: [config, ...layers], from }
  }
  const manifests: RawManifest[] = []
  const blobs: Descriptor[] = []
  for (const { digest } of wanted(contents, arches)) {
    const child = await exactly(registry, from, digest)
    const below = contentsOf(child)
    if (below.kind === 'index') throw new Error('an index within an index')
    manifests.push(child)
    blobs.push(below.config, ...below.layers)
  }
  return { root, manifests, blobs: [...new Map(blobs.map((blob) => [blob.digest, blob])).values()], from }
}

/** Why no place gave an image: "place: reason" of each. */
export class NowhereError extends Error {
  override readonly name = 'NowhereError'
}

const placeOf = ({ base }: Repository): string => new URL(base).host

/** Asks the places in order for an image until one has it, pinned to `pin` where there is one. Throws NowhereError. */
export const resolveImage = async (
  registry: Registry,
  places: readonly Repository[],
  want: Readonly<{ reference: string; pin: string | undefined; arches: readonly string[] | 'all' }>,
): Promise<Picture> => {
  const reasons: string[] = []
  for (const place of places) {
    try {
      return await look(registry, place, want)
    } catch (error) {
      if (!(error instanceof RegistryError) && (error as Error).name !== 'Error') throw error
      reasons.push(error instanceof RegistryError ? error.message : `${placeOf(place)}: ${(error as Error).message}`)
    }
  }
  throw new NowhereError(reasons.length === 0 ? 'no configured mirror carries it' : reasons.join('; '))
}

/** Bytes as they come; an error at the end when they are not the announced ones. */
export async function* verified(
  content: AsyncIterable<Uint8Array>,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256')
  let seen = 0
  for await (const chunk of content) {
    hash.update(chunk)
    seen += chunk.length
    if (seen > size) break
    yield chunk
  }
  if (seen !== size) throw new Error(`${digest} has ${seen > size ? 'more than ' : 'only '}${Math.min(seen, size)} of ${size} bytes`)
  if (`sha256:${hash.digest('hex')}` !== digest) throw new Error(`the bytes are not those of ${digest}`)
}

/** Gives a blob's verified bytes to `take`, from the first place where that goes well. Throws NowhereError. */
export const withBlob = async (
  registry: Registry,
  places: readonly Repository[],
  blob: Descriptor,
  take: (content: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> => {
  const reasons: string[] = []
  for (const place of places) {
    try {
      return await take(verified(registry.blob(place, blob.digest), blob))
    } catch (error) {
      if (!(error instanceof RegistryError) && (error as Error).name !== 'Error') throw error
      reasons.push(`${placeOf(place)}: ${(error as Error).message}`)
    }
  }
  throw new NowhereError(reasons.join('; '))
}
