import type { Duplex } from 'node:stream'
import type Ssh2 from 'ssh2'
import type { Client } from 'ssh2'
import { authentication } from './auth.ts'
import { createDeadline, dial } from './dial.ts'
import { hostKeys } from './host-keys.ts'
import { handshakeFailed, lost, noTunnel, timedOut, unauthorised, undialled } from './problems.ts'
import { hostKeyTypesGone } from './problems-host-key.ts'
import type { Hop } from './route.ts'
import { type Environment, type SshTarget, TransportError } from './transport.ts'

type Ssh = typeof Ssh2

/** A connection that is authenticated. `lost` resolves with the Problem when it breaks. */
export type Connection = { hop: Hop; client: Client; lost: Promise<TransportError>; close(): Promise<void> }

/** Encrypt-and-authenticate modes that the CPU does itself; chacha20 only for a host that has nothing else. */
const CIPHERS = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr', 'chacha20-poly1305@openssh.com']
/** A silent host is given up after (2 + 1) x this; 15 s is the bound we promise. */
const KEEPALIVE = 4500

/** Opens one hop, directly or through the connection before it. `last`: the target itself, not a bastion. */
export async function openConnection(ssh: Ssh, hop: Hop, via: Connection | undefined, last: boolean, target: SshTarget, environment: Environment): Promise<Connection> {
  const abort = new AbortController()
  const deadline = createDeadline(target.connectTimeout * 1000, () => abort.abort(timedOut(hop.label, target.connectTimeout)))
  try {
    const keys = await hostKeys(hop, target, last ? target.hostKey : undefined, environment)
    const auth = await authentication(ssh, hop, target, last, environment, deadline.pausing)
    const sock = via ? await tunnel(via, hop, abort.signal) : await dialled(hop, abort.signal)
    const client = new ssh.Client()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    abort.signal.addEventListener('abort', () => reject(abort.signal.reason))
    client.on('handshake', () => keys.keep().catch(reject))
    client.on('ready', resolve)
    client.on('error', (error) => {
      if (error.level !== 'agent') reject(explain(error))
    })
    client.on('close', () => reject(handshakeFailed(hop.label, new Error('closed by the other side'))))
    const explain = (error: Error & { level?: string }): Error => {
      if (error.level === 'client-authentication') return unauthorised(hop.label, auth.tried, auth.notes, auth.accepts())
      if (/no matching host key/i.test(error.message) && keys.types.length > 0) return hostKeyTypesGone(hop.label, keys.types)
      return handshakeFailed(hop.label, error)
    }
    client.connect({
      sock,
      username: hop.user,
      readyTimeout: 0,
      keepaliveInterval: KEEPALIVE,
      keepaliveCountMax: 2,
      algorithms: { serverHostKey: keys.algorithms as never, cipher: CIPHERS as never, compress: ['none'] },
      hostVerifier: (blob: Buffer, verify: (ok: boolean) => void) => {
        deadline.pausing(() => keys.verify(blob)).then(
          () => verify(true),
          (error) => (reject(error), broken.resolve(error), verify(false)),
        )
      },
      authHandler: auth.handler,
    })
    const broken = Promise.withResolvers<TransportError>()
    try {
      await promise
    } catch (error) {
      client.destroy()
      sock.destroy()
      throw error
    }
    const gone = watch(client, hop, broken)
    return { hop, client, lost: gone, close: () => shut(client, gone) }
  } finally {
    deadline.stop()
  }
}

/** Turns the end of a connection into one Problem; the first reason counts. */
function watch(client: Client, hop: Hop, broken: PromiseWithResolvers<TransportError>): Promise<TransportError> {
  client.on('error', (error) => {
    if (error.level !== 'agent') broken.resolve(lost(hop.label, error))
  })
  client.on('close', () => broken.resolve(lost(hop.label)))
  return broken.promise
}

/** Says goodbye; a host that does not answer is left. */
async function shut(client: Client, gone: Promise<unknown>): Promise<void> {
  const { promise: given, resolve: giveUp } = Promise.withResolvers<void>()
  const timer = setTimeout(() => {
    client.destroy()
    giveUp()
  }, 500)
  client.end()
  await Promise.race([gone, given])
  clearTimeout(timer)
}

async function dialled(hop: Hop, signal: AbortSignal): Promise<Duplex> {
  try {
    return await dial(hop.host, hop.port, signal)
  } catch (error) {
    throw error instanceof TransportError ? error : undialled(hop.label, error as Error)
  }
}

function tunnel(via: Connection, hop: Hop, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
    via.lost.then(reject)
    via.client.forwardOut('127.0.0.1', 0, hop.host, hop.port, (error, stream) => (error ? reject(noTunnel(hop.label, via.hop.label, error)) : resolve(stream)))
  })
}
