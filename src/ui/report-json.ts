import type { Event } from '../engine/events.ts'
import type { Change } from '../engine/change.ts'
import type { Reporter, ReporterOptions } from './reporter.ts'

/** A change by name and reason: what is written, and anything secret in it, stays out. */
const changeData = ({ phase, step, id, want, difference: { verb, reason } }: Change) => ({
  phase,
  step,
  want: { kind: want.kind, id },
  verb,
  reason,
})

/** An event as data. */
const eventData = (event: Event): object => {
  switch (event.type) {
    case 'stage': {
      const { type, number, of, stage } = event
      return {
        type,
        number,
        of,
        phases: stage.phases,
        hosts: stage.batches.map(({ host, changes }) => ({ host, changes: changes.length })),
      }
    }
    case 'delivering':
    case 'change-begin':
      return { type: event.type, host: event.host, change: changeData(event.change) }
    case 'change-done':
      return { type: event.type, host: event.host, change: changeData(event.change), seconds: Math.round(event.seconds * 1000) / 1000 }
    case 'change-failed': {
      const { label, change, exit, lines } = event.failure
      return { type: event.type, host: event.host, label, ...(change ? { change: changeData(change) } : {}), exit, lines }
    }
    default:
      return event
  }
}

/** One JSON object a line. What hosts print goes to the log; here only when `verbose`. */
export const jsonReporter = ({ stream, verbose }: ReporterOptions): Reporter => {
  const write = (data: object): void => {
    stream.write(`${JSON.stringify(data)}\n`)
  }
  return {
    report: (event) => {
      if (event.type !== 'output' || verbose) write(eventData(event))
    },
    finish: (summary) => {
      if (summary !== undefined) write({ type: 'summary', text: summary })
    },
  }
}
