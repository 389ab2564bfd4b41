import type { Readable, Writable } from 'node:stream'

/** How a run ended: an exit code, or the signal that ended it. */
export type Ended = { exit: number | null; signal?: string }

/** One running loader, over ssh or as a child process. */
export type Channel = {
  stdin: Writable
  stdout: Readable
  stderr: Readable
  /** The exit; rejects when the connection breaks. */
  ended: Promise<Ended>
  /** Ends stdin and lets go, without killing anything: the script's own watchdog does that. */
  close(): void
}
