import { open, rename, rm, stat } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { type Limits, RequestError, statusError } from './limits.ts'
import { createPersistence } from './persistence.ts'
import { type Fetch, goesOnAt } from './request.ts'

export type Headers = Readonly<Record<string, string>>

/** One file of one source, and how it is asked there. */
export type Source = Readonly<{ url: string; headers?: Headers; ask: Fetch }>

export const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )

/** Where the answer of a server goes that cannot resume: the beginning in the part may be worth more. */
const besides = (part: string): string => part.replace(/(\.part)?$/, '.anew$1')

const write = async (path: string, flags: 'a' | 'w', response: Response): Promise<void> => {
  const file = await open(path, flags, 0o600)
  try {
    await file.writeFile(response.body ?? [])
  } finally {
    await file.close()
  }
}

/** One request; resumed where the part ends, if the server can. The path of the whole file. */
const request = async ({ url, headers = {}, ask }: Source, part: string, had: number, signal: AbortSignal): Promise<string> => {
  const response = await ask(url, { headers: had > 0 ? { ...headers, range: `bytes=${had}-` } : headers, signal })
  try {
    if (response.status !== 200 && response.status !== 206) throw statusError(response.status)
    if (had === 0 || goesOnAt(response, had)) {
      await write(part, 'a', response)
      return part
    }
    const anew = besides(part)
    await write(anew, 'w', response).catch(async (error: unknown) => {
      if ((await sizeOf(anew)) > had) await rename(anew, part)
      throw error
    })
    return anew
  } finally {
    if (!response.bodyUsed) await response.body?.cancel()
  }
}

/** What a source brought: where the bytes are, and whether they are put together of several answers. */
export type Came = Readonly<{ path: string; joined: boolean }>

/**
 * Brings a file into a part, as long as its source brings something. Throws RequestError for what the source does, and the system's own error
 * for what this machine's disk does; what came by then stays in the part.
 */
export const download = async (source: Source, part: string, limits: Limits, signal: AbortSignal): Promise<Came> => {
  const next = createPersistence(await sizeOf(part), limits)
  for (let joined = false; ; ) {
    const had = await sizeOf(part)
    try {
      const path = await request(source, part, had, signal)
      return { path, joined: path === part && (joined || had > 0) }
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof RequestError)) throw error
      // The server has nothing beyond what is here.
      if (had > 0 && error.status === 416) {
        await rm(part, { force: true })
        continue
      }
      joined = true
      const what = next(error, had, await sizeOf(part))
      if (what === 'stop') {
        await rm(besides(part), { force: true })
        throw error
      }
      if (what === 'pause') await setTimeout(limits.pause, undefined, { signal })
    }
  }
}
