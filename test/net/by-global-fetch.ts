import { RequestError } from '../../src/net/limits.ts'
import type { Fetch } from '../../src/net/request.ts'

const REAL = globalThis.fetch

const ask: Fetch = async (url, init = {}) => {
  try {
    return await fetch(url, init as RequestInit)
  } catch (error) {
    const { message, cause } = error as Error & { cause?: { code?: string } }
    throw new RequestError(cause?.code ?? message, { hard: true })
  }
}

/** The global fetch where a test has stubbed it: then every request goes there. */
export const stubbedFetch = (): { ask?: Fetch } => (globalThis.fetch === REAL ? {} : { ask })
