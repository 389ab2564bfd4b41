import { EXIT, type Problem, ProblemError, refusal } from '../problem.ts'
import type { Text } from '../text.ts'
import { escapeRemote } from './lines.ts'
import { quote } from '../shell/quote.ts'
import type { Transport } from './transport.ts'

/** Held for a run; letting go is the end of a remote process, so a vanished operator holds nothing. */
export interface Lock {
  readonly hosts: readonly string[]
  /** Aborted, with a ProblemError, when another run may have it by now: nothing more may be begun. */
  readonly lost: AbortSignal
  release(): Promise<void>
}

/** Who holds or wants the lock: printed to the one who has to wait. */
export type Owner = Readonly<{ who: string; from: string; run: string; command: string }>

const BEAT_MS = 5000
const SILENCE_S = 30
/** What timeout(1) exits with when the time is over. */
const TIMED_OUT = 124

/**
 * Takes flock on a file of tmpfs and keeps it while heartbeats arrive on stdin. Without one it lets go; a heartbeat that was only late (behind a file
 * on a slow line) takes it again, unless another run has had it meanwhile. Read by lines: `held` says that it is ours, `busy` who has it, `silent`
 * that no heartbeat came and another run took it.
 */
const script = (cluster: string, owner: Owner): string => `main() {
	umask 077
	mkdir -p /run/slipway
	exec 8>>/run/slipway/${cluster}.lock
	if ! flock -n 8; then
		printf 'busy %s\\n' "$(cat /run/slipway/${cluster}.owner 2>/dev/null)"
		exit 75
	fi
	printf '%s since %s\\n' ${quote(`${owner.who}@${owner.from} (${owner.command}, run ${owner.run})`)} "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >/run/slipway/${cluster}.owner
	mine=$(cat /run/slipway/${cluster}.owner)
	is_mine() { [ "$(cat /run/slipway/${cluster}.owner 2>/dev/null)" = "$mine" ]; }
	echo held
	while :; do
		beat=$(timeout ${SILENCE_S} head -c 1) || {
			[ $? = ${TIMED_OUT} ] || break
			flock -u 8
			until beat=$(timeout 1 head -c 1); do
				[ $? = ${TIMED_OUT} ] || break 2
				is_mine || { echo silent; exit; }
			done
			flock -n 8 && is_mine || { echo silent; exit; }
		}
		[ -n "$beat" ] || break
	done
	! is_mine || rm -f /run/slipway/${cluster}.owner
}
main; exit
`

async function* heartbeats(until: AbortSignal): AsyncGenerator<Uint8Array> {
  const beat = new TextEncoder().encode('.')
  while (!until.aborted) {
    yield beat
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, BEAT_MS)
      const stop = (): void => {
        clearTimeout(timer)
        resolve()
      }
      until.addEventListener('abort', stop, { once: true })
    })
  }
}

/** `ended` says how: another run took it while the host heard nothing of us, or the holder went away with its host or connection. */
type Held = Readonly<{ transport: Transport; ended: Promise<'silent' | 'gone'>; end(): void }>

const takeOne = async (transport: Transport, cluster: string, owner: Owner): Promise<Held | { busy: string }> => {
  const end = new AbortController()
  const lines = transport.run(script(cluster, owner), { input: heartbeats(end.signal) })[Symbol.asyncIterator]()
  const first = await lines.next()
  const line = first.done || 'exit' in first.value ? 'busy' : first.value.line
  const drain = async (): Promise<'silent' | 'gone'> => {
    let how: 'silent' | 'gone' = 'gone'
    try {
      for (let next = await lines.next(); !next.done; next = await lines.next())
        if ('line' in next.value && next.value.line === 'silent') how = 'silent'
    } catch {
      // The connection broke: then nothing is held there any more.
    }
    return how
  }
  if (line !== 'held') {
    end.abort()
    await drain()
    return { busy: escapeRemote(line.replace(/^busy ?/, '')) }
  }
  return { transport, ended: drain(), end: () => end.abort() }
}

const busyProblem = (transport: Transport, holder: string): Problem => ({
  at: transport.label,
  what: { en: `another run is working on this cluster: ${holder || 'unknown'}`, zh: `另一个任务正在操作该集群：${holder || '未知'}` },
  fix: {
    en: 'Wait for it to end. A run whose machine vanished lets go after 30 s by itself.',
    zh: '请等待其结束。若其所在机器已失联，锁会在 30 秒后自动释放。',
  },
  severity: 'error',
  exit: EXIT.unreachable,
})

const LOST: Readonly<Record<'silent' | 'gone', Text>> = {
  silent: {
    en: `the lock on the cluster was lost: nothing was heard of this run for ${SILENCE_S} s, and another took it`,
    zh: `已失去集群锁：主机 ${SILENCE_S} 秒未收到本次运行的信号，锁已被其他任务取得`,
  },
  gone: { en: 'the lock on the cluster was lost with this host', zh: '与该主机一同失去了集群锁' },
}

const lostProblem = ({ transport }: Held, how: 'silent' | 'gone'): Problem =>
  refusal(
    transport.label,
    LOST[how],
    {
      en: 'Another run may work on the cluster by now, so this one stopped. Run the same command again: it goes on from here.',
      zh: '此时可能已有其他任务在操作该集群，因此本次运行已停止。再次运行同一命令即可继续。',
    },
    EXIT.unreachable,
  )

type Wanted = Readonly<{ cluster: string; owner: Owner; leaving: Transport | undefined }>

/** Keeps what is held until it is released. In the place of a host that goes away comes one of the `spares`. */
const guard = (held: readonly Held[], spares: Transport[], { cluster, owner, leaving }: Wanted): Lock => {
  const lost = new AbortController()
  const holders = new Set<Held>()
  let released = false
  const replacement = async (): Promise<Held | undefined> => {
    for (let spare = spares.shift(); spare; spare = spares.shift()) {
      const taken = await takeOne(spare, cluster, owner).catch(() => undefined)
      if (taken && !('busy' in taken)) return taken
    }
    return undefined
  }
  const keep = async (one: Held): Promise<void> => {
    holders.add(one)
    if (released) one.end()
    const how = await one.ended
    holders.delete(one)
    if (released) return
    // After a silence another run may have come and gone: then holding it again would be worth nothing.
    const next = how === 'gone' ? await replacement() : undefined
    if (next) return keep(next)
    if (!released && (how === 'silent' || one.transport !== leaving)) lost.abort(new ProblemError(lostProblem(one, how)))
  }
  const kept = held.map(keep)
  return {
    hosts: held.map(({ transport }) => transport.label),
    lost: lost.signal,
    release: async () => {
      released = true
      for (const holder of holders) holder.end()
      await Promise.all(kept)
    },
  }
}

/**
 * Takes the cluster's lock on a majority of its `of` control planes (as many of it as answer), in the given order, so that two runs can never both have it.
 * Returns the problem to print when somebody else does. `leaving` is a host that this run itself takes down: the lock is not lost with it.
 */
export const takeLock = async (
  transports: readonly Transport[],
  of: number,
  cluster: string,
  owner: Owner,
  leaving?: Transport,
): Promise<Lock | Problem> => {
  const held: Held[] = []
  const majority = Math.floor(of / 2) + 1
  for (const transport of transports.slice(0, majority)) {
    const taken = await takeOne(transport, cluster, owner)
    if ('busy' in taken) {
      for (const one of held) one.end()
      await Promise.all(held.map(({ ended }) => ended))
      return busyProblem(transport, taken.busy)
    }
    held.push(taken)
  }
  return guard(held, transports.slice(majority), { cluster, owner, leaving })
}
