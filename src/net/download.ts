import { open } from 'node:fs/promises'
import { type IncomingMessage, request as http } from 'node:http'
import { request as https } from 'node:https'
import type { Egress } from './egress.ts'
import { VERSION } from '../version.ts'

/** What one request may take, in milliseconds and bytes a second. The same as the hosts' own (engine/fetch.sh). */
export type Limits = Readonly<{ connect: number; firstByte: number; window: number; rate: number; pause: number }>
export const LIMITS: Limits = { connect: 5_000, firstByte: 60_000, window: 10_000, rate: 20_480, pause: 2_000 }

/** Why a request brought nothing or not all. `hard`: this host need not be asked again in this run; `mend`: asking again may help. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly status: number
  readonly hard: boolean
  readonly mend: boolean
  constructor(message: string, about: { status?: number; hard?: boolean; mend?: boolean }) {
    super(message)
    this.status = about.status ?? 0
    this.hard = about.hard ?? false
    this.mend = about.mend ?? false
  }
}

export type Headers = Readonly<Record<string, string>>

const MOST_REDIRECTS = 5

const slow = (message: string) => new RequestError(message, { hard: true })

/** One GET up to its headers. */
const begin = (url: URL, headers: Headers, limits: Limits, signal: AbortSignal, egress: Egress): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { headers: more, ...way } = egress(url)
    const asked = (url.protocol === 'https:' ? https : http)(url, {
      ...way,
      headers: { 'user-agent': `slipway/${VERSION}`, ...headers, ...(more as Headers | undefined) },
      signal,
    })
    let timer = setTimeout(() => asked.destroy(slow(`no byte within ${limits.firstByte / 1000} s`)), limits.firstByte)
    const answer = timer
    asked.on('socket', (socket) => {
      if (!socket.connecting) return
      const connecting = setTimeout(() => asked.destroy(slow(`no connection within ${limits.connect / 1000} s`)), limits.connect)
      timer = connecting
      for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(connecting))
    })
    asked.on('response', (response) => {
      clearTimeout(answer)
      resolve(response)
    })
    asked.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(answer)
      clearTimeout(timer)
      // A connection that breaks before its answer: the server may be restarting.
      const mend = error.code === 'ECONNRESET'
      reject(error instanceof RequestError ? error : new RequestError(error.code ?? error.message, { hard: true, mend }))
    })
    asked.end()
  })

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status)

/** 478 is DaoCloud's word for busy. */
const refused = (status: number): RequestError =>
  new RequestError(`HTTP ${status}`, {
    status,
    hard: status === 429 || status >= 500,
    mend: [408, 429, 478].includes(status) || status >= 500,
  })

/** A GET that follows redirects; credentials go to the first host only. */
const get = async (address: string, headers: Headers, limits: Limits, signal: AbortSignal, egress: Egress): Promise<IncomingMessage> => {
  let url = new URL(address)
  let sent = headers
  for (let turn = 0; turn <= MOST_REDIRECTS; turn++) {
    if (!/^https?:$/.test(url.protocol)) throw new RequestError(`${url.protocol} is not asked`, { hard: true })
    const response = await begin(url, sent, limits, signal, egress)
    const status = response.statusCode ?? 0
    if (!isRedirect(status)) {
      if (status === 200 || status === 206) return response
      response.destroy()
      throw refused(status)
    }
    response.destroy()
    const next = URL.parse(response.headers.location ?? '', url.href)
    if (next === null) throw new RequestError('a redirect without a place', { hard: true })
    if (next.host !== url.host) sent = Object.fromEntries(Object.entries(sent).filter(([name]) => name !== 'authorization'))
    url = next
  }
  throw new RequestError('too many redirects', { hard: true })
}

/** Ends a response that pauses before its first byte, or is too slow afterwards. */
const watch = (response: IncomingMessage, limits: Limits) => {
  let received = 0
  let last = 0
  const late = () => void response.destroy(slow(`no byte within ${limits.firstByte / 1000} s`))
  const look = (): void => {
    const came = received - last
    last = received
    if (came < (limits.rate * limits.window) / 1000) response.destroy(slow(`only ${came} bytes in ${limits.window / 1000} s`))
    else timer = setTimeout(look, limits.window)
  }
  let timer = setTimeout(late, limits.firstByte)
  return {
    got: (bytes: number): void => {
      if (received === 0) {
        clearTimeout(timer)
        timer = setTimeout(look, limits.window)
      }
      received += bytes
    },
    stop: (): void => clearTimeout(timer),
  }
}

/** The body of a response as it comes. Throws RequestError. */
async function* received(response: IncomingMessage, limits: Limits, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  const watched = watch(response, limits)
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      watched.got(chunk.length)
      yield chunk
    }
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof RequestError ? error : new RequestError('the transfer broke off', { mend: true })
  } finally {
    watched.stop()
  }
}

/**
 * One request whose body goes to the end of a file, resumed where the file ends. Throws RequestError for what the source does, and the
 * system's own error for what this machine's disk does; what came by then stays in the file.
 */
export const download = async (
  url: string,
  path: string,
  headers: Headers,
  limits: Limits,
  signal: AbortSignal,
  egress: Egress,
): Promise<void> => {
  const file = await open(path, 'a', 0o600)
  try {
    const { size: had } = await file.stat()
    const response = await get(url, had > 0 ? { ...headers, range: `bytes=${had}-` } : headers, limits, signal, egress)
    // A server that does not know ranges sends the whole.
    if (had > 0 && response.statusCode !== 206) await file.truncate()
    await file.writeFile(received(response, limits, signal))
  } finally {
    await file.close()
  }
}
