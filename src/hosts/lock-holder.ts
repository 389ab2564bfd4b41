import type { Problem } from '../problem.ts'
import { quote } from '../shell/quote.ts'
import { escapeRemote } from './lines.ts'
import { type Output, type Transport, TransportError } from './transport.ts'

/** Who holds or wants the lock: printed to the one who has to wait. */
export type Owner = Readonly<{ who: string; from: string; run: string; command: string }>

const BEAT_MS = 5000
/** After so many seconds without a heartbeat a host lets go. */
export const SILENCE_S = 30
/** What timeout(1) exits with when the time is over. */
const TIMED_OUT = 124

/**
 * Takes flock on a file of tmpfs and keeps it while heartbeats arrive on stdin. Without one it lets go; a heartbeat that was only late (behind a file
 * on a slow line) takes it again, unless another run has had it meanwhile. Read by the lines of its stdout: `held` says that it is ours, `busy` who
 * has it, `silent` that no heartbeat came and another run took it. Anything else is a failure, and stderr says which.
 */
const script = (name: string, owner: Owner): string => `main() {
	umask 077
	command -v flock >/dev/null || { echo 'flock is missing (package util-linux)' >&2; exit 69; }
	mkdir -p /run/slipway || exit
	exec 8>>/run/slipway/${name}.lock
	flock -n -E 75 8 || {
		[ $? = 75 ] || exit 74
		printf 'busy %s\\n' "$(cat /run/slipway/${name}.owner 2>/dev/null)"
		exit 75
	}
	printf '%s since %s\\n' ${quote(`${owner.who}@${owner.from} (${owner.command}, run ${owner.run})`)} "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >/run/slipway/${name}.owner || exit
	mine=$(cat /run/slipway/${name}.owner)
	is_mine() { [ "$(cat /run/slipway/${name}.owner 2>/dev/null)" = "$mine" ]; }
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
	! is_mine || rm -f /run/slipway/${name}.owner
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
export type Held = Readonly<{ candidate: Candidate; ended: Promise<'silent' | 'gone'>; end(): void }>
/** Why the lock of a host was not to be had: another run has it, it cannot be taken there, or the connection broke. */
export type Refused = Readonly<{ candidate: Candidate; busy?: string; failure?: string; lost?: Problem }>

/** A host whose lock is wanted. */
export type Candidate = Readonly<{ key: string; transport: Transport }>

/** The first line of a holder's stdout, and what it says on stderr until then. */
const firstOf = async (lines: AsyncIterator<Output>): Promise<{ line: string; said: string[] }> => {
  const said: string[] = []
  for (let next = await lines.next(); !next.done; next = await lines.next()) {
    if ('exit' in next.value) continue
    if (next.value.stream === 'stdout') return { line: next.value.line, said }
    said.push(next.value.line)
  }
  return { line: '', said }
}

/** Reads to the end, and says how it was. */
const drain = async (lines: AsyncIterator<Output>): Promise<'silent' | 'gone'> => {
  let how: 'silent' | 'gone' = 'gone'
  try {
    for (let next = await lines.next(); !next.done; next = await lines.next())
      if ('line' in next.value && next.value.line === 'silent') how = 'silent'
  } catch {
    // The connection broke: then nothing is held there any more.
  }
  return how
}

/** Takes the lock of one host. `name` is that of its files there. */
export const takeOne = async (candidate: Candidate, name: string, owner: Owner): Promise<Held | Refused> => {
  const end = new AbortController()
  const lines = candidate.transport.run(script(name, owner), { input: heartbeats(end.signal) })[Symbol.asyncIterator]()
  try {
    const { line, said } = await firstOf(lines)
    if (line === 'held') return { candidate, ended: drain(lines), end: () => end.abort() }
    end.abort()
    await drain(lines)
    const [, busy] = /^busy ?(.*)$/.exec(line) ?? []
    return busy === undefined ? { candidate, failure: escapeRemote(said.at(-1) ?? line) } : { candidate, busy: escapeRemote(busy) }
  } catch (error) {
    end.abort()
    if (!(error instanceof TransportError)) throw error
    return { candidate, lost: error.problem }
  }
}
