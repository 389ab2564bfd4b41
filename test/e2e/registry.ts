// What a company has beside the public mirrors: a registry of its own with a password and a CA of its own, and an HTTP proxy.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request as ask, createServer, type Server } from 'node:http'
import { type AddressInfo, connect, isIP, type Socket } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { until } from './lab.ts'

/** This machine's address in the lab's network. */
export const HERE = '10.77.0.1'
const MIRROR = '10.77.0.2'
const CACHE = process.env.SLIPWAY_LAB_CACHE ?? join(homedir(), '.cache/slipway-lab')

export const USER = 'puller'
export const PASSWORD = 'a-secret-of-the-test'
// bcrypt of the password above; Node has none (perl -e 'print crypt("...", "$2y$05$...")').
const HTPASSWD = `${USER}:$2y$05$abcdefghijklmnopqrstuu2ZT88x55EkNffdBJHt2/jvyzKiWNpmi\n`

/** A real registry (distribution) with htpasswd and TLS from a CA that nobody knows. */
export class PrivateRegistry implements AsyncDisposable {
  readonly #dir: string
  readonly host: string
  readonly ca: string
  #child: ChildProcess | undefined

  constructor(dir: string, port: number) {
    this.#dir = dir
    this.host = `${HERE}:${port}`
    this.ca = join(dir, 'ca.pem')
    mkdirSync(dir)
  }

  async start(): Promise<this> {
    const file = (name: string): string => join(this.#dir, name)
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=registry'],
        ...['-addext', `subjectAltName=IP:${HERE}`, '-keyout', file('key.pem'), '-out', this.ca],
      ],
      { stdio: 'ignore' },
    )
    writeFileSync(file('htpasswd'), HTPASSWD)
    const config = {
      version: 0.1,
      log: { level: 'warn' },
      storage: { filesystem: { rootdirectory: file('data') } },
      http: { addr: this.host, tls: { certificate: this.ca, key: file('key.pem') } },
      auth: { htpasswd: { realm: 'lab', path: file('htpasswd') } },
    }
    writeFileSync(file('config.yml'), JSON.stringify(config))
    this.#child = spawn(join(CACHE, 'bin/registry/registry'), ['serve', file('config.yml')], { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on('data', (text) => (said += text))
    this.log = () => said
    await until(
      'the private registry',
      10,
      () =>
        new Promise((answer) => {
          const [host = '', port] = this.host.split(':')
          const socket = connect(Number(port), host, () => answer(true)).on('error', () => answer(false))
          socket.on('connect', () => socket.destroy())
        }),
    )
    return this
  }

  /** What it wrote: one line for each request, with who asked. */
  log: () => string = () => ''

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child?.exitCode !== null) return
    this.#child.kill()
    await once(this.#child, 'exit')
  }
}

/** A proxy that knows CONNECT and whole URLs, and reaches the lab's mirror under every name. */
export class ConnectProxy implements AsyncDisposable {
  /** "CONNECT m.daocloud.io:443" or "GET http://..." in order, with who asked. */
  readonly asked: { client: string; line: string }[] = []
  readonly #sockets = new Set<Socket>()
  readonly #server: Server
  readonly #address: string
  url = ''

  constructor(address: string) {
    this.#address = address
    this.#server = createServer((request, response) => {
      this.#note(request.socket.remoteAddress, `${request.method} ${request.url}`)
      const { host, pathname, search } = new URL(request.url ?? '')
      const far = ask(
        { host: MIRROR, path: pathname + search, method: request.method, headers: { ...request.headers, host } },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.pipe(response)
        },
      )
      far.on('error', () => response.destroy())
      request.pipe(far)
    })
    this.#server.on('connect', (request, near: Socket) => {
      this.#note(near.remoteAddress, `CONNECT ${request.url}`)
      const [host = '', port] = (request.url ?? '').split(':')
      const far = connect(Number(port), isIP(host) ? host : MIRROR, () => {
        near.write('HTTP/1.1 200 OK\r\n\r\n')
        far.pipe(near).pipe(far)
      })
      for (const socket of [near, far]) {
        this.#sockets.add(socket)
        socket.on('error', () => void [near, far].map((one) => one.destroy())).on('close', () => this.#sockets.delete(socket))
      }
    })
  }

  #note(client: string | undefined, line: string): void {
    this.asked.push({ client: (client ?? '').replace('::ffff:', ''), line })
  }

  async start(): Promise<this> {
    await new Promise<void>((done) => this.#server.listen(0, this.#address, done))
    this.url = `http://${this.#address}:${(this.#server.address() as AddressInfo).port}`
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((done) => this.#server.close(done))
  }
}

/** The text of a file beside the tests. */
export const beside = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8')
