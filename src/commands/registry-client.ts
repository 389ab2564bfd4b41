import { createHash } from 'node:crypto'
import type { Secret } from '../hosts/sh.ts'
import type { Fetch, Init } from './egress.ts'
import { patience, reason } from './http.ts'
import { MANIFESTS, tokenUrl } from './registry.ts'

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

const textOf = async (response: Response, limit: number): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > limit) throw new Error(`more than ${limit / 1024} KiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Requests with the credentials a registry asks for: a login ("Basic ...") by the registry's host, or a token got with or without it. */
const authorizing = (ask: Fetch, logins: Readonly<Record<string, Secret>>) => {
  const known = new Map<string, string>()
  const answerTo = async (challenge: string, host: string, scope: string, signal: AbortSignal | undefined): Promise<string | undefined> => {
    const login = logins[host]?.reveal()
    if (/^basic /i.test(challenge)) return login
    const url = /^bearer /i.test(challenge) ? tokenUrl(challenge, scope) : undefined
    if (url === undefined) return undefined
    const headers: Record<string, string> = login === undefined ? {} : { authorization: login }
    const response = await ask(url, { headers, ...(signal ? { signal } : {}) })
    if (!response.ok) return undefined
    const { token, access_token } = JSON.parse((await textOf(response, LARGEST_MANIFEST)).toString()) as Record<string, unknown>
    return typeof (token ?? access_token) === 'string' ? `Bearer ${token ?? access_token}` : undefined
  }
  return async (url: string, init: Init, { path }: Repository, actions: 'pull' | 'pull,push'): Promise<Response> => {
    const { host } = new URL(url)
    const scope = `repository:${path}:${actions}`
    const send = (authorization: string | undefined): Promise<Response> =>
      ask(url, { ...init, headers: { ...init.headers, ...(authorization === undefined ? {} : { authorization }) } })
    const response = await send(known.get(`${host} ${scope}`))
    if (response.status !== 401) return response
    const authorization = await answerTo(response.headers.get('www-authenticate') ?? '', host, scope, init.signal)
    if (authorization === undefined) return response
    await response.body?.cancel()
    known.set(`${host} ${scope}`, authorization)
    return send(authorization)
  }
}

const manifestUrl = ({ base, path }: Repository, reference: string): string => `${base}/${path}/manifests/${reference}`
const blobUrl = ({ base, path }: Repository, digest: string): string => `${base}/${path}/blobs/${digest}`

/** A client of registries. `logins` are shown only to the host they belong to. */
export const createRegistry = (ask: Fetch, signal: AbortSignal, logins: Readonly<Record<string, Secret>> = {}): Registry => {
  const request = authorizing(ask, logins)
  const within = (ms: number): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(ms)])
  /** The answer, when it has one of the statuses; its body is left to the caller. */
  const must = async (url: string, statuses: readonly number[], asked: () => Promise<Response>): Promise<Response> => {
    const response = await asked().catch((error: unknown) => {
      signal.throwIfAborted()
      throw new RegistryError(url, reason(error))
    })
    if (statuses.includes(response.status)) return response
    const said = await textOf(response, 4096).catch(() => Buffer.alloc(0))
    const why = /"code" *: *"([A-Z_]+)"/.exec(said.toString())?.[1]
    throw new RegistryError(url, `HTTP ${response.status}${why === undefined ? '' : ` ${why}`}`, response.status)
  }
  return {
    head: async (repository, reference) => {
      try {
        const init: Init = { method: 'HEAD', headers: { accept: MANIFESTS }, signal: within(HEAD_MS) }
        const { status, headers } = await request(manifestUrl(repository, reference), init, repository, 'pull')
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
      const response = await must(url, [200], () => request(url, init, repository, 'pull'))
      const bytes = await textOf(response, LARGEST_MANIFEST).catch((error: unknown) => {
        throw new RegistryError(url, reason(error))
      })
      return { bytes, mediaType: response.headers.get('content-type')?.split(';')[0]?.trim() ?? '', digest: digestOf(bytes) }
    },
    blob: async function* (repository, digest) {
      const url = blobUrl(repository, digest)
      const waiting = patience(signal)
      waiting.again(FIRST_BYTE_MS)
      try {
        const response = await must(url, [200], () => request(url, { signal: waiting.signal }, repository, 'pull'))
        for await (const chunk of response.body ?? []) {
          waiting.again(SILENCE_MS)
          yield chunk
        }
      } catch (error) {
        signal.throwIfAborted()
        throw error instanceof RegistryError
          ? error
          : new RegistryError(url, reason(waiting.signal.aborted ? waiting.signal.reason : error))
      } finally {
        waiting.stop()
      }
    },
    hasBlob: async (repository, digest) => {
      const url = blobUrl(repository, digest)
      const init: Init = { method: 'HEAD', signal: within(HEAD_MS) }
      return (await must(url, [200, 404], () => request(url, init, repository, 'pull,push'))).status === 200
    },
    pushBlob: async (repository, { digest, size }, content) => {
      const start = `${repository.base}/${repository.path}/blobs/uploads/`
      const begun = await must(start, [202], () =>
        request(start, { method: 'POST', headers: { 'content-length': '0' }, signal: within(FIRST_BYTE_MS) }, repository, 'pull,push'),
      )
      await begun.body?.cancel()
      const place = new URL(begun.headers.get('location') ?? '', start)
      place.searchParams.set('digest', digest)
      const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) }
      const done = await must(blobUrl(repository, digest), [201], () =>
        request(place.href, { method: 'PUT', headers, body: content, signal }, repository, 'pull,push'),
      )
      await done.body?.cancel()
    },
    pushManifest: async (repository, reference, { bytes, mediaType }) => {
      const url = manifestUrl(repository, reference)
      const headers = { 'content-type': mediaType, 'content-length': String(bytes.length) }
      const done = await must(url, [201], () =>
        request(url, { method: 'PUT', headers, body: bytes, signal: within(FIRST_BYTE_MS) }, repository, 'pull,push'),
      )
      await done.body?.cancel()
    },
  }
}
