import type { Share } from './transport.ts'

/** Whether an error is a Ctrl-C in a question. */
export const isInterrupted = (error: unknown): boolean => error instanceof Error && error.name === 'ExitPromptError'

/** Asks a person, one question at a time for all hosts. After a Ctrl-C none of those that wait is asked: each ends as the first did. */
export const question = <T>(share: Share, ask: () => Promise<T>): Promise<T> =>
  share.gate('ask', 1, async () => {
    const earlier = await share.once('ask', async (): Promise<{ interrupt?: unknown }> => ({}))
    if (earlier.interrupt !== undefined) throw earlier.interrupt
    try {
      return await ask()
    } catch (error) {
      if (isInterrupted(error)) earlier.interrupt = error
      throw error
    }
  })
