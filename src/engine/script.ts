import { onHost } from '../shell/script.ts'
import { kindOf } from '../resources/index.ts'
import type { Payload } from '../resources/types.ts'
import type { Change } from './change.ts'

/** One script out of many changes. `environment` is exported to all that it runs. */
export const composeScript = (
  changes: readonly Readonly<{ change: Change; payload: Payload }>[],
  environment: Readonly<Record<string, string>> = {},
): string => {
  const steps = changes.map(
    ({ change: { want, difference } }, index) =>
      `begin ${index}\n${kindOf(want).script(want, difference, changes[index]?.payload ?? {})}finish ${index}\n`,
  )
  return onHost(steps.join(''), { environment })
}
