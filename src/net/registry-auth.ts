import type { Secret } from '../shell/quote.ts'
import { RequestError } from './limits.ts'
import { type Fetch, type Init, movedTo, wholeBody } from './request.ts'

/** A request about a repository, with what it is to be allowed. */
export type AuthorizedFetch = (url: string, init: Init, path: string, actions: 'pull' | 'pull,push') => Promise<Response>

/** Logins ("Basic ...") by the origin of the registry they belong to. */
export type Logins = Readonly<Record<string, Secret>>

const LARGEST_TOKEN = 4 * 1024 * 1024

/** "Bearer realm=...,service=...,scope=..." -> the URL of a token (distribution spec, token authentication). `scope` where none is named. */
const tokenUrl = (challenge: string, scope: string, from: URL): URL | undefined => {
  const field = (name: string): string | undefined => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1]
  const realm = field('realm')
  if (!/^bearer /i.test(challenge) || realm === undefined || !URL.canParse(realm)) return undefined
  const url = movedTo(realm, from)
  const service = field('service')
  if (service) url.searchParams.set('service', service)
  url.searchParams.set('scope', field('scope') ?? scope)
  return url
}

const tokenIn = (body: Buffer): string | undefined => {
  try {
    const { token, access_token } = JSON.parse(body.toString()) as Record<string, unknown>
    return typeof (token ?? access_token) === 'string' ? `Bearer ${token ?? access_token}` : undefined
  } catch {
    return undefined
  }
}

/** A password that was given for https is not sent in the clear because a registry names such a place. */
const mayShow = (place: URL, from: URL): void => {
  if (place.protocol === 'https:' || place.origin === from.origin) return
  throw new RequestError(`it wants its password at ${place.origin}, in the clear: set the registry's external URL to ${from.origin}`)
}

/** Requests with the credentials a registry asks for: its login, or a token got with or without it. Nothing of it leaves its origin. */
export const authorizing = (ask: Fetch, logins: Logins): AuthorizedFetch => {
  const known = new Map<string, string>()
  const answerTo = async (challenge: string, from: URL, scope: string, { signal }: Init): Promise<string | undefined> => {
    const login = logins[from.origin]?.reveal()
    if (/^basic /i.test(challenge)) return login
    const url = tokenUrl(challenge, scope, from)
    if (url === undefined) return undefined
    if (login !== undefined) mayShow(url, from)
    const headers: Record<string, string> = login === undefined ? {} : { authorization: login }
    const response = await ask(url.href, { headers, ...(signal ? { signal } : {}) })
    if (response.ok) return tokenIn(await wholeBody(response, LARGEST_TOKEN))
    await response.body?.cancel()
    return undefined
  }
  return async (url, init, path, actions) => {
    const from = new URL(url)
    const scope = `repository:${path}:${actions}`
    const send = (authorization: string | undefined): Promise<Response> =>
      ask(url, { ...init, headers: { ...init.headers, ...(authorization === undefined ? {} : { authorization }) } })
    const response = await send(known.get(`${from.origin} ${scope}`))
    if (response.status !== 401) return response
    const authorization = await answerTo(response.headers.get('www-authenticate') ?? '', from, scope, init)
    if (authorization === undefined) return response
    await response.body?.cancel()
    known.set(`${from.origin} ${scope}`, authorization)
    return send(authorization)
  }
}
