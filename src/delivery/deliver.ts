import { writeTar } from '../archive/tar.ts'
import type { Http } from '../commands/http.ts'
import type { Deliver } from '../engine/apply.ts'
import type { Change } from '../engine/plan.ts'
import { PRELUDE } from '../engine/shell-texts.ts'
import { escapeRemote } from '../hosts/lines.ts'
import { quote } from '../hosts/sh.ts'
import { createSemaphore } from '../hosts/share.ts'
import type { Transport } from '../hosts/transport.ts'
import { kindOf } from '../resources/index.ts'
import type { PackagesResource } from '../resources/types.ts'
import type { Supply } from './ladder.ts'
import { type Deb, indexText, packagePlaces, type Resolved, resolvePackages, systemOf } from './packages.ts'
import { isParcelled, type Parcel, parcelsOf } from './parcels.ts'
import { DeliveryError } from '../engine/apply.ts'

type Pushed = PackagesResource & Required<Pick<PackagesResource, 'pushed'>>
const isPushed = (want: Change['want']): want is Pushed => want.kind === 'packages' && want.pushed !== undefined

/** Hosts that are streamed to at one time: more would only share one uplink, and each costs its buffers. */
const STREAMS = 8
/** Different things that are fetched at one time. */
const FETCHES = 4

/** Runs one script with an input; its standard output. */
const runWith = async (
  change: Change,
  transport: Transport,
  body: string,
  input: AsyncIterable<Uint8Array> | undefined,
  signal: AbortSignal,
) => {
  const lines: string[] = []
  const out: string[] = []
  const script = `${PRELUDE}\nmain() {\n${body}\n}\nmain; exit\n`
  for await (const output of transport.run(script, input ? { input, signal } : { signal })) {
    if (!('exit' in output)) {
      if (output.stream === 'stdout') out.push(output.line)
      else lines.push(escapeRemote(output.line))
    } else if (output.exit !== 0) throw new DeliveryError(change, lines.slice(-20))
  }
  return out
}

/** Each value made once, a bounded number at a time. */
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
    return known
  }
}

/** What the hosts of one system take altogether. */
const namesFor = (changes: readonly Change[], system: string): string[] =>
  [...new Set(changes.flatMap(({ want }) => (isPushed(want) && systemOf(want.pushed) === system ? want.names : [])))].sort()

async function* indexInput(index: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(index)
}

/** What a delivery takes its bytes from. `resolved` says what packages mean where no apt can be asked: in a bundle. */
export type Stock = Readonly<{ supply: Supply; http: Http; resolved?: Readonly<Record<string, Resolved>> }>

/**
 * Streams to each host what the changes of its batch need, before they are made. Everything is fetched once however many hosts need it,
 * and goes from disk to the connection chunk by chunk: neither its size nor the number of hosts is kept in memory.
 */
export const createDelivery = (changes: readonly Change[], { supply, http, resolved = {} }: Stock, signal: AbortSignal): Deliver => {
  const obtained = once<readonly Parcel[]>(FETCHES)
  const systems = once<Resolved>(FETCHES)
  const streaming = createSemaphore(STREAMS)

  const parcelsFor = (change: Change, note: (text: string) => void): Promise<readonly Parcel[]> => {
    const { want } = change
    if (!isParcelled(want)) return Promise.resolve([])
    const arch = want.kind === 'image' ? want.arch : want.artifact.path
    return obtained(`${kindOf(want).id(want)} ${arch}`, async () => {
      const complaints: string[] = []
      const complain = (line: string): void => {
        complaints.push(line)
        note(`fetch-failed ${line}`)
      }
      const parcels = await parcelsOf(want, supply, http, complain)
      if (!parcels) throw new DeliveryError(change, [`no source delivered ${kindOf(want).id(want)}:`, ...complaints])
      return parcels
    })
  }

  const resolve = (change: Change, want: Pushed, transport: Transport, note: (text: string) => void): Promise<Resolved> => {
    const system = systemOf(want.pushed)
    return systems(system, async () => {
      const known = resolved[system]
      if (known) return known
      const complaints: string[] = []
      const complain = (line: string): void => {
        complaints.push(line)
        note(`fetch-failed ${escapeRemote(line)}`)
      }
      const found = supply.online
        ? await resolvePackages(namesFor(changes, system), want.pushed, transport, supply, http, complain, signal)
        : undefined
      if (!found) throw new DeliveryError(change, [`no source delivered the packages of ${system}:`, ...complaints])
      return found
    })
  }

  /** Packages are fetched when the first host lacks them. */
  const bringDebs = async (change: Change, debs: readonly Deb[], { pushed }: Pushed, note: (text: string) => void): Promise<void> => {
    for (const deb of debs) {
      const complaints: string[] = []
      const came = await supply.bring(deb.digest, packagePlaces(deb, pushed), (line) => {
        complaints.push(line)
        note(`fetch-failed ${line}`)
      })
      if (!came) throw new DeliveryError(change, [`no source delivered ${deb.name} ${deb.version}:`, ...complaints])
    }
  }

  const debInput = (debs: readonly Deb[]) =>
    writeTar(debs.map(({ digest, size }) => ({ name: `${digest.slice('sha256:'.length)}.deb`, size, content: supply.shelf.open(digest) })))

  return async ({ host, changes: own }, transport, report) => {
    const packages = own.find((change) => isPushed(change.want))
    const parcelled = own.filter(({ want }) => isParcelled(want))
    if (!packages && parcelled.length === 0) return
    const note = (text: string) => report({ type: 'note', host, text })
    const run = async (change: Change, body: string, input?: AsyncIterable<Uint8Array>) => {
      const release = await streaming()
      try {
        return await runWith(change, transport, body, input, signal)
      } finally {
        release()
      }
    }

    const begin = (change: Change) => report({ type: 'delivering', host, change })
    let resolution: Resolved | undefined
    if (packages && isPushed(packages.want)) {
      begin(packages)
      resolution = await resolve(packages, packages.want, transport, note)
    }
    const parcels: (readonly [Change, Parcel])[] = []
    for (const change of parcelled) {
      begin(change)
      for (const parcel of await parcelsFor(change, note)) parcels.push([change, parcel])
    }
    const first = packages ?? parcelled[0]
    if (!first) return
    const has = `delivery_place\ndelivered_has ${parcels.map(([, { as }]) => as).join(' ')}`
    const lacks = packages && isPushed(packages.want) ? `\ndelivered_lacks ${packages.want.names.map(quote).join(' ')}` : ''
    const said = await run(first, has + lacks, resolution && indexInput(indexText(resolution)))
    const lacking = new Set(said.flatMap((line) => /^lack (\S+ \S+)$/.exec(line)?.[1] ?? []))
    if (packages && isPushed(packages.want) && resolution) {
      const debs = resolution.debs.filter(({ name, version }) => lacking.has(`${name} ${version}`))
      await bringDebs(packages, debs, packages.want, note)
      begin(packages)
      if (debs.length > 0) await run(packages, 'receive_packages', debInput(debs))
    }
    for (const [change, { as, digest, open }] of parcels) {
      if (said.includes(`have ${as}`)) continue
      begin(change)
      await run(change, `receive ${as} ${digest}`, open())
    }
  }
}
