import type { Secret } from '../shell/quote.ts'
import type { Fetch, Init } from './egress.ts'
import { bodyOf } from './http.ts'
import { tokenUrl } from './registry-token.ts'

/** A request about a repository, with what it is to be allowed. */
export type AuthorizedFetch = (url: string, init: Init, path: string, actions: 'pull' | 'pull,push') => Promise<Response>

const LARGEST_TOKEN = 4 * 1024 * 1024

const tokenIn = (body: Buffer): string | undefined => {
  const { token, access_token } = JSON.parse(body.toString()) as Record<string, unknown>
  return typeof (token ?? access_token) === 'string' ? `Bearer ${token ?? access_token}` : undefined
}

/** Requests with the credentials a registry asks for: a login ("Basic ...") by the registry's host, or a token got with or without it. */
export const authorizing = (ask: Fetch, logins: Readonly<Record<string, Secret>>): AuthorizedFetch => {
  const known = new Map<string, string>()
  const answerTo = async (challenge: string, host: string, scope: string, signal: AbortSignal | undefined): Promise<string | undefined> => {
    const login = logins[host]?.reveal()
    if (/^basic /i.test(challenge)) return login
    const url = /^bearer /i.test(challenge) ? tokenUrl(challenge, scope) : undefined
    if (url === undefined) return undefined
    const headers: Record<string, string> = login === undefined ? {} : { authorization: login }
    const response = await ask(url, { headers, ...(signal ? { signal } : {}) })
    return response.ok ? tokenIn(await bodyOf(response, LARGEST_TOKEN)) : undefined
  }
  return async (url, init, path, actions) => {
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
