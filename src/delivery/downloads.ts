import { DeliveryError } from '../engine/apply.ts'
import type { Change } from '../engine/change.ts'
import { escapeRemote } from '../hosts/lines.ts'
import { createSemaphore } from '../hosts/share.ts'
import { type Transport, TransportError } from '../hosts/transport.ts'
import type { PackagesResource } from '../resources/types.ts'
import { DiskError } from './disk.ts'
import type { Complain } from './fallback.ts'
import { type Deb, packagePlaces, type Resolved, resolvePackages, systemOf } from './packages.ts'
import { type Tools, type Upload, type Uploadable, uploadName, uploadsOf } from './uploads.ts'

/** Packages that the operator's machine brings. */
export type Pushed = PackagesResource & Required<Pick<PackagesResource, 'pushed'>>

/** A change with what it wants, once its kind is known. */
export type Wanted<Want> = Readonly<{ change: Change; want: Want }>

/** What a delivery takes its bytes from. `resolved` says what packages mean where no apt can be asked: in a bundle. */
export type Origin = Tools & Readonly<{ resolved?: Readonly<Record<string, Resolved>> }>

/** Takes a note for the report. */
export type Note = (text: string) => void

/** What hosts get, here on this machine. Whatever cannot be had is a DeliveryError of the change that needs it. */
export type Downloads = Readonly<{
  uploads(wanted: Wanted<Uploadable>, note: Note): Promise<readonly Upload[]>
  /** What packages mean on the system of a host; its own apt is asked when nothing else says it. */
  resolve(wanted: Wanted<Pushed>, transport: Transport, note: Note): Promise<Resolved>
  bringDebs(debs: readonly Deb[], wanted: Wanted<Pushed>, note: Note): Promise<void>
}>

/** Different things that are fetched at one time. */
const FETCHES = 4

/** Whether the operator's machine brings these packages. */
export const isPushed = (want: Change['want']): want is Pushed => want.kind === 'packages' && want.pushed !== undefined

/** Each value made once, a bounded number at a time. What fails is not kept: the next may have more luck. */
const once = <T>(width: number) => {
  const made = new Map<string, Promise<T>>()
  const free = createSemaphore(width)
  return (key: string, make: () => Promise<T>): Promise<T> => {
    const known =
      made.get(key) ??
      free().then(async (release) => {
        try {
          return await make()
        } finally {
          release()
        }
      })
    made.set(key, known)
    known.catch(() => made.delete(key))
    return known
  }
}

/**
 * What one host finds out for all of its kind. A host that is lost, or whose apt fails, says nothing of the others: the next one that waits asks for
 * itself.
 */
const byOneOf =
  <T>(shared: ReturnType<typeof once<T>>) =>
  async (key: string, make: () => Promise<T>): Promise<T> => {
    for (;;) {
      let own = false
      try {
        return await shared(key, () => {
          own = true
          return make()
        })
      } catch (error) {
        if (own || !(error instanceof TransportError || error instanceof DeliveryError)) throw error
      }
    }
  }

/** A failure that several hosts share is told of each by its own change. */
const asOwn = (change: Change) => (error: unknown) => {
  throw error instanceof DeliveryError ? new DeliveryError(change, error.lines) : error
}

/** What the hosts of one system take altogether. */
const namesFor = (changes: readonly Change[], system: string): string[] =>
  [...new Set(changes.flatMap(({ want }) => (isPushed(want) && systemOf(want.pushed) === system ? want.names : [])))].sort()

/** What `find` finds; when it finds nothing, an error with every reason it gave, which are notes as they come. */
const orFail = async <T>(change: Change, what: string, note: Note, find: (complain: Complain) => Promise<T | undefined>): Promise<T> => {
  const complaints: string[] = []
  const found = await find((line) => {
    complaints.push(line)
    note(`fetch-failed ${line}`)
  }).catch((error: unknown) => {
    throw error instanceof DiskError ? new DeliveryError(change, [error.message]) : error
  })
  if (found === undefined) throw new DeliveryError(change, [`no source delivered ${what}:`, ...complaints])
  return found
}

/** What all hosts of a run are to get: everything is fetched once, however many hosts need it. */
export const createDownloads = (changes: readonly Change[], origin: Origin, signal: AbortSignal): Downloads => {
  const { supply, http, resolved = {} } = origin
  const obtained = once<readonly Upload[]>(FETCHES)
  const systems = byOneOf(once<Resolved>(FETCHES))
  return {
    uploads: ({ change, want }, note) =>
      obtained(uploadName(want), () => orFail(change, change.id, note, (complain) => uploadsOf(want, origin, complain))).catch(
        asOwn(change),
      ),
    resolve: ({ change, want }, transport, note) => {
      const system = systemOf(want.pushed)
      return systems(system, () =>
        // The apt of a host may have its say among these reasons.
        orFail(
          change,
          `the packages of ${system}`,
          (text) => note(escapeRemote(text)),
          async (complain) => {
            if (resolved[system] || !supply.online) return resolved[system]
            return resolvePackages(namesFor(changes, system), want.pushed, transport, supply, http, complain, signal)
          },
        ),
      )
    },
    bringDebs: async (debs, { change, want }, note) => {
      for (const deb of debs)
        await orFail(
          change,
          `${deb.name} ${deb.version}`,
          note,
          async (complain) => (await supply.bring(deb.digest, packagePlaces(deb, want.pushed), complain)) || undefined,
        )
    },
  }
}
