import type { Duplex } from 'node:stream'
import type Ssh2 from 'ssh2'
import type { Client, ConnectConfig } from 'ssh2'
import { type Auth, authentication } from './auth.ts'
import { createDeadline, dial } from './dial.ts'
import { type HostKeys, hostKeys } from './host-keys.ts'
import { handshakeFailed, lost, noKeyExchange, noTunnel, timedOut, tooManyTries, unauthorised, undialled } from './problems.ts'
import { hostKeyTypesGone } from './problems-host-key.ts'
import { proxied } from './proxy-command.ts'
import type { Hop } from './route.ts'
import { type Environment, type SshTarget, TransportError } from './transport.ts'

type Ssh = typeof Ssh2
type Unhurried = <T>(work: () => Promise<T>) => Promise<T>

/** A connection that is authenticated. `lost` resolves with the Problem when it breaks or is closed. */
export type Connection = { hop: Hop; client: Client; lost: Promise<TransportError>; close(): Promise<void> }

/** Encrypt-and-authenticate modes that the CPU does itself; chacha20 only for a host that has nothing else. */
const CIPHERS = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
  'chacha20-poly1305@openssh.com',
] as const
/** A host that says nothing is given up after (2 + 1) x this: 13.5 s, where 15 s is promised. */
const KEEPALIVE = 4500

/** Opens one hop, directly or through the connection before it. `last`: the target itself, not a bastion. */
export async function openConnection(
  ssh: Ssh,
  hop: Hop,
  via: Connection | undefined,
  last: boolean,
  target: SshTarget,
  environment: Environment,
): Promise<Connection> {
  const abort = new AbortController()
  const deadline = createDeadline(target.connectTimeout * 1000, () => abort.abort(timedOut(hop.label, target.connectTimeout)))
  // A person is being asked about the host's key.
  let answer: Promise<unknown> | undefined
  const asking: Unhurried = (work) => {
    const asked = deadline.pausing(work)
    answer = asked
    return asked.finally(() => (answer = undefined))
  }
  try {
    const keys = await hostKeys(hop, target, last ? target.hostKey : undefined, environment)
    const auth = await authentication(ssh, hop, target, last, environment, deadline.pausing)
    const enter = async (): Promise<Connection> => {
      const sock = via ? await tunnel(via, hop, abort.signal) : await dialled(hop, environment, abort.signal)
      return await converse(new ssh.Client(), sock, hop, keys, auth, asking, abort.signal)
    }
    return await enter().catch(async (error) => {
      // sshd's LoginGraceTime goes on while questions about many hosts wait for each other; with the answer it is dialled anew.
      if (!answer) throw error
      await answer
      return await enter()
    })
  } finally {
    deadline.stop()
  }
}

/** Handshake and authentication over a socket. */
async function converse(
  client: Client,
  sock: Duplex,
  hop: Hop,
  keys: HostKeys,
  auth: Auth,
  pausing: Unhurried,
  signal: AbortSignal,
): Promise<Connection> {
  const ready = Promise.withResolvers<void>()
  const broken = Promise.withResolvers<TransportError>()
  const fail = (error: Error) => {
    ready.reject(error)
    broken.resolve(error instanceof TransportError ? error : lost(hop.label, error))
  }
  signal.addEventListener('abort', () => ready.reject(signal.reason))
  // Nobody works on a host whose key is not written down yet: a run that ends at once would forget it.
  let kept = Promise.resolve()
  client.on('handshake', () => {
    kept = keys.keep()
    kept.catch(ready.reject)
  })
  client.on('ready', () => void kept.then(ready.resolve, ready.reject))
  client.on('error', (error) => {
    if (error.level === 'agent') return
    ready.reject(explain(error, hop, keys, auth))
    broken.resolve(lost(hop.label, error))
  })
  let gone = false
  client.on('close', () => {
    gone = true
    ready.reject(handshakeFailed(hop.label, new Error('closed by the other side')))
    broken.resolve(lost(hop.label))
  })
  client.connect({
    ...SETTINGS,
    sock,
    username: hop.user,
    algorithms: { ...SETTINGS.algorithms, serverHostKey: keys.algorithms as never },
    authHandler: auth.handler,
    // Asked at every re-key too, while the connection is in use.
    hostVerifier: (blob: Buffer, verify: (ok: boolean) => void) => {
      // ssh2 takes no answer about a connection that is gone.
      const answered = (ok: boolean) => !gone && verify(ok)
      const no = (error: Error) => {
        fail(error)
        answered(false)
      }
      pausing(() => keys.verify(blob)).then(() => answered(true), no)
    },
  })
  try {
    await ready.promise
  } catch (error) {
    client.destroy()
    sock.destroy()
    throw error
  }
  countAnythingAsAlive(client, sock)
  return { hop, client, lost: broken.promise, close: () => shut(client, broken.promise) }
}

const SETTINGS = {
  readyTimeout: 0,
  keepaliveInterval: KEEPALIVE,
  keepaliveCountMax: 2,
  algorithms: { cipher: [...CIPHERS], compress: ['none'] },
} satisfies ConnectConfig

function explain(error: Error & { level?: string }, hop: Hop, keys: HostKeys, auth: Auth): Error {
  if (error instanceof TransportError) return error
  if (/too many authentication failures/i.test(error.message)) return tooManyTries(hop.label, auth.tried)
  if (/no matching key exchange/i.test(error.message)) return noKeyExchange(hop.label)
  if (error.level === 'client-authentication') {
    auth.refused()
    return auth.interrupt() ?? unauthorised(hop.label, auth.tried, auth.notes, auth.accepts())
  }
  if (/no matching host key/i.test(error.message) && keys.types.length > 0) return hostKeyTypesGone(hop.label, keys.types, keys.removal)
  return handshakeFailed(hop.label, error)
}

/**
 * ssh2 counts only answers to its own pings as life. Behind megabytes on a slow uplink a ping waits for longer than our bound,
 * so whatever arrives counts (window adjustments do, while the host takes our bytes), as in OpenSSH's ServerAliveInterval.
 * `_resetKA` is ssh2's own (1.17, lib/client.js); without it the rule is only stricter.
 */
function countAnythingAsAlive(client: Client, sock: Duplex): void {
  const { _resetKA } = client as unknown as { _resetKA?: () => void }
  let last = Date.now()
  sock.on('data', () => {
    if (Date.now() - last < 1000) return
    last = Date.now()
    _resetKA?.()
  })
}

/** Says goodbye; a host that does not answer is left. */
async function shut(client: Client, gone: Promise<unknown>): Promise<void> {
  const given = Promise.withResolvers<void>()
  const timer = setTimeout(() => {
    client.destroy()
    given.resolve()
  }, 500)
  client.end()
  await Promise.race([gone, given.promise])
  clearTimeout(timer)
}

async function dialled(hop: Hop, { env, home }: Environment, signal: AbortSignal): Promise<Duplex> {
  try {
    if (hop.proxyCommand !== undefined) return proxied(hop, hop.proxyCommand, { env, home }, signal)
    return await dial(hop.host, hop.port, signal)
  } catch (error) {
    throw error instanceof TransportError ? error : undialled(hop.label, error as Error)
  }
}

function tunnel(via: Connection, hop: Hop, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
    via.lost.then(reject)
    via.client.forwardOut('127.0.0.1', 0, hop.host, hop.port, (error, stream) =>
      error ? reject(noTunnel(hop.label, via.hop.label, error)) : resolve(stream),
    )
  })
}
