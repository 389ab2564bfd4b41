import { open, rm, stat } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import type { Egress } from '../net/egress.ts'
import { onDisk } from './disk.ts'
import type { Cache, BlobStore } from './cache.ts'
import { download, type Headers, LIMITS, type Limits, RequestError } from '../net/download.ts'

/** A place that may have the bytes, with what a request there needs. */
export type Place = Readonly<{ url: string; headers?: Headers }>

/** Places in their order; a place may be looked for only when its turn comes. */
export type Places = Iterable<Place> | AsyncIterable<Place>

/** Takes one line: why a place did not deliver, "URL: reason". */
export type Complain = (line: string) => void

/** Where bytes come from. */
export interface Supply {
  readonly store: BlobStore
  /** Whether anything is asked of the network. */
  readonly online: boolean
  /** Puts the bytes of a digest on the store, from the first place that delivers them; says whether they are there. Throws DiskError. */
  bring(digest: string, places: () => Places | Promise<Places>, complain: Complain): Promise<boolean>
  /** Whether a host is given up, and giving one up. */
  isDown(host: string): boolean
  giveUp(host: string): void
}

/** A store that is all there is: a bundle. */
export const onlyFrom = (store: BlobStore): Supply => ({
  store,
  online: false,
  bring: async (digest) => (await store.size(digest)) !== undefined,
  isDown: () => true,
  giveUp: () => {},
})

/** A host is given up after so many failures that are about single files. */
const STRIKES = 3
const MOST_TRIES = 5

const looksLikeHtml = async (path: string): Promise<boolean> => {
  const file = await open(path).catch(() => undefined)
  if (!file) return false
  const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512)
  await file.close()
  return /<html|<!doctype html/i.test(buffer.toString('latin1', 0, bytesRead))
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )

/** How places are asked. */
type Manner = Readonly<{ limits: Limits; signal: AbortSignal; egress: Egress }>

/** download, asked again where that may help; a transfer that breaks goes on as long as it brings something. */
const whole = async ({ url, headers = {} }: Place, part: string, { limits, signal, egress }: Manner): Promise<void> => {
  for (let tries = 1; ; ) {
    const had = await sizeOf(part)
    try {
      return await download(url, part, headers, limits, signal, egress)
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      // The server has nothing beyond what is here.
      if (had > 0 && error.status === 416) {
        await rm(part, { force: true })
        continue
      }
      const stuck = (await sizeOf(part)) <= had
      if (!error.mend || tries >= MOST_TRIES || (stuck && tries >= 2)) throw error
      tries++
      await setTimeout(limits.pause, undefined, { signal })
    }
  }
}

/** What is known of the hosts in this run. */
type Hosts = Readonly<{ isDown(host: string): boolean; giveUp(host: string): void; strike(host: string): void }>

const createHosts = (): Hosts => {
  const down = new Set<string>()
  const strikes = new Map<string, number>()
  return {
    isDown: (host) => down.has(host),
    giveUp: (host) => void down.add(host),
    strike: (host) => {
      const count = (strikes.get(host) ?? 0) + 1
      strikes.set(host, count)
      if (count >= STRIKES) down.add(host)
    },
  }
}

/** Brings all that a place has into the part; undefined, or why it did not. */
const transfer = async (place: Place, part: string, hosts: Hosts, manner: Manner): Promise<string | undefined> => {
  try {
    await whole(place, part, manner)
    return undefined
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    const { host } = new URL(place.url)
    if (error.hard) hosts.giveUp(host)
    else hosts.strike(host)
    return error.message
  }
}

/** Takes the part over; undefined, or what it is instead of the file. */
const keep = async (digest: string, part: string, cache: Cache): Promise<string | undefined> => {
  const html = await looksLikeHtml(part)
  if (await cache.keep(digest)) return undefined
  return html ? 'an HTML page instead of the file' : 'the bytes are not the pinned ones'
}

/** Puts the bytes of a digest into the cache; undefined, or why this place did not deliver them. */
const fromOne = async (digest: string, place: Place, cache: Cache, hosts: Hosts, manner: Manner): Promise<string | undefined> => {
  const { host } = new URL(place.url)
  if (hosts.isDown(host)) return `not asked: ${host} failed before in this run`
  const part = await cache.part(digest)
  for (let fresh = (await sizeOf(part)) === 0; ; fresh = true) {
    const broken = await transfer(place, part, hosts, manner)
    if (broken !== undefined) return broken
    const wrong = await keep(digest, part, cache)
    if (wrong === undefined) return undefined
    // The first half may be another source's, or an earlier run's: then this one gets its own chance.
    if (!fresh) continue
    hosts.strike(host)
    return wrong
  }
}

/**
 * The network behind a cache. A host that cannot be reached, is too slow or lies is not asked again in this run. Everything is fetched
 * once, however many hosts wait for it, and a bounded number of things at a time.
 */
export const fromNetwork = (cache: Cache, signal: AbortSignal, egress: Egress = () => ({}), limits: Limits = LIMITS): Supply => {
  const hosts = createHosts()
  const coming = new Map<string, Promise<boolean>>()
  const bring: Supply['bring'] = (digest, places, complain) =>
    onDisk(cache.folder, async () => {
      if ((await cache.size(digest)) !== undefined) return true
      for await (const place of await places()) {
        const failed = await fromOne(digest, place, cache, hosts, { limits, signal, egress })
        if (failed === undefined) return true
        complain(`${place.url}: ${failed}`)
      }
      await rm(await cache.part(digest), { force: true })
      return false
    })
  return {
    store: cache,
    online: true,
    isDown: hosts.isDown,
    giveUp: hosts.giveUp,
    bring: (digest, places, complain) => {
      const known = coming.get(digest) ?? bring(digest, places, complain)
      coming.set(digest, known)
      // What failed for one packaging may come from another place.
      known.then(
        (came) => came || coming.delete(digest),
        () => coming.delete(digest),
      )
      return known
    },
  }
}
