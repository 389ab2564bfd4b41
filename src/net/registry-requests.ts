import { type Limits, RequestError, reasonOf, statusError } from './limits.ts'
import { type AuthorizedFetch, authorizing, type Logins } from './registry-auth.ts'
import { type Fetch, type Init, wholeBody } from './request.ts'

const HEAD_MS = 10_000

/** A refusal: what was asked for, and why it did not come. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  readonly status: number
  constructor(url: string, why: string, status = 0, cause?: unknown) {
    super(`${url}: ${why}`, { cause })
    this.status = status
  }
}

/** Requests to registries: `must` is for those that may end in one way only, and throws RegistryError for any other. */
export type Requests = Readonly<{
  signal: AbortSignal
  limits: Limits
  request: AuthorizedFetch
  must(url: string, statuses: readonly number[], asked: () => Promise<Response>): Promise<Response>
}>

/** Requests by one way out of this machine, with these logins. */
export const requestsBy = (ask: Fetch, signal: AbortSignal, logins: Logins, limits: Limits): Requests => ({
  signal,
  limits,
  request: authorizing(ask, logins),
  must: async (url, statuses, asked) => {
    const response = await asked().catch((error: unknown) => {
      signal.throwIfAborted()
      throw new RegistryError(url, reasonOf(error), 0, error)
    })
    if (statuses.includes(response.status)) return response
    const { status } = response
    const said = await wholeBody(response, 4096).catch(() => Buffer.alloc(0))
    const why = /"code" *: *"([A-Z_]+)"/.exec(said.toString())?.[1]
    throw new RegistryError(url, `HTTP ${status}${why === undefined ? '' : ` ${why}`}`, status, statusError(status))
  },
})

/** What registries answer to a HEAD that do not know it; containerd asks them by GET as well. */
const KNOWS_NO_HEAD = new Set([400, 403, 405, 501])

/** The answer to a HEAD, by GET where the registry does not know it; nothing of a body is read. */
export const headOrGet = async (
  request: AuthorizedFetch,
  url: string,
  init: Init,
  path: string,
  actions: 'pull' | 'pull,push',
): Promise<Response> => {
  const head = await request(url, { ...init, method: 'HEAD', answer: HEAD_MS }, path, actions)
  return KNOWS_NO_HEAD.has(head.status) ? await request(url, init, path, actions) : head
}

/** What went wrong below, where it was a request. */
export const requestErrorIn = (error: unknown): RequestError | undefined => {
  const found = error instanceof RegistryError ? error.cause : error
  return found instanceof RequestError ? found : undefined
}
