import { hostname, userInfo } from 'node:os'
import { membersOf } from '../cluster/members.ts'
import { takeLock } from '../hosts/lock.ts'
import { ProblemError } from '../problem.ts'
import { refuse, type Session } from './session.ts'
import type { Io, Options } from './types.ts'

const owner = ({ command }: Io) => ({ who: userInfo().username, from: hostname(), run: `${process.pid}`, command })

/**
 * Does something that changes the cluster while no other run can; says who holds the lock when somebody does. The signal that `work` gets is also
 * aborted when the lock is lost. `leaving` is the key of a host that the work itself takes down.
 */
export const underLock = async (
  session: Session,
  options: Options,
  io: Io,
  work: (io: Io) => Promise<number>,
  leaving = '',
): Promise<number> => {
  const { intent, fleet, world } = session
  const members = membersOf(intent.hosts, world).filter(({ roles }) => roles.controlPlane)
  const planes = members
    .toSorted((a, b) => a.nodeName.localeCompare(b.nodeName, 'en'))
    .flatMap(({ key }) => fleet.transports.get(key) ?? [])
  const lock = await takeLock(planes, members.length, intent.config.cluster_name, owner(io), fleet.transports.get(leaving))
  if ('what' in lock) return refuse([lock], io, options)
  try {
    return await work({ ...io, signal: AbortSignal.any([io.signal, lock.lost]) })
  } catch (error) {
    const { reason } = lock.lost
    if (io.signal.aborted || !(reason instanceof ProblemError)) throw error
    return refuse([reason.problem], io, options)
  } finally {
    await lock.release()
  }
}
