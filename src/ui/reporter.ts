import type { Report } from '../engine/events.ts'
import type { Language } from '../text.ts'
import type { HostName } from './names.ts'
import type { Style } from './style.ts'

/** What every reporter is told. `members` is asked anew each time, because names become known during a run. */
export type ReporterOptions = Readonly<{
  language: Language
  style: Style
  stream: NodeJS.WritableStream
  members: () => readonly HostName[]
  verbose: boolean
}>

/** Shows what happens. `finish` is called once at the end, also after an error, and gives the terminal back. */
export type Reporter = Readonly<{ report: Report; finish(summary?: string): Promise<void> | void }>
