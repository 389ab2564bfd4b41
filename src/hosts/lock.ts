import { EXIT, type Problem } from '../problem.ts'
import { escapeRemote } from './lines.ts'
import { quote } from './sh.ts'
import type { Transport } from './transport.ts'

/** Held for a run; letting go is the end of a remote process, so a vanished operator holds nothing. */
export interface Lock {
  readonly hosts: readonly string[]
  release(): Promise<void>
}

/** Who holds or wants the lock: printed to the one who has to wait. */
export type Owner = Readonly<{ who: string; from: string; run: string; command: string }>

const BEAT_MS = 5000
const SILENCE_S = 30

/**
 * Takes flock on a file of tmpfs and keeps it while heartbeats arrive on stdin. Read by lines: `held` says that it is ours, `busy` who has it.
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
	echo held
	while [ -n "$(timeout ${SILENCE_S} head -c 1)" ]; do :; done
	rm -f /run/slipway/${cluster}.owner
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

type Held = { label: string; stop: () => Promise<void> }

const takeOne = async (transport: Transport, cluster: string, owner: Owner): Promise<Held | { busy: string }> => {
  const end = new AbortController()
  const lines = transport.run(script(cluster, owner), { input: heartbeats(end.signal) })[Symbol.asyncIterator]()
  const first = await lines.next()
  const line = first.done || 'exit' in first.value ? 'busy' : first.value.line
  const drain = async (): Promise<void> => {
    try {
      while (!(await lines.next()).done);
    } catch {
      // The connection broke: then nothing is held there any more.
    }
  }
  if (line !== 'held') {
    end.abort()
    await drain()
    return { busy: escapeRemote(line.replace(/^busy ?/, '')) }
  }
  const drained = drain()
  return {
    label: transport.label,
    stop: async () => {
      end.abort()
      await drained
    },
  }
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

/**
 * Takes the cluster's lock on a majority of its `of` control planes (as many of it as answer), in the given order, so that two runs can never both have it.
 * Returns the problem to print when somebody else does.
 */
export const takeLock = async (transports: readonly Transport[], of: number, cluster: string, owner: Owner): Promise<Lock | Problem> => {
  const held: Held[] = []
  for (const transport of transports.slice(0, Math.floor(of / 2) + 1)) {
    const taken = await takeOne(transport, cluster, owner)
    if ('busy' in taken) {
      await Promise.all(held.map(({ stop }) => stop()))
      return busyProblem(transport, taken.busy)
    }
    held.push(taken)
  }
  return { hosts: held.map(({ label }) => label), release: async () => void (await Promise.all(held.map(({ stop }) => stop()))) }
}
