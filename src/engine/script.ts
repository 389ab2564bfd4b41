import { quote } from '../shell/quote.ts'
import { kindOf } from '../resources/index.ts'
import type { Payload } from '../resources/types.ts'
import type { Change } from './change.ts'
import { PRELUDE } from '../shell/texts.ts'

/** Variables for all that a script runs. */
export const exportsOf = (environment: Readonly<Record<string, string>>): string =>
  Object.entries(environment)
    .map(([name, value]) => `export ${name}=${quote(value)}\n`)
    .join('')

/**
 * One script out of many changes. It is wrapped in a function that its last line calls, because a shell that reads a script from stdin
 * runs even the half line it got when the connection is cut. `environment` is exported to all that it runs.
 */
export const composeScript = (
  changes: readonly Readonly<{ change: Change; payload: Payload }>[],
  environment: Readonly<Record<string, string>> = {},
): string => {
  const steps = changes.map(
    ({ change: { want, difference } }, index) =>
      `begin ${index}\n${kindOf(want).script(want, difference, changes[index]?.payload ?? {})}finish ${index}\n`,
  )
  return `${PRELUDE}\n${exportsOf(environment)}main() {\nenter\n${steps.join('')}}\nmain; exit\n`
}
