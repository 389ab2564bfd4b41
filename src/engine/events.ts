import type { Problem } from '../problem.ts'
import type { Change } from './change.ts'
import type { Stage } from './stages.ts'

/** What happens during a run, as it happens. Reporters only listen. Hosts are named by their keys; `label` is for people. */
export type Event =
  | Readonly<{ type: 'connecting'; hosts: readonly string[] }>
  | Readonly<{ type: 'connected'; host: string; label: string }>
  | Readonly<{ type: 'probed'; host: string }>
  | Readonly<{ type: 'locked'; hosts: readonly string[] }>
  | Readonly<{ type: 'stage'; number: number; of: number; stage: Stage }>
  /** What a change needs is being fetched here and streamed to the host. */
  | Readonly<{ type: 'delivering'; host: string; change: Change }>
  | Readonly<{ type: 'change-begin'; host: string; change: Change }>
  | Readonly<{ type: 'change-done'; host: string; change: Change; seconds: number }>
  /** Something worth a line, such as a mirror that was skipped and why. Already escaped. */
  | Readonly<{ type: 'note'; host: string; text: string }>
  /** A line the remote script printed, for the log. Already escaped. */
  | Readonly<{ type: 'output'; host: string; line: string }>
  | Readonly<{ type: 'change-failed'; host: string; failure: Failure }>
  | Readonly<{ type: 'host-lost'; host: string; problem: Problem }>

/** Why a host's script ended: the change it was at, its exit status, and the last lines it printed (escaped, at most 20). */
export type Failure = Readonly<{ host: string; label: string; change?: Change; exit: number; lines: readonly string[] }>

export type Report = (event: Event) => void
