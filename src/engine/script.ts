import { kindOf } from '../resources/index.ts'
import type { Payload } from '../resources/types.ts'
import type { Change } from './plan.ts'
import { PRELUDE } from './shell-texts.ts'

/**
 * One script out of many changes. It is wrapped in a function that its last line calls, because a shell that reads a script from stdin
 * runs even the half line it got when the connection is cut.
 */
export const composeScript = (changes: readonly Readonly<{ change: Change; payload: Payload }>[]): string => {
  const steps = changes.map(
    ({ change: { want, difference } }, index) =>
      `begin ${index}\n${kindOf(want).script(want, difference, changes[index]?.payload ?? {})}finish ${index}\n`,
  )
  return `${PRELUDE}\nmain() {\nenter\n${steps.join('')}}\nmain; exit\n`
}
