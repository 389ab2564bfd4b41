import { holdsEnough, type LockSet, lockSetOf } from '../cluster/lock-set.ts'
import { membersOf } from '../cluster/members.ts'
import type { World } from '../cluster/world.ts'
import type { Candidate } from '../hosts/lock-holder.ts'
import { takeLock } from '../hosts/lock.ts'
import { EXIT, type Problem, ProblemError, refusal } from '../problem.ts'
import { ownerOf } from './operator.ts'
import { refuse, type Session } from './session.ts'
import type { Io, Options } from './types.ts'

/** The files of the lock on a host. A host is of one cluster, so they need no name of it: two files may call it differently. */
export const LOCK_NAME = 'cluster'

const candidatesOf = ({ hosts }: LockSet, { fleet }: Session): Candidate[] =>
  hosts.flatMap((key) => {
    const transport = fleet.transports.get(key)
    return transport ? [{ key, transport }] : []
  })

const tooFew = (set: LockSet, held: readonly string[], { intent, world, problems }: Session): Problem => {
  const silent = problems.find(({ severity, exit }) => severity === 'error' && exit === EXIT.unreachable)
  const members = membersOf(intent.hosts, world)
  const missing = set.voters
    .filter((voter) => !held.includes(voter))
    .map((voter) => members.find(({ key }) => key === voter)?.nodeName ?? voter)
    .join(', ')
  return refusal(
    silent?.at ?? 'cluster.yml nodes',
    {
      en: `the lock needs ${set.needed} of the cluster's ${set.voters.length} members of etcd, and ${missing} cannot be had: another run may hold it there`,
      zh: `集群锁需要 ${set.voters.length} 个 etcd 成员中的 ${set.needed} 个，而 ${missing} 无法取得：可能有其他任务持有`,
    },
    {
      en: `Bring them back, or name them in cluster.yml. If they are gone for good: \`slipway etcd recover NAME\`, with the member that is left.`,
      zh: '请恢复这些主机，或将其写入 cluster.yml。若已永久失去：`slipway etcd recover NAME`，NAME 为剩下的成员。',
    },
    EXIT.unreachable,
  )
}

/**
 * `leaving` is the key of a host that the work itself takes down. `few`: hosts that answer are enough, because the work is for a cluster that has lost
 * the others, and a person has confirmed that.
 */
type How = Readonly<{ leaving?: string; few?: boolean }>

/** What is wrong with the lock when the hosts are as they are seen now: between a look and the lock another run may have added members. */
export type Recheck = (world: World) => Problem | undefined

/**
 * Does something that changes the cluster while no other run can; says who holds the lock when somebody does. The signal that `work` gets is also
 * aborted when the lock is lost. `work` is to look at the hosts again, and to ask `recheck` whether the lock is still enough for what it sees.
 */
export const underLock = async (
  session: Session,
  options: Options,
  io: Io,
  work: (io: Io, recheck: Recheck) => Promise<number>,
  { leaving, few = false }: How = {},
): Promise<number> => {
  const { hosts } = session.intent
  const shortageIn =
    (world: World) =>
    (keys: readonly string[]): Problem | undefined => {
      const set = lockSetOf(membersOf(hosts, world), world)
      return few || holdsEnough(set, keys) ? undefined : tooFew(set, keys, session)
    }
  const lock = await takeLock(candidatesOf(lockSetOf(membersOf(hosts, session.world), session.world), session), {
    name: LOCK_NAME,
    owner: ownerOf(io),
    shortage: shortageIn(session.world),
    ...(leaving === undefined ? {} : { leaving }),
  })
  if ('what' in lock) return refuse([lock], io, options)
  try {
    return await work({ ...io, signal: AbortSignal.any([io.signal, lock.lost]) }, (world) => shortageIn(world)(lock.keys))
  } catch (error) {
    const { reason } = lock.lost
    if (io.signal.aborted || !(reason instanceof ProblemError)) throw error
    return refuse([reason.problem], io, options)
  } finally {
    await lock.release()
  }
}
