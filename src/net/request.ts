import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request as http } from 'node:http'
import { request as https } from 'node:https'
import { VERSION } from '../version.ts'
import { type Egress, egressOf } from './egress.ts'
import { failure, LIMITS, type Limits, RequestError, tooSlow } from './limits.ts'
import { createPace } from './pace.ts'

/** What a request may say. A stream's length stands in the header content-length. `answer`: milliseconds until the answer begins. */
export type Init = Readonly<{
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH'
  headers?: Readonly<Record<string, string>>
  body?: Uint8Array | AsyncIterable<Uint8Array>
  signal?: AbortSignal
  answer?: number
}>

/**
 * The one way this machine asks for a URL. Every request and every body has its limits. A redirect is followed with GET and HEAD only; a
 * credential belongs to an origin, and goes to no other. Throws RequestError.
 */
export type Fetch = (url: string, init?: Init) => Promise<Response>

type Way = Readonly<{ egress: Egress; limits: Limits }>

const MOST_REDIRECTS = 5
const NO_BODY = new Set([204, 205, 304])
/** What a server may take to store each byte that it was sent, before it answers. */
const STORED_BYTES_PER_MS = 1024

/** Where an answer leads to from `from`. A server behind a TLS proxy names its own host by http: https is kept there. */
export const movedTo = (location: string, from: URL): URL => {
  const next = URL.parse(location, from.href)
  if (next === null) throw new RequestError('a redirect without a place', { hard: true })
  if (!/^https?:$/.test(next.protocol)) throw new RequestError(`${next.protocol} is not asked`, { hard: true })
  if (from.protocol === 'https:' && next.protocol === 'http:' && next.host === from.host) next.protocol = 'https:'
  return next
}

const begin = (url: URL, { method = 'GET', headers = {}, signal }: Init, egress: Egress): ClientRequest => {
  const { headers: more, ...options } = egress(url)
  return (url.protocol === 'https:' ? https : http)(url, {
    method,
    ...options,
    headers: { 'user-agent': `slipway/${VERSION}`, ...headers, ...(more as Record<string, string> | undefined) },
    ...(signal === undefined ? {} : { signal }),
  })
}

/** Ends a request that gets no connection. The handshake belongs to it, but behind a proxy, which has a limit of its own. */
const watchConnection = (asked: ClientRequest, { connect }: Limits): void => {
  asked.once('socket', (socket) => {
    if (!socket.connecting) return
    const timer = setTimeout(() => asked.destroy(tooSlow(`no connection within ${connect / 1000} s`)), connect)
    for (const event of ['encrypted' in socket ? 'secureConnect' : 'connect', 'close']) socket.once(event, () => clearTimeout(timer))
  })
}

const answered = new WeakSet<ClientRequest>()
const isAnswered = (asked: ClientRequest): boolean => answered.has(asked)

/** Sends a body as fast as the other side takes it, and not slower than the lowest rate. How many bytes there were. */
const sendBody = async (asked: ClientRequest, body: Init['body'], limits: Limits): Promise<number> => {
  if (body === undefined) return 0
  if (body instanceof Uint8Array) {
    asked.write(body)
    return body.length
  }
  const pace = createPace(limits, false, (error) => asked.destroy(error))
  let sent = 0
  for await (const chunk of body) {
    // An answer that came early is a refusal.
    if (asked.destroyed || isAnswered(asked)) break
    sent += chunk.length
    pace.wait()
    if (!asked.write(chunk)) await Promise.race([once(asked, 'drain'), once(asked, 'response'), once(asked, 'close')])
    pace.moved(chunk.length)
  }
  return sent
}

/** One request up to the headers of its answer. */
const send = (url: URL, init: Init, { egress, limits }: Way): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const asked = begin(url, init, egress)
    let waiting: NodeJS.Timeout | undefined
    const patience = init.answer ?? limits.firstByte
    const wait = (ms: number): void => {
      waiting = setTimeout(() => asked.destroy(tooSlow(`no byte within ${ms / 1000} s`)), ms)
    }
    asked.once('close', () => clearTimeout(waiting))
    asked.once('error', (error) => reject(init.signal?.aborted ? init.signal.reason : failure(error)))
    asked.once('response', (response) => {
      clearTimeout(waiting)
      answered.add(asked)
      resolve(response)
    })
    watchConnection(asked, limits)
    sendBody(asked, init.body, limits).then(
      (sent) => {
        if (asked.destroyed || isAnswered(asked)) return
        asked.end()
        wait(patience + Math.round(sent / STORED_BYTES_PER_MS))
      },
      (error: unknown) => asked.destroy(error as Error),
    )
  })

/** The body as it is read: nothing is fetched ahead of the reader, and only while one reads does the clock run. */
const bodyOf = (message: IncomingMessage, { limits, signal }: Readonly<{ limits: Limits; signal: AbortSignal | undefined }>) => {
  const chunks = (message as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  const pace = createPace(limits, true, (error) => void message.destroy(error))
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        pace.wait()
        try {
          const { done, value } = await chunks.next()
          pace.moved(done ? 0 : value.length)
          if (done) controller.close()
          else controller.enqueue(value)
        } catch (error) {
          pace.moved(0)
          if (signal?.aborted) controller.error(signal.reason)
          else controller.error(error instanceof RequestError ? error : new RequestError('the transfer broke off', { mend: true }))
        }
      },
      cancel: () => void message.destroy(),
    },
    { highWaterMark: 0 },
  )
}

const responseOf = (message: IncomingMessage, { method, signal }: Init, limits: Limits): Response => {
  const status = message.statusCode ?? 0
  const headers = new Headers()
  for (const [name, value] of Object.entries(message.headers)) if (value !== undefined) headers.set(name, [value].flat().join(', '))
  if (method === 'HEAD' || NO_BODY.has(status)) {
    message.resume()
    return new Response(null, { status, headers })
  }
  return new Response(bodyOf(message, { limits, signal }), { status, headers })
}

/** A connection that was kept may be gone by the time it is used again: that says nothing of the server. */
const sendOnce = async (url: URL, init: Init, way: Way): Promise<IncomingMessage> => {
  const repeatable = init.body === undefined || init.body instanceof Uint8Array
  try {
    return await send(url, init, way)
  } catch (error) {
    if (!repeatable || !(error instanceof RequestError) || error.message !== 'ECONNRESET') throw error
    return await send(url, init, way)
  }
}

const without = (headers: Readonly<Record<string, string>>, name: string) =>
  Object.fromEntries(Object.entries(headers).filter(([key]) => key.toLowerCase() !== name))

/** A Fetch for the given ways out of this machine. */
export const createFetch =
  (egress: Egress = egressOf({}), limits: Limits = LIMITS): Fetch =>
  async (address, init = {}) => {
    let url = new URL(address)
    let { headers = {} } = init
    for (let turn = 0; turn <= MOST_REDIRECTS; turn++) {
      const message = await sendOnce(url, { ...init, headers }, { egress, limits })
      const { location } = message.headers
      const moved = [301, 302, 303, 307, 308].includes(message.statusCode ?? 0) && location !== undefined
      if (!moved || !['GET', 'HEAD'].includes(init.method ?? 'GET')) return responseOf(message, init, limits)
      message.destroy()
      const next = movedTo(location, url)
      if (next.origin !== url.origin) headers = without(headers, 'authorization')
      url = next
    }
    throw new RequestError('too many redirects', { hard: true })
  }

/** The body of an answer; throws for one of more than `limit` bytes. */
export const wholeBody = async (response: Response, limit: number): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > limit) throw new RequestError(`more than ${limit / 1024} KiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Whether an answer goes on at the byte that was asked for. */
export const goesOnAt = (response: Response, start: number): boolean => {
  const from = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1]
  return response.status === 206 && (from === undefined || Number(from) === start)
}
