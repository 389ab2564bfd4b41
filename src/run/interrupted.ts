import type { Text } from '../text.ts'

/** An interrupted command that leaves something behind: `left` is said in its last line, in place of the usual words. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
  readonly left: Text
  constructor(left: Text, options?: ErrorOptions) {
    super(left.en, options)
    this.left = left
  }
}

/** Does `work`; if a person interrupts it, says what it leaves behind. */
export const leaving = async <T>(signal: AbortSignal, left: () => Text | undefined, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    const text = signal.aborted ? left() : undefined
    throw text ? new InterruptedError(text, { cause: error }) : error
  }
}
