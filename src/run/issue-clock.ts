import type { World } from '../cluster/world.ts'

const DAY_MS = 86_400_000

/**
 * The clock (in milliseconds) by which certificates are dated: this machine's, but never ahead of the hosts', where they would not be valid yet, nor
 * more than a day behind, where they would be over too soon. Not the hosts' alone: one that is ahead may be set right in the middle of the run.
 * `world` is what was seen just before.
 */
export const issueClock = (world: World): (() => number) => {
  const seen = Math.min(...Object.values(world).map(({ now }) => now)) * 1000
  const since = performance.now()
  return () => {
    const there = seen + performance.now() - since
    return Math.max(Math.min(Date.now(), there), there - DAY_MS)
  }
}
