import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { silent } from './problems.ts'
import type { Channel } from './channel.ts'
import { answerSudo, type Become, ENTERED, notEntered } from './sudo.ts'

/** Login shell, PAM and sudo (a slow directory behind them included) have this long to let us in. */
const PATIENCE = 30_000

type Sink = { push(chunk: Uint8Array): void }

/**
 * Separates what a login shell and sudo say from what the script says, and gets past sudo.
 * `ready`: the script may be sent; at once, a round trip early, unless sudo's password is still to be proven.
 * `entered`: the loader runs as root.
 */
export function openAnswer(
  label: string,
  become: Become,
  channel: Channel,
  sinks: { stdout: Sink; stderr: Sink },
): { ready: Promise<void>; entered: Promise<void> } {
  const before: string[] = []
  const listeners: ((text: string) => void)[] = [(text) => before.push(text)]
  const heard = (text: string) => {
    for (const listener of listeners) listener(text)
  }
  const inside = Promise.all([skip(channel.stdout, sinks.stdout, heard), skip(channel.stderr, sinks.stderr, heard)])
  const refused = Promise.withResolvers<never>()
  const over = Promise.all([channel.ended, once(channel.stdout, 'end')]).then(([{ exit }]) => {
    throw notEntered(label, become, exit, before.join(''))
  })
  const timer = setTimeout(() => refused.reject(silent(label, PATIENCE / 1000, before.join(''))), PATIENCE)
  const entered = Promise.race([inside, over, refused.promise]).then(() => {})
  entered.catch(() => {}).finally(() => clearTimeout(timer))
  if (become.by !== 'password') return { ready: Promise.resolve(), entered }
  if (become.proven) return { ready: become.proven.then(() => void channel.stdin.write(`${become.password}\n`)), entered }
  const sudo = answerSudo(label, become.password, {
    write: (bytes) => void channel.stdin.write(bytes),
    refuse: (error) => refused.reject(error),
  })
  listeners.push(sudo.heard)
  entered.catch(() => {}).finally(sudo.stop)
  prove(become, channel, entered)
  return { ready: entered, entered }
}

/** One attempt for all runs of a connection: those that come meanwhile wait for it, and a wrong password is never tried again. */
function prove(become: Extract<Become, { by: 'password' }>, channel: Channel, entered: Promise<void>): void {
  let inside = false
  become.proven = entered
  entered.then(() => (inside = true)).catch(() => {})
  channel.ended.catch(() => {
    if (!inside) become.proven = undefined
  })
}

/** Hands to `heard` what comes before the loader's mark and to `sink` what comes after it; resolves at the mark. */
function skip(stream: Readable, sink: Sink, heard: (text: string) => void): Promise<void> {
  return new Promise((resolve) => {
    let inside = false
    let held = Buffer.alloc(0)
    stream.on('data', (chunk: Buffer) => {
      if (inside) return sink.push(chunk)
      heard(chunk.toString('utf8'))
      held = Buffer.concat([held, chunk])
      const mark = held.indexOf(ENTERED)
      if (mark < 0) {
        held = held.subarray(-64 * 1024)
        return
      }
      inside = true
      resolve()
      sink.push(held.subarray(mark + ENTERED.length))
    })
  })
}
