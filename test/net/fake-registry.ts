import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const INDEX = 'application/vnd.oci.image.index.v1+json'
export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

type Stored = { bytes: Buffer; type: string }

/** An image for some architectures, put together from texts: an index, or one manifest where `only` is given. */
export const imageOf = (name: string, arches: readonly string[], only = false) => {
  const blobs: Buffer[] = []
  const blob = (text: string) => {
    const bytes = Buffer.from(text)
    blobs.push(bytes)
    return { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.length }
  }
  const children = arches.map((architecture) => {
    const config = blob(JSON.stringify({ architecture, os: 'linux', name }))
    const layers = [blob('a layer that all of them share'), blob(`${name} for ${architecture}`.repeat(50))]
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers }))
    return { bytes, platform: { os: 'linux', architecture } }
  })
  const manifests = children.map(({ bytes, platform }) => ({ mediaType: MANIFEST, digest: digestOf(bytes), size: bytes.length, platform }))
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }))
  const [first] = children
  if (only && first) return { root: { bytes: first.bytes, type: MANIFEST }, below: [] as Stored[], blobs, digest: digestOf(first.bytes) }
  return {
    root: { bytes: index, type: INDEX },
    below: children.map(({ bytes }) => ({ bytes, type: MANIFEST })),
    blobs,
    digest: digestOf(index),
  }
}

export type Options = { auth?: 'basic' | 'bearer'; login?: string }

/** A registry in memory, as strict as distribution: no blob with another digest, no index without its manifests. */
export class FakeRegistry implements AsyncDisposable {
  readonly manifests = new Map<string, Stored>()
  readonly blobs = new Map<string, Buffer>()
  readonly asked: string[] = []
  readonly #server = createServer((request, response) => void this.#answer(request, response))
  readonly #options: Options
  port = 0

  constructor(options: Options = {}) {
    this.#options = options
  }

  async start(): Promise<this> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    this.port = (this.#server.address() as AddressInfo).port
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((done) => this.#server.close(done))
  }

  get host(): string {
    return `127.0.0.1:${this.port}`
  }

  put(repository: string, tag: string, image: ReturnType<typeof imageOf>): void {
    for (const one of [image.root, ...image.below]) this.manifests.set(`${repository}@${digestOf(one.bytes)}`, one)
    this.manifests.set(`${repository}@${tag}`, image.root)
    for (const bytes of image.blobs) this.blobs.set(`${repository}@${digestOf(bytes)}`, bytes)
  }

  #refused(request: IncomingMessage, response: ServerResponse): boolean {
    const { auth, login = '' } = this.#options
    const given = request.headers.authorization
    if (auth === undefined || given === (auth === 'basic' ? `Basic ${login}` : 'Bearer the-token')) return false
    const challenge = auth === 'basic' ? 'Basic realm="fake"' : `Bearer realm="http://${this.host}/token",service="fake"`
    response.writeHead(401, { 'www-authenticate': challenge }).end()
    return true
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `http://${this.host}`)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    this.asked.push(`${request.method} ${url.pathname}`)
    if (url.pathname === '/token') {
      const right = request.headers.authorization === `Basic ${this.#options.login}`
      response.writeHead(right ? 200 : 401).end(right ? JSON.stringify({ token: 'the-token' }) : '{}')
      return
    }
    if (this.#refused(request, response)) return
    const [, repository = '', kind = '', name = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(url.pathname) ?? []
    const body = Buffer.concat(chunks)
    if (request.method === 'POST' && name === 'uploads/') response.writeHead(202, { location: `/v2/${repository}/blobs/uploads/1` }).end()
    else if (request.method === 'PUT' && kind === 'blobs') this.#takeBlob(repository, url.searchParams.get('digest') ?? '', body, response)
    else if (request.method === 'PUT')
      this.#takeManifest(repository, name, { bytes: body, type: request.headers['content-type'] ?? '' }, response)
    else this.#give(`${repository}@${name}`, kind, request.method === 'HEAD', response)
  }

  #give(key: string, kind: string, head: boolean, response: ServerResponse): void {
    const found = kind === 'manifests' ? this.manifests.get(key) : { bytes: this.blobs.get(key), type: 'application/octet-stream' }
    if (found?.bytes === undefined) {
      response.writeHead(404).end('{"errors":[{"code":"NAME_UNKNOWN"}]}')
      return
    }
    response.writeHead(200, {
      'content-type': found.type,
      'content-length': found.bytes.length,
      'docker-content-digest': digestOf(found.bytes),
    })
    response.end(head ? undefined : found.bytes)
  }

  #takeBlob(repository: string, digest: string, bytes: Buffer, response: ServerResponse): void {
    if (digestOf(bytes) !== digest) {
      response.writeHead(400).end('{"errors":[{"code":"DIGEST_INVALID"}]}')
      return
    }
    this.blobs.set(`${repository}@${digest}`, bytes)
    response.writeHead(201).end()
  }

  #takeManifest(repository: string, reference: string, stored: Stored, response: ServerResponse): void {
    const {
      manifests = [],
      config,
      layers = [],
    } = JSON.parse(stored.bytes.toString()) as Record<string, { digest: string }[]> & { config?: { digest: string } }
    const whole =
      manifests.every(({ digest }) => this.manifests.has(`${repository}@${digest}`)) &&
      [...layers, ...(config === undefined ? [] : [config])].every(({ digest }) => this.blobs.has(`${repository}@${digest}`))
    if (!whole) {
      response.writeHead(400).end('{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN"}]}')
      return
    }
    this.manifests.set(`${repository}@${reference}`, stored)
    this.manifests.set(`${repository}@${digestOf(stored.bytes)}`, stored)
    response.writeHead(201).end()
  }
}
