import { Socket } from 'node:net'

/** A time limit that stands still while a person is answering. */
export type Deadline = { pausing<T>(work: () => Promise<T>): Promise<T>; stop(): void }

/** Calls `expire` once after `milliseconds`, not counting pauses. */
export function createDeadline(milliseconds: number, expire: () => void): Deadline {
  let remaining = milliseconds
  let pauses = 0
  let started = Date.now()
  let timer: NodeJS.Timeout | undefined = setTimeout(expire, remaining)
  const halt = () => {
    clearTimeout(timer)
    timer = undefined
  }
  let stopped = false
  return {
    async pausing(work) {
      if (pauses++ === 0 && timer) {
        halt()
        remaining -= Date.now() - started
      }
      try {
        return await work()
      } finally {
        if (--pauses === 0 && !stopped) {
          started = Date.now()
          timer = setTimeout(expire, Math.max(0, remaining))
        }
      }
    },
    stop() {
      stopped = true
      halt()
    },
  }
}

/** A tcp socket without Nagle: with it every exec waits 40 ms for a delayed ACK. */
export function dial(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = new Socket()
    socket.setNoDelay(true)
    const abort = () => socket.destroy(signal.reason)
    signal.addEventListener('abort', abort)
    socket.once('error', (error) => reject(firstOf(error)))
    socket.connect({ host, port }, () => {
      signal.removeEventListener('abort', abort)
      socket.removeAllListeners('error')
      resolve(socket)
    })
  })
}

/** A name with several addresses fails with one error per address. */
const firstOf = (error: Error): Error => (error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error)
