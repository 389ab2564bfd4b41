import { createHash } from 'node:crypto'
import { VERSION } from '../version.ts'
import { type Fetch, plainFetch } from './egress.ts'

/** A mirror that fetches first may take this long for its first byte, and no pause after it may be longer than the second. */
const FIRST_BYTE_MS = 60_000
const SILENCE_MS = 20_000
const CONNECT_MS = 10_000
const LARGEST_TEXT = 1024 * 1024

/** Requests of the operator's machine. */
export interface Http {
  /** undefined for anything but success. */
  text(url: string): Promise<string | undefined>
  digest(url: string): Promise<string | undefined>
  /** Why the host of a URL last had nothing to give. */
  why(url: string): string | undefined
  /** The status and headers of one HEAD; 0 where there is no answer. */
  head(url: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** The first bytes: how many came within how many seconds, until `bytes` or `seconds` are used up. */
  sample(url: string, bytes: number, seconds: number): Promise<Sample>
}

export type Answer = Readonly<{ status: number; headers: Headers; error?: string }>
export type Sample = Readonly<{ status: number; bytes: number; firstByte: number; seconds: number; error?: string }>

/** A failed request in a few words: node's code where there is one. */
export const reason = (error: unknown): string => {
  const { message, code, cause } = error as Error & { code?: string; cause?: { code?: string; message?: string } }
  return cause?.code ?? cause?.message ?? (typeof code === 'string' && !/^ABORT/.test(code) ? code : message)
}

/** Ends the request when `ms` pass without a call of `again`. */
export const patience = (signal: AbortSignal) => {
  const own = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const again = (ms: number): void => {
    clearTimeout(timer)
    timer = setTimeout(() => own.abort(new Error(`silent for ${ms / 1000} s`)), ms)
  }
  return { signal: AbortSignal.any([signal, own.signal]), again, stop: () => clearTimeout(timer) }
}

/** The body of an answer; throws for one of more than `limit` bytes. */
export const bodyOf = async (response: Response, limit: number): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > limit) throw new Error(`more than ${limit / 1024} KiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const USER_AGENT = `slipway/${VERSION}`

/** The way out of this machine, and its end. */
type Way = Readonly<{ ask: Fetch; signal: AbortSignal }>
type Take = (chunk: Uint8Array) => void

/** Takes the body of a success as it comes; false for any other answer. */
const takeBody = async (response: Response, take: Take): Promise<boolean> => {
  if (!response.ok) {
    await response.body?.cancel()
    return false
  }
  for await (const chunk of response.body ?? []) take(chunk)
  return true
}

/**
 * Reads URLs as a whole; false for what did not come, and `failures` gets the last reason of each host. A host that could not be reached once is not
 * waited for again.
 */
const createReader = ({ ask, signal }: Way, failures: Map<string, string>) => {
  const dead = new Set<string>()
  return async (url: string, take: Take): Promise<boolean> => {
    const { host } = new URL(url)
    if (dead.has(host)) return false
    let answered = false
    const waiting = patience(signal)
    waiting.again(FIRST_BYTE_MS)
    try {
      const response = await ask(url, { headers: { 'user-agent': USER_AGENT }, signal: waiting.signal })
      answered = true
      if (!response.ok) failures.set(host, `HTTP ${response.status}`)
      return await takeBody(response, (chunk) => {
        waiting.again(SILENCE_MS)
        take(chunk)
      })
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (error instanceof RangeError) throw error
      failures.set(host, reason(error))
      if (!answered) dead.add(host)
      return false
    } finally {
      waiting.stop()
    }
  }
}

const head = async ({ ask, signal }: Way, url: string, headers: Readonly<Record<string, string>>): Promise<Answer> => {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)])
    const response = await ask(url, { method: 'HEAD', headers: { 'user-agent': USER_AGENT, ...headers }, signal: limit })
    return { status: response.status, headers: response.headers }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    return { status: 0, headers: new Headers(), error: reason(error) }
  }
}

const sample = async ({ ask, signal }: Way, url: string, bytes: number, seconds: number): Promise<Sample> => {
  const began = performance.now()
  const since = () => (performance.now() - began) / 1000
  const taken = { bytes: 0, firstByte: 0, status: 0 }
  const stop = new AbortController()
  try {
    const limit = AbortSignal.any([signal, stop.signal, AbortSignal.timeout(seconds * 1000)])
    const response = await ask(url, { headers: { 'user-agent': USER_AGENT, range: `bytes=0-${bytes - 1}` }, signal: limit })
    taken.status = response.status
    taken.firstByte = since()
    if (response.ok)
      for await (const chunk of response.body ?? []) {
        taken.bytes += chunk.length
        if (taken.bytes >= bytes) break
      }
    stop.abort()
    return { ...taken, seconds: since() }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    return { ...taken, seconds: since(), error: reason(error) }
  }
}

/** Ordinary requests, with limits; nothing is kept. `ask` is the way out of this machine. */
export const createHttp = (signal: AbortSignal, ask: Fetch = plainFetch): Http => {
  const way: Way = { ask, signal }
  const failures = new Map<string, string>()
  const read = createReader(way, failures)
  return {
    text: async (url) => {
      const chunks: Uint8Array[] = []
      let size = 0
      const whole = await read(url, (chunk) => {
        size += chunk.length
        if (size <= LARGEST_TEXT) chunks.push(chunk)
      })
      return whole && size <= LARGEST_TEXT ? Buffer.concat(chunks).toString('utf8') : undefined
    },
    digest: async (url) => {
      const hash = createHash('sha256')
      const whole = await read(url, (chunk) => void hash.update(chunk))
      return whole ? `sha256:${hash.digest('hex')}` : undefined
    },
    why: (url) => failures.get(new URL(url).host),
    head: (url, headers = {}) => head(way, url, headers),
    sample: (url, bytes, seconds) => sample(way, url, bytes, seconds),
  }
}
