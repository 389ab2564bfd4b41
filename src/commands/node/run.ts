import { capture, type Transport, TransportError } from '../../hosts/transport.ts'
import { EXIT } from '../../problem.ts'
import type { Member } from '../../cluster/types.ts'
import { problemText } from '../../ui/problems.ts'
import type { Session } from '../../run/session.ts'
import type { Io } from '../../run/types.ts'
import { quoteLines, say } from './say.ts'

/** One script on one host, with a line before it that says what it is for. */
export type Task = Readonly<{ member: Member; en: string; zh: string; script: string }>

const ended = async (transport: Transport, { script }: Task, io: Io): Promise<number> => {
  try {
    const { exit, stdout, stderr } = await capture(transport, script, { signal: io.signal })
    io.err(quoteLines(stdout))
    if (exit === 0) return EXIT.done
    io.err(quoteLines(stderr))
    return EXIT.failed
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    io.err(`${problemText(error.problem, io.language, io.style)}\n`)
    return EXIT.unreachable
  }
}

/** Runs tasks one after the other, until one fails; its exit code. What was done stays done: the same command goes on from there. */
export const runTasks = async (
  tasks: readonly Task[],
  session: Readonly<{ fleet: Pick<Session['fleet'], 'transports'> }>,
  io: Io,
): Promise<number> => {
  for (const task of tasks) {
    io.signal.throwIfAborted()
    say(io, task.en, task.zh)
    const transport = session.fleet.transports.get(task.member.key)
    const exit = transport ? await ended(transport, task, io) : EXIT.unreachable
    if (exit !== EXIT.done) return exit
  }
  return EXIT.done
}
