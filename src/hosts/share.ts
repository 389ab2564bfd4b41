import type { Share } from './transport.ts'

/** A new, empty share. Dispose it after the transports that use it. */
export function createShare(): Share {
  const values = new Map<string, Promise<unknown>>()
  const doors = new Map<string, Semaphore>()
  const closers: (() => void | Promise<void>)[] = []
  return {
    once: <T>(key: string, make: () => Promise<T>) => {
      const known = values.get(key)
      if (known) return known as Promise<T>
      const made = make()
      values.set(key, made)
      made.catch(() => values.delete(key))
      return made
    },
    forget: (key) => void values.delete(key),
    gate: async <T>(key: string, width: number, work: () => Promise<T>) => {
      const door = doors.get(key) ?? createSemaphore(width)
      doors.set(key, door)
      const release = await door()
      try {
        return await work()
      } finally {
        release()
      }
    },
    defer: (close) => void closers.push(close),
    async [Symbol.asyncDispose]() {
      for (const close of closers.splice(0).reverse()) await close()
    },
  }
}

/** The same share for somebody who does not end it: what was asked and read stays known to those who come after. */
export const lent = (share: Share): Share => ({ ...share, async [Symbol.asyncDispose]() {} })

/** Resolves when a place is free, with the function that frees it again (calling it twice frees once). */
export type Semaphore = () => Promise<() => void>

/** At most `width` holders at once; the rest wait in order. */
export function createSemaphore(width: number): Semaphore {
  const waiting: (() => void)[] = []
  let busy = 0
  const release = () => {
    const next = waiting.shift()
    if (next) next()
    else busy--
  }
  return async () => {
    if (busy >= width) await new Promise<void>((go) => waiting.push(go))
    else busy++
    let held = true
    return () => {
      if (held) release()
      held = false
    }
  }
}
