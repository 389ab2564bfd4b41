// How each kind of misbehaviour changes an answer.
import { Readable, Transform, type TransformCallback } from 'node:stream'
import type { Kind } from './faults.ts'
import { type Reply, text } from './types.ts'

const BYTES_PER_SECOND = { slow: 64 * 1024, trickle: 1024 } as const
const MIB = 1024 * 1024
const PAGE = '<!DOCTYPE html><html><head><title>Notice</title></head><body><h1>Please sign in</h1></body></html>\n'

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
  // Cut on purpose after the client has gone, nobody listens any more.
  change.on('error', () => {})
  return source.pipe(change)
}

/** What signs an apt repository: the file with the signature in it, or what a detached one signs. */
const SIGNED = /\/(InRelease|Release)$/

/** Bytes at a pace: small pieces, evenly, so that the connection never looks dead. */
function paced(body: Reply['body'], rate: number): Readable {
  async function* pieces(): AsyncGenerator<Buffer> {
    const source = body instanceof Readable ? body : Readable.from([Buffer.from(body ?? '')])
    for await (const chunk of source as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; at += rate / 4) {
        yield chunk.subarray(at, at + rate / 4)
        await new Promise((resolve) => setTimeout(resolve, 250))
      }
    }
  }
  return Readable.from(pieces())
}

/** One bit of one byte in the middle of the whole. */
const flipped = (length: number): Step => {
  const middle = Math.floor(length / 2)
  return (chunk, seen, _stream, done) => {
    if (middle < seen || middle >= seen + chunk.length) {
      done(null, chunk)
      return
    }
    const copy = Buffer.from(chunk)
    copy[middle - seen] = (copy[middle - seen] ?? 0) ^ 1
    done(null, copy)
  }
}

/** The first capital letter of a "Date:" line is another: the signature does not fit any more, the form still does. */
const resigned: Step = (chunk, _seen, _stream, done) => {
  done(null, Buffer.from(chunk.toString('latin1').replace(/^Date: [A-Z]/m, 'Date: x'), 'latin1'))
}

function bodyGone(reply: Reply): void {
  if (reply.body instanceof Readable) reply.body.destroy()
}

/** So many bytes arrive; then nothing on an open connection, or its end. */
const upTo =
  (most: number, ends: boolean): Step =>
  (chunk, seen, stream, done) => {
    const rest = most - seen
    if (rest >= chunk.length) {
      done(null, chunk)
      return
    }
    stream.push(chunk.subarray(0, Math.max(0, rest)))
    if (ends) setTimeout(() => stream.destroy(new Error('truncated on purpose')), 50)
  }

const otherBytes: Step = (chunk, _seen, _stream, done) => {
  const copy = Buffer.from(chunk)
  copy[0] = (copy[0] ?? 0) ^ 0xff
  done(null, copy)
}

/** Changes a reply to a request for a path; undefined means: never answer. */
export function spoil(kind: Kind, reply: Reply, url: string): Reply | undefined {
  const length = Number(reply.headers['content-length'] ?? 0)
  const changed = (step: Step): Reply => ({ ...reply, body: through(reply.body, step) })
  switch (kind) {
    case 'stall':
      bodyGone(reply)
      return undefined
    case 'stall-body':
      return changed(upTo(Math.floor(length / 2), false))
    case 'truncate':
      return changed(upTo(Math.floor(length / 2), true))
    case 'break-1m':
      return length > MIB ? changed(upTo(MIB, true)) : reply
    case 'slow':
    case 'trickle':
      return { ...reply, body: paced(reply.body, BYTES_PER_SECOND[kind]) }
    case 'wrong-bytes':
      return changed(otherBytes)
    case 'bit-flip':
      return changed(flipped(length))
    case 'bad-signature':
      return SIGNED.test(new URL(url).pathname) ? changed(resigned) : reply
    case 'html':
      bodyGone(reply)
      return text(200, PAGE, 'text/html; charset=utf-8')
    case 'redirect-loop':
      bodyGone(reply)
      return { status: 302, headers: { location: url, 'content-length': '0' }, body: null }
    case 'expired-cert':
      return reply
    default:
      bodyGone(reply)
      return text(Number(kind), `${kind} on purpose\n`)
  }
}
