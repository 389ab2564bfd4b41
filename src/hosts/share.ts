import type { Share } from './transport.ts'

/** A new, empty share. Dispose it after the transports that use it. */
export function createShare(): Share {
  const values = new Map<string, Promise<unknown>>()
  const gates = new Map<string, Gate>()
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
    gate: <T>(key: string, width: number, work: () => Promise<T>) => {
      let gate = gates.get(key)
      if (!gate) gates.set(key, (gate = createGate(width)))
      return gate(work)
    },
    defer: (close) => void closers.push(close),
    async [Symbol.asyncDispose]() {
      for (const close of closers.splice(0).reverse()) await close()
    },
  }
}

export type Gate = <T>(work: () => Promise<T>) => Promise<T>

/** Runs at most `width` pieces of work at once; the rest wait in order. */
export function createGate(width: number): Gate {
  const waiting: (() => void)[] = []
  let busy = 0
  return async (work) => {
    if (busy >= width) await new Promise<void>((go) => waiting.push(go))
    else busy++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else busy--
    }
  }
}
