import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { LIMITS, type Limits, reasonOf } from './limits.ts'
import { createPersistence } from './persistence.ts'
import type { Logins } from './registry-auth.ts'
import { headOrGet, RegistryError, requestErrorIn, type Requests, requestsBy } from './registry-requests.ts'
import { type Fetch, goesOnAt, type Init, movedTo, wholeBody } from './request.ts'

/** What an image may be, for the header `accept`. */
export const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/** Larger ones are no manifests (distribution-spec: registries should take 4 MiB). */
const LARGEST_MANIFEST = 4 * 1024 * 1024

/** Where a registry keeps a repository: `base` ends in /v2 or in what a mirror has put after it. */
export type Repository = Readonly<{ base: string; path: string }>

/** What a registry says of one image: its digest, or why not. `status` 0 is no answer at all. */
export type Head = Readonly<{ digest?: string; status: number; error?: string }>

/** A manifest or index as it came; `digest` is that of its bytes. */
export type RawManifest = Readonly<{ bytes: Buffer; mediaType: string; digest: string }>

/** Pulls and pushes (OCI distribution-spec). Never lists anything. All but `head` throw RegistryError. */
export interface Registry {
  /** Asks for URLs of the repository with this path, with the credentials it wants. */
  asking(path: string): Fetch
  head(repository: Repository, reference: string): Promise<Head>
  manifest(repository: Repository, reference: string): Promise<RawManifest>
  /** The bytes of a blob as they come, in as many answers as it takes; they are not verified here. */
  blob(repository: Repository, digest: string): AsyncIterable<Uint8Array>
  hasBlob(repository: Repository, digest: string): Promise<boolean>
  pushBlob(repository: Repository, blob: Readonly<{ digest: string; size: number }>, content: AsyncIterable<Uint8Array>): Promise<void>
  pushManifest(repository: Repository, reference: string, manifest: RawManifest): Promise<void>
}

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

const manifestUrl = ({ base, path }: Repository, reference: string): string => `${base}/${path}/manifests/${reference}`
const blobUrl = ({ base, path }: Repository, digest: string): string => `${base}/${path}/blobs/${digest}`

const readManifest = async (response: Response, url: string): Promise<RawManifest> => {
  const bytes = await wholeBody(response, LARGEST_MANIFEST).catch((error: unknown) => {
    throw new RegistryError(url, reasonOf(error), 0, error)
  })
  return { bytes, mediaType: response.headers.get('content-type')?.split(';')[0]?.trim() ?? '', digest: digestOf(bytes) }
}

const headOf = async ({ signal, request }: Requests, repository: Repository, reference: string): Promise<Head> => {
  const url = manifestUrl(repository, reference)
  const init: Init = { headers: { accept: MANIFESTS }, signal }
  try {
    let response = await headOrGet(request, url, init, repository.path, 'pull')
    const { status } = response
    if (status !== 200) {
      await response.body?.cancel()
      return { status, error: `HTTP ${status}` }
    }
    const named = response.headers.get('docker-content-digest')
    if (named !== null) {
      await response.body?.cancel()
      return { status, digest: named }
    }
    if (response.body === null) response = await request(url, init, repository.path, 'pull')
    return { status, digest: (await readManifest(response, url)).digest }
  } catch (error) {
    signal.throwIfAborted()
    return { status: 0, error: reasonOf(error) }
  }
}

/** One answer with the rest of a blob. A server that does not know ranges sends it from its beginning: what is here already is passed over. */
async function* restOf(
  { signal, request, must }: Requests,
  repository: Repository,
  digest: string,
  had: number,
): AsyncGenerator<Uint8Array, void> {
  const url = blobUrl(repository, digest)
  const init: Init = had > 0 ? { signal, headers: { range: `bytes=${had}-` } } : { signal }
  const response = await must(url, [200, 206], () => request(url, init, repository.path, 'pull'))
  let skip = had > 0 && !goesOnAt(response, had) ? had : 0
  for await (const chunk of response.body ?? []) {
    if (skip < chunk.length) yield chunk.subarray(skip)
    skip = Math.max(0, skip - chunk.length)
  }
}

const pulls = (requests: Requests): Pick<Registry, 'asking' | 'head' | 'manifest' | 'blob'> => ({
  asking:
    (path) =>
    (url, init = {}) =>
      requests.request(url, init, path, 'pull'),
  head: (repository, reference) => headOf(requests, repository, reference),
  manifest: async (repository, reference) => {
    const url = manifestUrl(repository, reference)
    const init: Init = { headers: { accept: MANIFESTS }, signal: requests.signal }
    return readManifest(await requests.must(url, [200], () => requests.request(url, init, repository.path, 'pull')), url)
  },
  blob: async function* (repository, digest) {
    const { signal, limits } = requests
    const next = createPersistence(0, limits)
    for (let seen = 0; ; ) {
      const had = seen
      try {
        for await (const chunk of restOf(requests, repository, digest, had)) {
          seen += chunk.length
          yield chunk
        }
        return
      } catch (error) {
        signal.throwIfAborted()
        const failed = requestErrorIn(error)
        const what = failed === undefined ? 'stop' : next(failed, had, seen)
        if (what === 'stop')
          throw error instanceof RegistryError ? error : new RegistryError(blobUrl(repository, digest), reasonOf(error), 0, error)
        if (what === 'pause') await setTimeout(limits.pause, undefined, { signal })
      }
    }
  },
})

/** Where an upload goes on. Its bytes were to be sent by https: they are not sent in the clear elsewhere. */
const uploadPlace = (begun: Response, start: string, digest: string): string => {
  const place = movedTo(begun.headers.get('location') ?? '', new URL(start))
  if (start.startsWith('https:') && place.protocol === 'http:')
    throw new RegistryError(
      start,
      `it wants the upload at ${place.origin}, in the clear: set the registry's external URL to ${new URL(start).origin}`,
    )
  place.searchParams.set('digest', digest)
  return place.href
}

const pushes = ({ signal, request, must }: Requests): Pick<Registry, 'hasBlob' | 'pushBlob' | 'pushManifest'> => ({
  hasBlob: async (repository, digest) => {
    const url = blobUrl(repository, digest)
    const response = await must(url, [200, 404], () => headOrGet(request, url, { signal }, repository.path, 'pull,push'))
    await response.body?.cancel()
    return response.status === 200
  },
  pushBlob: async (repository, { digest, size }, content) => {
    const start = `${repository.base}/${repository.path}/blobs/uploads/`
    const begun = await must(start, [202], () =>
      request(start, { method: 'POST', headers: { 'content-length': '0' }, signal }, repository.path, 'pull,push'),
    )
    await begun.body?.cancel()
    const place = uploadPlace(begun, start, digest)
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) }
    const done = await must(blobUrl(repository, digest), [201], () =>
      request(place, { method: 'PUT', headers, body: content, signal }, repository.path, 'pull,push'),
    )
    await done.body?.cancel()
  },
  pushManifest: async (repository, reference, { bytes, mediaType }) => {
    const url = manifestUrl(repository, reference)
    const headers = { 'content-type': mediaType, 'content-length': String(bytes.length) }
    const done = await must(url, [201], () => request(url, { method: 'PUT', headers, body: bytes, signal }, repository.path, 'pull,push'))
    await done.body?.cancel()
  },
})

/** A client of registries. */
export const createRegistry = (ask: Fetch, signal: AbortSignal, logins: Logins = {}, limits: Limits = LIMITS): Registry => {
  const requests = requestsBy(ask, signal, logins, limits)
  return { ...pulls(requests), ...pushes(requests) }
}
