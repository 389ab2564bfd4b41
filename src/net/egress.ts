import { hostPort } from '../host-port.ts'
import { Agent as HttpAgent, type IncomingMessage, request as http } from 'node:http'
import { Agent, type RequestOptions } from 'node:https'
import { BlockList, isIP, isIPv4, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
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
    const there = hostPort(host, port)
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
