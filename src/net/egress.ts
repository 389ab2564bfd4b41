import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as http } from 'node:http'
import { Agent, type RequestOptions, request as https } from 'node:https'
import { BlockList, isIP, isIPv4, type Socket } from 'node:net'
import { type Duplex, Readable } from 'node:stream'
import { connect as tls, type ConnectionOptions } from 'node:tls'
import { VERSION } from '../version.ts'

/** How a URL is asked from this machine: what node:http's request needs besides it. */
export type Egress = (url: URL) => RequestOptions

/** Proxies by curl's names for them (http_proxy, https_proxy, no_proxy), and the PEM text of a CA by the host that it vouches for. */
export type Ways = Readonly<{ proxy?: Readonly<Record<string, string>>; authorities?: Readonly<Record<string, string>> }>

/** Whether a host is asked without the proxy: a name, what lies under a domain, an address, a range (IPv4), or "*". */
export const isExempt = (host: string, list: string): boolean =>
  list.split(',').some((entry) => {
    const word = entry.trim().toLowerCase()
    if (word === '' || word === '*') return word === '*'
    const [base = '', prefix] = word.split('/')
    if (prefix !== undefined && isIPv4(base) && isIPv4(host)) {
      const range = new BlockList()
      range.addSubnet(base, Number(prefix))
      return range.check(host)
    }
    const domain = word.replace(/^\./, '')
    return host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`))
  })

const CONNECT_MS = 10_000

/** Speaks TLS with the far end through a proxy's CONNECT (RFC 9110 §9.3.6). */
class TunnelAgent extends Agent {
  readonly #proxy: URL
  constructor(proxy: URL) {
    super({ keepAlive: true })
    this.#proxy = proxy
  }

  override createConnection(options: RequestOptions, done?: (error: Error | null, stream: Duplex) => void): undefined {
    const { host, port } = { host: options.host ?? '', port: options.port ?? 443 }
    const end = done as (error: Error | null, socket?: Socket) => void
    const there = `${host}:${port}`
    const asked = http({
      host: this.#proxy.hostname,
      port: this.#proxy.port || 80,
      method: 'CONNECT',
      path: there,
      headers: { host: there, 'user-agent': `slipway/${VERSION}` },
      timeout: CONNECT_MS,
    })
    asked.once('timeout', () => asked.destroy(new Error(`the proxy ${this.#proxy.host} does not answer`)))
    asked.once('error', (error) => end(error))
    asked.once('connect', ({ statusCode }: IncomingMessage, socket: Socket) => {
      if (statusCode !== 200) {
        socket.destroy()
        end(new Error(`the proxy ${this.#proxy.host} answers ${statusCode}`))
      } else end(null, tls({ ...(options as ConnectionOptions), socket, servername: isIP(host) ? '' : host }))
    })
    asked.end()
    return undefined
  }
}

/** The ways out of this machine. A CA given for a host is the only one believed for it. */
export const egressOf = ({ proxy = {}, authorities = {} }: Ways): Egress => {
  const tunnel = proxy.https_proxy === undefined ? undefined : new TunnelAgent(new URL(proxy.https_proxy))
  const relay = proxy.http_proxy === undefined ? undefined : new URL(proxy.http_proxy)
  return (url) => {
    const ca = authorities[url.host]
    const trust = ca === undefined ? {} : { ca }
    const direct = isExempt(url.hostname, proxy.no_proxy ?? '')
    if (url.protocol === 'https:') return !direct && tunnel ? { ...trust, agent: tunnel } : trust
    if (direct || !relay) return {}
    // A proxy is asked for a plain URL by its whole text (RFC 9112 §3.2.2).
    return { hostname: relay.hostname, port: relay.port || 80, path: url.href, headers: { host: url.host }, agent: new HttpAgent() }
  }
}

/** What a request may say. A stream's length stands in the header content-length. */
export type Init = Readonly<{
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH'
  headers?: Readonly<Record<string, string>>
  body?: Uint8Array | AsyncIterable<Uint8Array>
  signal?: AbortSignal
}>

/** fetch, as far as it is used here, by these ways. A redirect is followed with GET and HEAD only, and takes no credentials to another host. */
export type Fetch = (url: string, init?: Init) => Promise<Response>

const MOST_REDIRECTS = 5
const NO_BODY = new Set([204, 205, 304])

const begin = (url: URL, { method = 'GET', headers = {}, signal }: Init, egress: Egress): ClientRequest => {
  const { headers: more, ...options } = egress(url)
  return (url.protocol === 'https:' ? https : http)(url, {
    method,
    ...options,
    headers: { 'user-agent': `slipway/${VERSION}`, ...headers, ...(more as Record<string, string> | undefined) },
    ...(signal === undefined ? {} : { signal }),
  })
}

const send = (url: URL, init: Init, egress: Egress): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const asked = begin(url, init, egress)
    asked.once('error', reject)
    asked.once('response', resolve)
    const { body } = init
    if (body === undefined) asked.end()
    else if (body instanceof Uint8Array) asked.end(body)
    else
      Readable.from(body)
        .once('error', (error) => asked.destroy(error))
        .pipe(asked)
  })

const responseOf = (message: IncomingMessage, method: Init['method']): Response => {
  const status = message.statusCode ?? 0
  const headers = new Headers()
  for (const [name, value] of Object.entries(message.headers)) if (value !== undefined) headers.set(name, [value].flat().join(', '))
  if (method === 'HEAD' || NO_BODY.has(status)) {
    message.resume()
    return new Response(null, { status, headers })
  }
  return new Response(Readable.toWeb(message) as ReadableStream<Uint8Array>, { status, headers })
}

/** A Fetch for the given ways out. Errors are node's own, with a code where there is one. */
export const createFetch =
  (egress: Egress): Fetch =>
  async (address, init = {}) => {
    let url = new URL(address)
    let { headers = {} } = init
    for (let turn = 0; turn <= MOST_REDIRECTS; turn++) {
      if (!/^https?:$/.test(url.protocol)) throw new Error(`${url.protocol} is not asked`)
      const message = await send(url, { ...init, headers }, egress)
      const { location } = message.headers
      const moved = [301, 302, 303, 307, 308].includes(message.statusCode ?? 0) && location !== undefined
      if (!moved || !['GET', 'HEAD'].includes(init.method ?? 'GET')) return responseOf(message, init.method)
      message.resume()
      const next = new URL(location, url)
      if (next.host !== url.host)
        headers = Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'))
      url = next
    }
    throw new Error('too many redirects')
  }

/** node's own, where there is neither a proxy nor a CA of one's own. */
export const plainFetch: Fetch = (url, init = {}) => {
  const { body, ...rest } = init
  return body === undefined || body instanceof Uint8Array
    ? fetch(url, { ...rest, ...(body === undefined ? {} : { body: new Uint8Array(body) }) })
    : createFetch(egressOf({}))(url, init)
}
