import { RequestError } from '../../src/net/limits.ts'
import type { Fetch } from '../../src/net/request.ts'

type Module = typeof import('../../src/net/request.ts')

/** For vi.mock of net/request.ts: every request goes to the global fetch, which a test stubs. */
export const byGlobalFetch = async (original: () => Promise<Module>): Promise<Module> => {
  const ask: Fetch = async (url, init = {}) => {
    try {
      return await fetch(url, init as RequestInit)
    } catch (error) {
      const { message, cause } = error as Error & { cause?: { code?: string } }
      throw new RequestError(cause?.code ?? message, { hard: true })
    }
  }
  return { ...(await original()), createFetch: () => ask }
}
