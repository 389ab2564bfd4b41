import { request } from 'node:http'
import { type Ask, type Reply, text } from './types.ts'

export const REGISTRY_PORT = 5000
const PASSED = ['accept', 'range', 'if-none-match'] as const

/** Hands a pull on to the registry behind; the public mirrors offer no pushes, lists or catalogues. */
export function serveRegistry(ask: Ask, path: string): Promise<Reply> {
  if (ask.method !== 'GET' && ask.method !== 'HEAD') return Promise.resolve(text(405, 'read only\n'))
  if (path.endsWith('/tags/list') || path.endsWith('/_catalog')) return Promise.resolve(text(403, 'listing is off\n'))
  const headers: Record<string, string> = {}
  for (const name of PASSED) {
    const value = ask.headers[name]
    if (value !== undefined) headers[name] = value
  }
  return new Promise((resolve, reject) => {
    const onward = request({ host: '127.0.0.1', port: REGISTRY_PORT, method: ask.method, path: encodeURI(path), headers }, (answer) => {
      const kept: Record<string, string> = {}
      for (const [name, value] of Object.entries(answer.headers)) {
        if (typeof value === 'string' && !['connection', 'keep-alive', 'date', 'transfer-encoding'].includes(name)) {
          kept[name] = value
        }
      }
      const body = ask.method === 'HEAD' ? null : answer
      if (body === null) answer.resume()
      resolve({ status: answer.statusCode ?? 502, headers: kept, body })
    })
    onward.on('error', reject)
    onward.end()
  })
}
