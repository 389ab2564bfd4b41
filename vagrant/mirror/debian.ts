// A caching reverse proxy to Debian's archive. What never changes (pool,
// by-hash) is kept for good; indexes for a bounded time, and longer when
// Debian does not answer.
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { get } from 'node:http'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { serveFile } from './files.ts'
import { type Ask, type Reply, text } from './types.ts'

const UPSTREAM = 'http://deb.debian.org'
const INDEX_TTL_MS = 60 * 60 * 1000
const UPSTREAM_TIMEOUT_MS = 60_000

const immutable = (path: string): boolean => path.includes('/pool/') || path.includes('/by-hash/')

/** Downloads to a temporary file and renames; returns the upstream's status. */
function download(path: string, file: string, hops = 3): Promise<number> {
  const url = path.startsWith('http:') ? path : UPSTREAM + encodeURI(path)
  return new Promise((resolve, reject) => {
    const request = get(url, { timeout: UPSTREAM_TIMEOUT_MS }, (answer) => {
      const status = answer.statusCode ?? 502
      const location = answer.headers.location
      if (status >= 300 && status < 400 && location !== undefined && hops > 0) {
        answer.resume()
        resolve(download(new URL(location, url).href, file, hops - 1))
        return
      }
      if (status !== 200) {
        answer.resume()
        resolve(status)
        return
      }
      const part = `${file}.${String(process.hrtime.bigint())}.part`
      const store = async (): Promise<number> => {
        await mkdir(dirname(file), { recursive: true })
        try {
          await pipeline(answer, createWriteStream(part))
          const expected = answer.headers['content-length']
          if (expected !== undefined && (await stat(part)).size !== Number(expected)) throw new Error('short body')
          await rename(part, file)
        } catch (error) {
          await rm(part, { force: true })
          throw error
        }
        return 200
      }
      resolve(store())
    })
    request.on('timeout', () => request.destroy(new Error('Debian did not answer')))
    request.on('error', reject)
  })
}

export class DebianProxy {
  readonly #root: string
  readonly #running = new Map<string, Promise<number>>()
  /** When each index was last fetched; a file's mtime would do for one process only. */
  readonly #checked = new Map<string, number>()

  constructor(root: string) {
    this.#root = root
  }

  async serve(ask: Ask, path: string): Promise<Reply> {
    const file = this.#root + path
    const have = await stat(file).then(
      (info) => info,
      () => undefined,
    )
    if (have?.isDirectory() === true) return text(404, 'Not Found\n')
    const checked = this.#checked.get(path) ?? have?.mtimeMs ?? 0
    if (have === undefined || (!immutable(path) && Date.now() - checked > INDEX_TTL_MS)) {
      const status = await this.#fetchOnce(path, file).catch(() => 502)
      if (status === 200 || have !== undefined) this.#checked.set(path, Date.now())
      else return text(status, `Debian answered ${String(status)}\n`)
    }
    return serveFile(ask, file)
  }

  /** Hosts that ask for the same file at once cause one download. */
  #fetchOnce(path: string, file: string): Promise<number> {
    const running = this.#running.get(path)
    if (running !== undefined) return running
    const started = download(path, file).finally(() => this.#running.delete(path))
    this.#running.set(path, started)
    return started
  }
}
