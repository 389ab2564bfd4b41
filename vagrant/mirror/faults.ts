// Misbehaviour on demand, each kind seen on a public mirror.
import { Readable, Transform, type TransformCallback } from 'node:stream'
import { type Reply, text } from './types.ts'

const KINDS = ['stall', 'stall-body', 'slow', 'truncate', 'wrong-bytes', 'html', 'redirect-loop', 'expired-cert'] as const
type Kind = (typeof KINDS)[number] | `${number}`

export interface Fault {
  readonly kind: Kind
  readonly host?: string
  /** Only requests of the host with this address; certificates are chosen before anybody is known. */
  readonly client?: string
  /** A prefix, or a regular expression when it is not one ("/debian", ".*\\.deb$"). */
  readonly path?: string
  /** How often it strikes; for ever when absent. */
  readonly times?: number
}

const SLOW_BYTES_PER_SECOND = 64 * 1024
const PAGE = '<!DOCTYPE html><html><head><title>Notice</title></head><body><h1>Please sign in</h1></body></html>\n'

function isFault(value: unknown): value is Fault {
  if (typeof value !== 'object' || value === null) return false
  const { kind, host, client, path, times } = value as Record<string, unknown>
  return (
    typeof kind === 'string' &&
    (/^[1-5]\d\d$/.test(kind) || (KINDS as readonly string[]).includes(kind)) &&
    (host === undefined || typeof host === 'string') &&
    (client === undefined || typeof client === 'string') &&
    (path === undefined || typeof path === 'string') &&
    (times === undefined || (typeof times === 'number' && times > 0))
  )
}

export function parseFaults(value: unknown): Fault[] {
  if (!Array.isArray(value)) throw new Error('a JSON list is expected')
  return value.map((entry: unknown) => {
    if (!isFault(entry)) throw new Error(`no such fault: ${JSON.stringify(entry)}`)
    return entry
  })
}

export class Faults {
  #list: { readonly fault: Fault; left: number }[] = []

  set(faults: readonly Fault[]): void {
    this.#list = faults.map((fault) => ({ fault, left: fault.times ?? Infinity }))
  }

  /** What still strikes; `times` says how often. */
  list(): Fault[] {
    return this.#list.filter(({ left }) => left > 0).map(({ fault, left }) => (left === Infinity ? fault : { ...fault, times: left }))
  }

  /** The first fault that fits, used up by one. */
  take(host: string, path: string, client: string): Kind | undefined {
    return this.#take(
      (fault) => fault.kind !== 'expired-cert' && fits(fault, host, path) && (fault.client === undefined || fault.client === client),
    )
  }

  /** Certificates are chosen before there is a path. */
  takeCertificate(host: string): boolean {
    return this.#take((fault) => fault.kind === 'expired-cert' && fits(fault, host, undefined)) !== undefined
  }

  #take(wanted: (fault: Fault) => boolean): Kind | undefined {
    const found = this.#list.find(({ fault, left }) => left > 0 && wanted(fault))
    if (found === undefined) return undefined
    found.left -= 1
    return found.fault.kind
  }
}

function fits(fault: Fault, host: string, path: string | undefined): boolean {
  if (fault.host !== undefined && fault.host !== host) return false
  if (fault.path === undefined || path === undefined) return true
  return path.startsWith(fault.path) || new RegExp(fault.path).test(path)
}

type Step = (chunk: Buffer, seen: number, stream: Transform, done: TransformCallback) => void

function through(body: Reply['body'], step: Step): Readable {
  let seen = 0
  const change = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const before = seen
      seen += chunk.length
      step(chunk, before, change, done)
    },
  })
  const source = body instanceof Readable ? body : Readable.from([Buffer.from(body ?? '')])
  source.on('error', (error) => change.destroy(error))
  change.on('close', () => source.destroy())
  return source.pipe(change)
}

/** Changes a reply; undefined means: never answer. */
export function spoil(kind: Kind, reply: Reply, url: string): Reply | undefined {
  const length = Number(reply.headers['content-length'] ?? 0)
  switch (kind) {
    case 'stall':
      if (reply.body instanceof Readable) reply.body.destroy()
      return undefined
    case 'stall-body':
      // Half arrives, then nothing, and the connection stays open.
      return {
        ...reply,
        body: through(reply.body, (chunk, seen, _stream, done) => {
          const rest = Math.floor(length / 2) - seen
          if (rest >= chunk.length) done(null, chunk)
          else _stream.push(chunk.subarray(0, Math.max(0, rest)))
        }),
      }
    case 'slow':
      return {
        ...reply,
        body: through(reply.body, (chunk, _seen, _stream, done) => {
          setTimeout(
            () => {
              done(null, chunk)
            },
            (chunk.length / SLOW_BYTES_PER_SECOND) * 1000,
          )
        }),
      }
    case 'truncate':
      return {
        ...reply,
        body: through(reply.body, (chunk, seen, stream, done) => {
          const rest = Math.floor(length / 2) - seen
          if (rest >= chunk.length) {
            done(null, chunk)
            return
          }
          stream.push(chunk.subarray(0, Math.max(0, rest)))
          setTimeout(() => stream.destroy(new Error('truncated on purpose')), 50)
        }),
      }
    case 'wrong-bytes':
      return {
        ...reply,
        body: through(reply.body, (chunk, _seen, _stream, done) => {
          const copy = Buffer.from(chunk)
          copy[0] = (copy[0] ?? 0) ^ 0xff
          done(null, copy)
        }),
      }
    case 'html':
      if (reply.body instanceof Readable) reply.body.destroy()
      return text(200, PAGE, 'text/html; charset=utf-8')
    case 'redirect-loop':
      if (reply.body instanceof Readable) reply.body.destroy()
      return { status: 302, headers: { location: url, 'content-length': '0' }, body: null }
    case 'expired-cert':
      return reply
    default:
      if (reply.body instanceof Readable) reply.body.destroy()
      return text(Number(kind), `${kind} on purpose\n`)
  }
}
