import type { Host } from '../config/hosts.ts'
import type { World } from '../cluster/world.ts'
import { capture, type Transport } from '../hosts/transport.ts'
import type { Vault } from '../resources/types.ts'

/** What hosts said of the time, by their keys. */
type Times = Readonly<Record<string, Readonly<{ now: number }>>>

/**
 * The clock (in milliseconds) by which certificates are dated: that of the hosts, which check them, and of these the one that is furthest behind,
 * where they have to be valid too. This machine's clock has no say. `seen` is what was seen just before.
 */
export const issueClock = (seen: World | Times): (() => number) => {
  const there = Math.min(...Object.values(seen).map(({ now }) => now)) * 1000
  const since = performance.now()
  return () => there + performance.now() - since
}

const ask = async ({ key }: Host, transports: ReadonlyMap<string, Transport>): Promise<Times> => {
  const transport = transports.get(key)
  if (!transport) return {}
  const { exit, stdout } = await capture(transport, 'date +%s\n')
  return exit === 0 && /^\d+\n$/.test(stdout) ? { [key]: { now: Number(stdout) } } : {}
}

/**
 * A vault that dates what it issues by the clocks of the hosts. Before it issues what lives for less than a day it asks the control planes again: the
 * same run may have installed chrony, which set them.
 */
export const datedVault = (
  create: (now: () => number) => Vault,
  world: World,
  hosts: readonly Host[],
  transports: ReadonlyMap<string, Transport>,
): Vault => {
  let clock = issueClock(world)
  const vault = create(() => clock())
  const planes = hosts.filter(({ roles }) => roles.controlPlane)
  return {
    ...vault,
    issue: async (want) => {
      if (want.days >= 1) return vault.issue(want)
      const times: Times = Object.assign({}, ...(await Promise.all(planes.map((host) => ask(host, transports)))))
      if (Object.keys(times).length > 0) clock = issueClock(times)
      return vault.issue(want)
    },
  }
}
