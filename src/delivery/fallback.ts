import { open, rename, rm } from 'node:fs/promises'
import { download, type Headers } from '../net/download.ts'
import { type Egress, egressOf } from '../net/egress.ts'
import { LIMITS, type Limits, RequestError } from '../net/limits.ts'
import { createFetch, type Fetch } from '../net/request.ts'
import { type BlobStore, type Cache, digestOf, readFrom } from './cache.ts'
import { onDisk } from './disk.ts'

/** A place that may have the bytes, with what a request there needs: `ask` where it wants credentials. */
export type Place = Readonly<{ url: string; headers?: Headers; ask?: Fetch }>

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

const looksLikeHtml = async (path: string): Promise<boolean> => {
  const file = await open(path).catch(() => undefined)
  if (!file) return false
  const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512)
  await file.close()
  return /<html|<!doctype html/i.test(buffer.toString('latin1', 0, bytesRead))
}

/** How places are asked. */
type Manner = Readonly<{ limits: Limits; signal: AbortSignal; ask: Fetch }>

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

/** Brings all that a place has; or why it did not. */
const transfer = async (place: Place, part: string, hosts: Hosts, { limits, signal, ask }: Manner) => {
  try {
    return await download({ ask, ...place }, part, limits, signal)
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    const { host } = new URL(place.url)
    if (error.hard) hosts.giveUp(host)
    else hosts.strike(host)
    return error.message
  }
}

/** Takes what came over; undefined, or what it is instead of the file. What was begun by others stays where it is. */
const keep = async (digest: string, path: string, part: string, cache: Cache): Promise<string | undefined> => {
  const wrong = (await looksLikeHtml(path)) ? 'an HTML page instead of the file' : 'the bytes are not the pinned ones'
  if (path !== part) {
    if ((await digestOf(readFrom(path))).digest !== digest) {
      await rm(path, { force: true })
      return wrong
    }
    await rename(path, part)
  }
  return (await cache.keep(digest)) ? undefined : wrong
}

/** Puts the bytes of a digest into the cache; undefined, or why this place did not deliver them. */
const fromOne = async (digest: string, place: Place, cache: Cache, hosts: Hosts, manner: Manner): Promise<string | undefined> => {
  const { host } = new URL(place.url)
  if (hosts.isDown(host)) return `not asked: ${host} failed before in this run`
  const part = await cache.part(digest)
  for (let anew = false; ; anew = true) {
    const came = await transfer(place, part, hosts, manner)
    if (typeof came === 'string') return came
    const wrong = await keep(digest, came.path, part, cache)
    if (wrong === undefined) return undefined
    // Put together of several answers it says nothing of this place: another one's half may be in it, or an earlier run's.
    if (came.joined && !anew) continue
    hosts.strike(host)
    return wrong
  }
}

/**
 * The network behind a cache. A host that cannot be reached, is too slow or lies is not asked again in this run. Everything is fetched
 * once, however many hosts wait for it, and a bounded number of things at a time.
 */
export const fromNetwork = (cache: Cache, signal: AbortSignal, egress: Egress = egressOf({}), limits: Limits = LIMITS): Supply => {
  const manner: Manner = { limits, signal, ask: createFetch(egress, limits) }
  const hosts = createHosts()
  const coming = new Map<string, Promise<boolean>>()
  const bring: Supply['bring'] = (digest, places, complain) =>
    onDisk(cache.folder, async () => {
      if ((await cache.size(digest)) !== undefined) return true
      for await (const place of await places()) {
        const failed = await fromOne(digest, place, cache, hosts, manner)
        if (failed === undefined) return true
        complain(`${place.url}: ${failed}`)
      }
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
