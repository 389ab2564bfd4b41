import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'

/** One request as the handlers see it. */
export interface Ask {
  readonly client: string
  readonly host: string
  readonly method: string
  /** Decoded, without the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/** What is to be sent; faults may still change it. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readable | string | null
}

export function text(status: number, body: string, type = 'text/plain; charset=utf-8'): Reply {
  return { status, headers: { 'content-type': type, 'content-length': String(Buffer.byteLength(body)) }, body }
}
