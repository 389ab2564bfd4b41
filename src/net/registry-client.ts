import { createHash } from 'node:crypto'
import type { Secret } from '../shell/quote.ts'
import type { Fetch, Init } from './egress.ts'
import { bodyOf, patience, reason } from './http.ts'
import { MANIFESTS } from './registry-token.ts'
import { type AuthorizedFetch, authorizing } from './registry-auth.ts'

/** Larger ones are no manifests (distribution-spec: registries should take 4 MiB). */
const LARGEST_MANIFEST = 4 * 1024 * 1024
const FIRST_BYTE_MS = 60_000
const SILENCE_MS = 20_000
const HEAD_MS = 10_000

/** Where a registry keeps a repository: `base` ends in /v2 or in what a mirror has put after it. */
export type Repository = Readonly<{ base: string; path: string }>

/** What a registry says of one image: its digest, or why not. `status` 0 is no answer at all. */
export type Head = Readonly<{ digest?: string; status: number; error?: string }>

/** A manifest or index as it came; `digest` is that of its bytes. */
export type RawManifest = Readonly<{ bytes: Buffer; mediaType: string; digest: string }>

/** A refusal: what was asked for, and why it did not come. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  readonly status: number
  constructor(url: string, why: string, status = 0) {
    super(`${url}: ${why}`)
    this.status = status
  }
}

/** Pulls and pushes (OCI distribution-spec). Never lists anything. All but `head` throw RegistryError. */
export interface Registry {
  head(repository: Repository, reference: string): Promise<Head>
  manifest(repository: Repository, reference: string): Promise<RawManifest>
  /** The bytes of a blob as they come; they are not verified here. */
  blob(repository: Repository, digest: string): AsyncIterable<Uint8Array>
  hasBlob(repository: Repository, digest: string): Promise<boolean>
  pushBlob(repository: Repository, blob: Readonly<{ digest: string; size: number }>, content: AsyncIterable<Uint8Array>): Promise<void>
  pushManifest(repository: Repository, reference: string, manifest: RawManifest): Promise<void>
}

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

const manifestUrl = ({ base, path }: Repository, reference: string): string => `${base}/${path}/manifests/${reference}`
const blobUrl = ({ base, path }: Repository, digest: string): string => `${base}/${path}/blobs/${digest}`

/** Requests to registries: `must` is for those that may end in one way only, and throws RegistryError for any other. */
type Requests = Readonly<{
  signal: AbortSignal
  request: AuthorizedFetch
  within(ms: number): AbortSignal
  must(url: string, statuses: readonly number[], asked: () => Promise<Response>): Promise<Response>
}>

const requestsBy = (ask: Fetch, signal: AbortSignal, logins: Readonly<Record<string, Secret>>): Requests => ({
  signal,
  request: authorizing(ask, logins),
  within: (ms) => AbortSignal.any([signal, AbortSignal.timeout(ms)]),
  must: async (url, statuses, asked) => {
    const response = await asked().catch((error: unknown) => {
      signal.throwIfAborted()
      throw new RegistryError(url, reason(error))
    })
    if (statuses.includes(response.status)) return response
    const said = await bodyOf(response, 4096).catch(() => Buffer.alloc(0))
    const why = /"code" *: *"([A-Z_]+)"/.exec(said.toString())?.[1]
    throw new RegistryError(url, `HTTP ${response.status}${why === undefined ? '' : ` ${why}`}`, response.status)
  },
})

const pulls = ({ signal, request, within, must }: Requests): Pick<Registry, 'head' | 'manifest' | 'blob'> => ({
  head: async (repository, reference) => {
    try {
      const init: Init = { method: 'HEAD', headers: { accept: MANIFESTS }, signal: within(HEAD_MS) }
      const { status, headers } = await request(manifestUrl(repository, reference), init, repository.path, 'pull')
      const digest = headers.get('docker-content-digest') ?? undefined
      if (status !== 200) return { status, error: `HTTP ${status}` }
      return { status, ...(digest === undefined ? {} : { digest }) }
    } catch (error) {
      signal.throwIfAborted()
      return { status: 0, error: reason(error) }
    }
  },
  manifest: async (repository, reference) => {
    const url = manifestUrl(repository, reference)
    const init: Init = { headers: { accept: MANIFESTS }, signal: within(FIRST_BYTE_MS) }
    const response = await must(url, [200], () => request(url, init, repository.path, 'pull'))
    const bytes = await bodyOf(response, LARGEST_MANIFEST).catch((error: unknown) => {
      throw new RegistryError(url, reason(error))
    })
    return { bytes, mediaType: response.headers.get('content-type')?.split(';')[0]?.trim() ?? '', digest: digestOf(bytes) }
  },
  blob: async function* (repository, digest) {
    const url = blobUrl(repository, digest)
    const waiting = patience(signal)
    waiting.again(FIRST_BYTE_MS)
    try {
      const response = await must(url, [200], () => request(url, { signal: waiting.signal }, repository.path, 'pull'))
      for await (const chunk of response.body ?? []) {
        waiting.again(SILENCE_MS)
        yield chunk
      }
    } catch (error) {
      signal.throwIfAborted()
      throw error instanceof RegistryError ? error : new RegistryError(url, reason(waiting.signal.aborted ? waiting.signal.reason : error))
    } finally {
      waiting.stop()
    }
  },
})

const pushes = ({ signal, request, within, must }: Requests): Pick<Registry, 'hasBlob' | 'pushBlob' | 'pushManifest'> => ({
  hasBlob: async (repository, digest) => {
    const url = blobUrl(repository, digest)
    const init: Init = { method: 'HEAD', signal: within(HEAD_MS) }
    return (await must(url, [200, 404], () => request(url, init, repository.path, 'pull,push'))).status === 200
  },
  pushBlob: async (repository, { digest, size }, content) => {
    const start = `${repository.base}/${repository.path}/blobs/uploads/`
    const begun = await must(start, [202], () =>
      request(start, { method: 'POST', headers: { 'content-length': '0' }, signal: within(FIRST_BYTE_MS) }, repository.path, 'pull,push'),
    )
    await begun.body?.cancel()
    const place = new URL(begun.headers.get('location') ?? '', start)
    place.searchParams.set('digest', digest)
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) }
    const done = await must(blobUrl(repository, digest), [201], () =>
      request(place.href, { method: 'PUT', headers, body: content, signal }, repository.path, 'pull,push'),
    )
    await done.body?.cancel()
  },
  pushManifest: async (repository, reference, { bytes, mediaType }) => {
    const url = manifestUrl(repository, reference)
    const headers = { 'content-type': mediaType, 'content-length': String(bytes.length) }
    const done = await must(url, [201], () =>
      request(url, { method: 'PUT', headers, body: bytes, signal: within(FIRST_BYTE_MS) }, repository.path, 'pull,push'),
    )
    await done.body?.cancel()
  },
})

/** A client of registries. `logins` are shown only to the host they belong to. */
export const createRegistry = (ask: Fetch, signal: AbortSignal, logins: Readonly<Record<string, Secret>> = {}): Registry => {
  const requests = requestsBy(ask, signal, logins)
  return { ...pulls(requests), ...pushes(requests) }
}
