import { hostname, userInfo } from 'node:os'
import { membersOf } from '../engine/members.ts'
import { takeLock } from '../hosts/lock.ts'
import { problemText } from '../ui/problems.ts'
import type { Session } from './session.ts'
import type { Io, Options } from './types.ts'

const owner = (options: Options) => ({
  who: userInfo().username,
  from: hostname(),
  run: `${process.pid}`,
  command: `up -f ${options.file}`,
})

/** Does something that changes the cluster while no other run can; says who holds the lock when somebody does. */
export const underLock = async (session: Session, options: Options, io: Io, work: () => Promise<number>): Promise<number> => {
  const { intent, fleet, world } = session
  const members = membersOf(intent.hosts, world).filter(({ roles }) => roles.controlPlane)
  const planes = members
    .toSorted((a, b) => a.nodeName.localeCompare(b.nodeName, 'en'))
    .flatMap(({ key }) => fleet.transports.get(key) ?? [])
  const lock = await takeLock(planes, members.length, intent.config.cluster_name, owner(options))
  if ('what' in lock) {
    io.err(`${problemText(lock, io.language, io.style)}\n`)
    return lock.exit
  }
  try {
    return await work()
  } finally {
    await lock.release()
  }
}
