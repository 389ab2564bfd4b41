import { setTimeout } from 'node:timers/promises'
import type Ssh2 from 'ssh2'
import type { ClientChannel } from 'ssh2'
import { type Connection, openConnection } from './connection.ts'
import { lost } from './problems.ts'
import { type Hop, route } from './route.ts'
import { secret } from './secrets.ts'
import { runOver } from './session.ts'
import type { Channel, Ended } from './channel.ts'
import { createSemaphore, type Semaphore } from './share.ts'
import { type Become, command } from './sudo.ts'
import type { Environment, RunOptions, SshTarget, Transport } from './transport.ts'

type Ssh = typeof Ssh2

/** sshd's MaxSessions is 10. */
const MAX_CHANNELS = 8
/** sshd's MaxStartups drops connections at random beyond 10 that are not yet authenticated. */
const MAX_STARTUPS = 8

/** Connects over ssh, through bastions where the file or ~/.ssh/config names any. */
export async function connectSsh(target: SshTarget, environment: Environment): Promise<Transport> {
  const ssh = (await import('ssh2')).default as Ssh
  const hops = await route(target, environment)
  const last = hops[hops.length - 1] as Hop
  const become = await remoteBecome(last, target, environment)
  const via = await throughBastions(ssh, hops.slice(0, -1), target, environment)
  const open = () => entering(last, environment, () => openConnection(ssh, last, via, true, target, environment))
  return overConnections(await open(), become, open)
}

async function remoteBecome(hop: Hop, target: SshTarget, environment: Environment): Promise<Become> {
  if (hop.user === 'root') return { by: 'root' }
  if (target.sudoPassword === undefined) return { by: 'sudo' }
  return { by: 'password', password: await secret(hop.label, target.sudoPassword, environment) }
}

const entering = (hop: Hop, { share }: Environment, open: () => Promise<Connection>) =>
  share.gate(`door:${hop.host}:${hop.port}`, MAX_STARTUPS, open)

/** One connection per bastion for all hosts behind it; when it breaks the next host makes a new one. */
async function throughBastions(
  ssh: Ssh,
  hops: readonly Hop[],
  target: SshTarget,
  environment: Environment,
): Promise<Connection | undefined> {
  let via: Connection | undefined
  let key = 'bastion'
  for (const hop of hops) {
    key += ` ${hop.label} ${hop.host} ${hop.keyPath ?? ''}`
    const [before, mine] = [via, key]
    via = await environment.share.once(mine, async () => {
      const connection = await entering(hop, environment, () => openConnection(ssh, hop, before, false, target, environment))
      connection.lost.then(() => environment.share.forget(mine))
      environment.share.defer(() => connection.close())
      return connection
    })
  }
  return via
}

/** A connection with the number of its sessions in use, and how many sshd has granted at most, once it refused one. */
type Line = { connection: Connection; used: number; granted: number }

function overConnections(first: Connection, become: Become, another: () => Promise<Connection>): Transport {
  const { label } = first.hop
  const free = createSemaphore(MAX_CHANNELS)
  const lines: Line[] = [{ connection: first, used: 0, granted: MAX_CHANNELS }]
  const pool = { lines, another }
  return {
    label,
    async *run(script: string, options?: RunOptions) {
      const channel = await openChannel(pool, command(become), free, options?.signal)
      yield* runOver(label, become, channel, script, options)
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all(lines.map(({ connection }) => connection.close()))),
  }
}

type Pool = Readonly<{ lines: Line[]; another: () => Promise<Connection> }>

/** sshd counts a session until it has reaped its process, which may be a moment after the channel was closed: 2 s at most. */
const OPEN_TRIES = 20
const OPEN_PAUSE_MS = 100
/** Where another session is in use, sshd may grant no more (MaxSessions): a second connection is quicker than waiting for all of them. */
const TRIES_BESIDE_OTHERS = 3

const isRefused = (error: unknown): boolean => /open failed/i.test((error as Error).message)

async function exec(line: Line, remote: string, release: () => void): Promise<Channel | 'full'> {
  const { client } = line.connection
  for (let tries = 1; ; tries++) {
    try {
      return await new Promise<Channel>((resolve, reject) => {
        // Listeners are attached inside the callback: reply, exit and close may stand in one packet.
        client.exec(remote, (error, channel) => (error ? reject(error) : resolve(asChannel(channel, line.connection, release))))
      })
    } catch (error) {
      if (!isRefused(error) || tries === OPEN_TRIES) throw error
      // Its own session is counted in `used` already.
      if (line.used > 1 && tries >= TRIES_BESIDE_OTHERS) return 'full'
      await setTimeout(OPEN_PAUSE_MS)
    }
  }
}

/** A session channel, when one of the eight is free: on the first connection that grants one, else on a new one. */
async function openChannel(pool: Pool, remote: string, free: Semaphore, signal?: AbortSignal): Promise<Channel> {
  const release = await free()
  try {
    signal?.throwIfAborted()
    for (;;) {
      const line = await lineOf(pool)
      const opened = await openOn(line, remote, release)
      if (opened !== 'full') return opened
    }
  } catch (error) {
    release()
    throw error
  }
}

/** A connection that has room, or a new one. */
async function lineOf({ lines, another }: Pool): Promise<Line> {
  const known = lines.find(({ used, granted }) => used < granted)
  if (known) return known
  const line = { connection: await another(), used: 0, granted: lines[0]?.granted ?? MAX_CHANNELS }
  lines.push(line)
  return line
}

async function openOn(line: Line, remote: string, release: () => void): Promise<Channel | 'full'> {
  const { connection } = line
  line.used += 1
  let given = false
  const giveBack = () => {
    if (!given) line.used -= 1
    given = true
  }
  const done = () => {
    giveBack()
    release()
  }
  try {
    connection.lost.then(done)
    const opened = exec(line, remote, done).catch((error) => Promise.reject(lost(connection.hop.label, error)))
    const channel = await Promise.race([opened, connection.lost.then((problem) => Promise.reject(problem))])
    if (channel === 'full') {
      line.granted = line.used - 1
      giveBack()
    }
    return channel
  } catch (error) {
    giveBack()
    throw error
  }
}

function asChannel(channel: ClientChannel, connection: Connection, release: () => void): Channel {
  channel.once('close', release)
  return { stdin: channel, stdout: channel, stderr: channel.stderr, ended: exitOf(channel, connection), close: () => letGo(channel) }
}

function exitOf(channel: ClientChannel, connection: Connection): Promise<Ended> {
  const ended = new Promise<Ended>((resolve, reject) => {
    channel.once('exit', (exit: number | null, signal?: string) => resolve({ exit, ...(signal ? { signal } : {}) }))
    connection.lost.then(reject)
    channel.once('close', () => setImmediate(() => reject(lost(connection.hop.label, new Error('the channel was closed')))))
  })
  ended.catch(() => {})
  return ended
}

/** EOF first, so that the watchdog of the script sees it; then the channel. */
function letGo(channel: ClientChannel): void {
  channel.end()
  channel.close()
}
