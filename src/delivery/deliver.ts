import { writeTar } from '../archive/tar.ts'
import { type Deliver, DeliveryError } from '../engine/apply.ts'
import type { Report } from '../engine/events.ts'
import type { Change } from '../engine/change.ts'
import { onHost } from '../shell/script.ts'
import { escapeRemote } from '../hosts/lines.ts'
import { quote } from '../shell/quote.ts'
import { createSemaphore, type Semaphore } from '../hosts/share.ts'
import type { Transport } from '../hosts/transport.ts'
import { createDownloads, type Downloads, isPushed, type Note, type Pushed, type Origin, type Wanted } from './downloads.ts'
import { type Deb, indexText, type Resolved } from './packages.ts'
import { isUploadable, type Upload, type Uploadable } from './uploads.ts'
import type { BlobStore } from './cache.ts'

/** Hosts that are streamed to at one time: more would only share one uplink, and each costs its buffers. */
const STREAMS = 8

/** What a batch wants from the operator's machine; a host has one list of packages (steps/os-packages.ts). */
type Wants = Readonly<{ packages: Wanted<Pushed> | undefined; uploadable: readonly Wanted<Uploadable>[] }>

/** The same with what stands for it. */
type Load = Readonly<{
  packages: Readonly<{ wanted: Wanted<Pushed>; resolved: Resolved }> | undefined
  uploads: readonly (readonly [Change, Upload])[]
}>

/** One host, as the delivery deals with it. */
type Line = Readonly<{
  transport: Transport
  note: Note
  /** Says that a change is being delivered. */
  begin(change: Change): void
  /** Runs a script in the name of a change; its standard output. */
  run(change: Change, body: string, input?: AsyncIterable<Uint8Array>): Promise<readonly string[]>
}>

/** Runs one script with an input; its standard output. */
const runWith = async (
  change: Change,
  transport: Transport,
  body: string,
  input: AsyncIterable<Uint8Array> | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const lines: string[] = []
  const out: string[] = []
  const script = onHost(body, { enters: false })
  for await (const output of transport.run(script, input ? { input, signal } : { signal })) {
    if (!('exit' in output)) {
      if (output.stream === 'stdout') out.push(output.line)
      else lines.push(escapeRemote(output.line))
    } else if (output.exit !== 0) throw new DeliveryError(change, lines.slice(-20))
  }
  return out
}

const lineTo = (host: string, transport: Transport, report: Report, streaming: Semaphore, signal: AbortSignal): Line => ({
  transport,
  note: (text) => report({ type: 'note', host, text }),
  begin: (change) => report({ type: 'delivering', host, change }),
  run: async (change, body, input) => {
    const release = await streaming()
    try {
      return await runWith(change, transport, body, input, signal)
    } finally {
      release()
    }
  },
})

const wantsOf = (changes: readonly Change[]): Wants => ({
  packages: changes.flatMap((change) => (isPushed(change.want) ? [{ change, want: change.want }] : []))[0],
  uploadable: changes.flatMap((change) => (isUploadable(change.want) ? [{ change, want: change.want }] : [])),
})

/** Gets everything onto this machine, but for the packages themselves: which of them are needed only the host can say. */
const gather = async ({ packages, uploadable }: Wants, downloads: Downloads, { begin, note, transport }: Line): Promise<Load> => {
  if (packages) begin(packages.change)
  const resolved = packages && (await downloads.resolve(packages, transport, note))
  const uploads: (readonly [Change, Upload])[] = []
  for (const wanted of uploadable) {
    begin(wanted.change)
    for (const upload of await downloads.uploads(wanted, note)) uploads.push([wanted.change, upload])
  }
  return { packages: packages && resolved && { wanted: packages, resolved }, uploads }
}

/** Asks a host what it has and lacks: "have NAME", "lack PACKAGE VERSION". */
const question = ({ packages, uploads }: Load): string => {
  const has = `fetch_place\ndelivered_has ${uploads.map(([, { as }]) => as).join(' ')}`
  return packages ? `${has}\ndelivered_lacks ${packages.wanted.want.names.map(quote).join(' ')}` : has
}

async function* indexInput(index: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(index)
}

const debInput = (debs: readonly Deb[], store: BlobStore) =>
  writeTar(debs.map(({ digest, size }) => ({ name: `${digest.slice('sha256:'.length)}.deb`, size, content: store.open(digest) })))

/** Packages are fetched when the first host lacks them. */
const sendPackages = async (
  { packages }: Load,
  answer: readonly string[],
  downloads: Downloads,
  store: BlobStore,
  line: Line,
): Promise<void> => {
  if (!packages) return
  const { wanted, resolved } = packages
  const lacking = new Set(answer.flatMap((text) => /^lack (\S+ \S+)$/.exec(text)?.[1] ?? []))
  const debs = resolved.debs.filter(({ name, version }) => lacking.has(`${name} ${version}`))
  await downloads.bringDebs(debs, wanted, line.note)
  line.begin(wanted.change)
  if (debs.length > 0) await line.run(wanted.change, 'receive_packages', debInput(debs, store))
}

const sendUploads = async ({ uploads }: Load, answer: readonly string[], { begin, run }: Line): Promise<void> => {
  for (const [change, { as, digest, open }] of uploads) {
    if (answer.includes(`have ${as}`)) continue
    begin(change)
    await run(change, `receive ${as} ${digest}`, open())
  }
}

/**
 * Streams to each host what the changes of its batch need, before they are made. Everything is fetched once however many hosts need it,
 * and goes from disk to the connection chunk by chunk: neither its size nor the number of hosts is kept in memory.
 */
export const createDelivery = (changes: readonly Change[], origin: Origin, signal: AbortSignal): Deliver => {
  const downloads = createDownloads(changes, origin, signal)
  const streaming = createSemaphore(STREAMS)
  return async ({ host, changes: own }, transport, report) => {
    const wants = wantsOf(own)
    const first = wants.packages?.change ?? wants.uploadable[0]?.change
    if (!first) return
    const line = lineTo(host, transport, report, streaming, signal)
    const load = await gather(wants, downloads, line)
    const answer = await line.run(first, question(load), load.packages && indexInput(indexText(load.packages.resolved)))
    await sendPackages(load, answer, downloads, origin.supply.store, line)
    await sendUploads(load, answer, line)
  }
}
