import { createHash } from 'node:crypto'
import { reasonOf, statusError } from './limits.ts'
import type { Fetch } from './request.ts'

/** A CHANGELOG of Kubernetes has almost a mebibyte. */
const LARGEST_TEXT = 4 * 1024 * 1024

/** Small questions of the operator's machine. */
export interface Http {
  /** undefined for anything but success. */
  text(url: string): Promise<string | undefined>
  digest(url: string): Promise<string | undefined>
  /** Why the host of a URL last had nothing to give. */
  why(url: string): string | undefined
}

type Take = (chunk: Uint8Array) => void

/** Reads URLs as a whole; false for what did not come. A host that could not be reached once is not waited for again. */
export const createHttp = (signal: AbortSignal, ask: Fetch): Http => {
  const failures = new Map<string, string>()
  const dead = new Set<string>()
  const read = async (url: string, take: Take): Promise<boolean> => {
    const { host } = new URL(url)
    if (dead.has(host)) return false
    let answered = false
    try {
      const response = await ask(url, { signal })
      answered = true
      if (!response.ok) {
        await response.body?.cancel()
        throw statusError(response.status)
      }
      for await (const chunk of response.body ?? []) take(chunk)
      return true
    } catch (error) {
      signal.throwIfAborted()
      failures.set(host, reasonOf(error))
      if (!answered) dead.add(host)
      return false
    }
  }
  return {
    text: async (url) => {
      const chunks: Uint8Array[] = []
      let size = 0
      const whole = await read(url, (chunk) => {
        size += chunk.length
        if (size > LARGEST_TEXT) throw new Error(`more than ${LARGEST_TEXT / 1024} KiB`)
        chunks.push(chunk)
      })
      return whole ? Buffer.concat(chunks).toString('utf8') : undefined
    },
    digest: async (url) => {
      const hash = createHash('sha256')
      return (await read(url, (chunk) => void hash.update(chunk))) ? `sha256:${hash.digest('hex')}` : undefined
    },
    why: (url) => failures.get(new URL(url).host),
  }
}
