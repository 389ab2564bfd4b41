import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type Ask, type Reply, text } from './types.ts'

interface Span {
  readonly start: number
  readonly end: number
}

/** The one range asked for; undefined when there is none, null when it cannot be satisfied. */
export function parseRange(header: string | undefined, size: number): Span | null | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (match === null) return undefined
  const [, from = '', to = ''] = match
  if (from === '' && to === '') return undefined
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  return start > end ? null : { start, end }
}

function contentType(file: string): string {
  if (/\.(sha256|sha256sum|txt|asc|key)$|SHA256SUMS$|InRelease$|Release$|Packages$/.test(file)) return 'text/plain'
  return 'application/octet-stream'
}

/** Serves a file with ranges and conditional requests, as nginx would. */
export async function serveFile(ask: Ask, file: string): Promise<Reply> {
  const info = await stat(file).catch(() => undefined)
  if (info === undefined || !info.isFile()) return text(404, 'Not Found\n')
  const modified = new Date(Math.floor(info.mtimeMs / 1000) * 1000)
  const tag = `"${String(Math.floor(info.mtimeMs))}-${String(info.size)}"`
  const headers = {
    'accept-ranges': 'bytes',
    'content-type': contentType(file),
    etag: tag,
    'last-modified': modified.toUTCString(),
  }
  const since = Date.parse(ask.headers['if-modified-since'] ?? '')
  if (ask.headers['if-none-match'] === tag || since >= modified.getTime()) {
    return { status: 304, headers, body: null }
  }
  const condition = [ask.headers['if-range']].flat()[0]
  const unchanged = condition === undefined || condition === tag || Date.parse(condition) >= modified.getTime()
  const span = unchanged ? parseRange(ask.headers.range, info.size) : undefined
  if (span === null) {
    return { status: 416, headers: { 'content-range': `bytes */${String(info.size)}`, 'content-length': '0' }, body: null }
  }
  if (span === undefined) {
    return {
      status: 200,
      headers: { ...headers, 'content-length': String(info.size) },
      body: ask.method === 'HEAD' ? null : createReadStream(file),
    }
  }
  return {
    status: 206,
    headers: {
      ...headers,
      'content-length': String(span.end - span.start + 1),
      'content-range': `bytes ${String(span.start)}-${String(span.end)}/${String(info.size)}`,
    },
    body: ask.method === 'HEAD' ? null : createReadStream(file, { start: span.start, end: span.end }),
  }
}
