import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import type { Channel } from './channel.ts'
import { openAnswer } from './answer-start.ts'
import { Inbox } from './inbox.ts'
import { createLines } from './lines.ts'
import { type Become, envelope } from './sudo.ts'
import type { Output, RunOptions } from './transport.ts'

/** A script that left something behind which holds its stdout (a daemon) is done after this much silence. */
const LINGER = 2000

/** Runs one script over a fresh channel. */
export async function* runOver(
  label: string,
  become: Become,
  channel: Channel,
  script: string,
  options: RunOptions = {},
): AsyncGenerator<Output, void> {
  const { signal, input } = options
  const inbox = new Inbox<Output>((full) => {
    for (const stream of [channel.stdout, channel.stderr]) full ? stream.pause() : stream.resume()
  })
  const stop = () => inbox.fail(signal?.reason)
  channel.stdin.on('error', () => {})
  signal?.addEventListener('abort', stop)
  try {
    signal?.throwIfAborted()
    const streams = {
      stdout: linesTo(inbox, 'stdout'),
      stderr: linesTo(inbox, 'stderr'),
    }
    const door = openAnswer(label, become, channel, streams)
    const conversation = Promise.all([
      door.ready.then(() => feed(channel, envelope(script), input)),
      finish(door.entered, channel, streams, inbox),
    ])
    conversation.catch((error) => inbox.fail(error))
    yield* inbox
  } finally {
    signal?.removeEventListener('abort', stop)
    channel.close()
  }
}

/** Sends the script, then the input and EOF; without input stdin stays open. */
async function feed({ stdin, ended }: Channel, script: Buffer, input?: AsyncIterable<Uint8Array>): Promise<void> {
  stdin.write(script)
  if (!input) return
  const { taken, stop } = appetite(stdin, ended)
  try {
    for await (const chunk of input) {
      if (!stdin.writable) return
      if (!stdin.write(chunk) && !(await taken())) return
    }
    stdin.end()
  } finally {
    stop()
  }
}

/**
 * Waits until a stream wants more: false when the script has ended. One listener for the whole input: a promise that lives as long as the
 * script would keep a reaction for every chunk that waited.
 */
function appetite(stdin: Writable, ended: Promise<unknown>): { taken(): Promise<boolean>; stop(): void } {
  let over = false
  let wake: ((more: boolean) => void) | undefined
  const drained = () => wake?.(true)
  const finish = () => {
    over = true
    wake?.(false)
  }
  stdin.on('drain', drained)
  stdin.on('close', finish)
  ended.then(finish, finish)
  return {
    taken: () =>
      new Promise((resolve) => {
        wake = resolve
        if (over) resolve(false)
      }),
    stop: () => void stdin.off('drain', drained).off('close', finish),
  }
}

type Lines = ReturnType<typeof createLines>

const linesTo = (inbox: Inbox<Output>, stream: 'stdout' | 'stderr'): Lines =>
  createLines((line, cut) => inbox.push(cut ? { stream, line, cut } : { stream, line }))

/** Delivers the exit after the last line. */
async function finish(
  entered: Promise<void>,
  channel: Channel,
  streams: { stdout: Lines; stderr: Lines },
  inbox: Inbox<Output>,
): Promise<void> {
  const drained = Promise.all([ends(channel.stdout), ends(channel.stderr)])
  drained.catch(() => {})
  const [ended] = await Promise.all([channel.ended, entered])
  channel.stdin.end()
  await Promise.race([drained, silence(channel, inbox)])
  streams.stdout.end()
  streams.stderr.end()
  inbox.push(ended)
  inbox.end()
}

const ends = (stream: Readable): Promise<unknown> => (stream.readableEnded ? Promise.resolve() : once(stream, 'end'))

/** Resolves when neither stream said anything for a while, not counting the time we made them wait. */
function silence({ stdout, stderr }: Channel, inbox: Inbox<Output>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => (inbox.full ? timer.refresh() : resolve()), LINGER)
    timer.unref()
    for (const stream of [stdout, stderr]) {
      stream.on('data', () => timer.refresh())
      stream.on('end', () => stdout.readableEnded && stderr.readableEnded && clearTimeout(timer))
    }
  })
}
