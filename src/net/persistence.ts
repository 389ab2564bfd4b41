import { LIMITS, type Limits, type RequestError } from './limits.ts'

/** What comes after a request that failed: another one at once, another one after a pause, or none. */
export type Next = 'again' | 'pause' | 'stop'

/**
 * Decides how long one source is asked for one file of which `size` bytes are here. Only a request that brought nothing counts, and the
 * lowest rate has to be kept over all of them, breaks and pauses included: else a source that breaks after every byte would be asked for ever.
 */
export const createPersistence = (size: number, limits: Limits = LIMITS, now: () => number = () => performance.now()) => {
  const { window, rate, tries = 2 } = limits
  const least = (rate * window) / 1000
  let fruitless = 0
  let mark: Readonly<{ at: number; size: number }> | undefined
  const keepsRate = (error: RequestError, reached: number): boolean => {
    const { at, size: before } = mark ?? { at: now(), size }
    const time = now() - at
    if (mark === undefined ? error.slow && reached - before < least : time >= window && reached - before < (rate * time) / 1000)
      return false
    if (mark === undefined || time >= window) mark = { at: now(), size: reached }
    return true
  }
  return (error: RequestError, had: number, reached: number): Next => {
    if (reached > had) {
      fruitless = 0
      if (!keepsRate(error, reached)) return 'stop'
      return reached - had < least ? 'pause' : 'again'
    }
    // The line to a source that has brought something may come back.
    if (!error.mend && (mark === undefined || error.status > 0)) return 'stop'
    fruitless += 1
    return fruitless < tries ? 'pause' : 'stop'
  }
}
