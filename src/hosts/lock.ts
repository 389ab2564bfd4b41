import { EXIT, type Problem, ProblemError, refusal } from '../problem.ts'
import type { Text } from '../text.ts'
import { type Candidate, type Held, type Owner, type Refused, SILENCE_S, takeOne } from './lock-holder.ts'

/** Held for a run; letting go is the end of a remote process, so a vanished operator holds nothing. */
export interface Lock {
  /** Keys of the hosts. */
  readonly keys: readonly string[]
  readonly hosts: readonly string[]
  /** Aborted, with a ProblemError, when another run may have it by now: nothing more may be begun. */
  readonly lost: AbortSignal
  release(): Promise<void>
}

const refusedProblem = ({ candidate: { transport }, busy, failure }: Refused): Problem =>
  busy === undefined
    ? refusal(
        transport.label,
        { en: `its lock cannot be taken: ${failure || 'no reason was given'}`, zh: `无法取得其锁：${failure || '未说明原因'}` },
        { en: 'Mend that on the host (/run/slipway has to be writable).', zh: '请在该主机上排除此问题（/run/slipway 须可写）。' },
        EXIT.unfit,
      )
    : refusal(
        transport.label,
        { en: `another run is working on this cluster: ${busy || 'unknown'}`, zh: `另一个任务正在操作该集群：${busy || '未知'}` },
        {
          en: 'Wait for it to end. A run whose machine vanished lets go after 30 s by itself.',
          zh: '请等待其结束。若其所在机器已失联，锁会在 30 秒后自动释放。',
        },
        EXIT.unreachable,
      )

const LOST: Readonly<Record<'silent' | 'gone', Text>> = {
  silent: {
    en: `the lock on the cluster was lost: nothing was heard of this run for ${SILENCE_S} s, and another took it`,
    zh: `已失去集群锁：主机 ${SILENCE_S} 秒未收到本次运行的信号，锁已被其他任务取得`,
  },
  gone: { en: 'the lock on the cluster was lost with this host', zh: '与该主机一同失去了集群锁' },
}

const lostProblem = ({ candidate: { transport } }: Held, how: 'silent' | 'gone'): Problem =>
  refusal(
    transport.label,
    LOST[how],
    {
      en: 'Another run may work on the cluster by now, so this one stopped. Run the same command again: it goes on from here.',
      zh: '此时可能已有其他任务在操作该集群，因此本次运行已停止。再次运行同一命令即可继续。',
    },
    EXIT.unreachable,
  )

/** What is wrong with a lock on these hosts alone, by key: another run could have one at the same time. */
export type Shortage = (keys: readonly string[]) => Problem | undefined

/**
 * What lock a run wants. `name`: of the files on each host. Without a `shortage` those that answer are enough. `leaving`: the key of a host that the
 * run itself takes down; the lock is not lost with it.
 */
export type Wanted = Readonly<{ name: string; owner: Owner; shortage?: Shortage; leaving?: string }>

/** Keeps what is held until it is released, and sees to it that it goes on being enough. */
const guard = (held: readonly Held[], { shortage, leaving }: Wanted): Lock => {
  const lost = new AbortController()
  const holders = new Set<Held>()
  let released = false
  const keep = async (one: Held): Promise<void> => {
    holders.add(one)
    const how = await one.ended
    if (one.candidate.key !== leaving || how === 'silent') holders.delete(one)
    if (released) return
    // After a silence another run may have come and gone: what is left elsewhere would be worth nothing.
    const short = shortage ? shortage([...holders].map(({ candidate }) => candidate.key)) : holders.size === 0
    if (how === 'silent' || short) lost.abort(new ProblemError(lostProblem(one, how)))
  }
  const kept = held.map(keep)
  return {
    keys: held.map(({ candidate }) => candidate.key),
    hosts: held.map(({ candidate }) => candidate.transport.label),
    lost: lost.signal,
    release: async () => {
      released = true
      for (const { end } of held) end()
      await Promise.all(kept)
    },
  }
}

/**
 * Takes the lock of every candidate, in their order, which is to be the same for all runs: two that meet do so at the first host they share.
 * A host that goes away is done without, as long as the others are enough. Returns the problem to print when the lock is not to be had.
 */
export const takeLock = async (candidates: readonly Candidate[], wanted: Wanted): Promise<Lock | Problem> => {
  const held: Held[] = []
  const give = async (problem: Problem): Promise<Problem> => {
    for (const { end } of held) end()
    await Promise.all(held.map(({ ended }) => ended))
    return problem
  }
  const lost: Problem[] = []
  for (const candidate of candidates) {
    const taken = await takeOne(candidate, wanted.name, wanted.owner)
    if ('end' in taken) held.push(taken)
    else if (taken.lost) lost.push(taken.lost)
    else return give(refusedProblem(taken))
  }
  const short = wanted.shortage?.(held.map(({ candidate }) => candidate.key))
  return short ? give(lost[0] ?? short) : guard(held, wanted)
}
