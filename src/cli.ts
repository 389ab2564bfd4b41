#!/usr/bin/env node
import { homedir } from 'node:os'
import { type Asked, readCommandLine } from './commands/command-line.ts'
import { COMMANDS } from './commands/index.ts'
import { InterruptedError } from './run/interrupted.ts'
import { refuse } from './run/session.ts'
import { systemFault } from './run/system-fault.ts'
import type { Io } from './run/types.ts'
import { EXIT, ProblemError } from './problem.ts'
import { commandText } from './ui/command-text.ts'
import { helpText, topicText } from './commands/help.ts'
import { isInterrupted } from './ui/prompt.ts'
import { createStyle } from './ui/style.ts'

type Task = Extract<Asked, { kind: 'command' }>

/** The first Ctrl-C stops at the next safe place; hosts are told by their connection's end. */
const abortedBySignals = (): AbortSignal => {
  const aborted = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => aborted.abort(Object.assign(new Error(name), { name: 'Interrupted' })))
  return aborted.signal
}

const ioOf = ({ language, colours }: Task, argv: readonly string[], signal: AbortSignal): Io => ({
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  language,
  style: createStyle(colours && process.stderr.isTTY === true),
  outStyle: createStyle(colours && process.stdout.isTTY === true),
  // A terminal that does not say how wide it is says 0.
  outColumns: (process.stdout.isTTY === true && process.stdout.columns) || undefined,
  env: process.env,
  home: homedir(),
  command: commandText(argv),
  interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
  signal,
})

/** What could not be printed as data, such as on a full disk. */
let unprinted: NodeJS.ErrnoException | undefined

/** A reader that went away (`| head`, a tee that Ctrl-C ended first) or a full disk is no reason to stop in the middle of a change. */
const outliveReaders = (): void => {
  process.stderr.on('error', () => {})
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') unprinted ??= error
  })
}

/** The exit code when all is said: one line where the output is not whole. */
const withOutput = (code: number): number => {
  if (!unprinted) return code
  process.stderr.write(`slipway: what it printed is not whole, its output could not be written: ${unprinted.code ?? unprinted.message}\n`)
  return code || EXIT.failed
}

/** What has not stopped by itself so long after Ctrl-C is left: hosts end what runs there when the connection ends. */
const GRACE_MS = 2000

const patience = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => setTimeout(() => reject(signal.reason as Error), GRACE_MS)))

const GOES_ON = { en: 'Interrupted. The same command goes on from here.', zh: '已中断。再次运行同一命令即可继续。' }

const run = async (task: Task, io: Io): Promise<number> => {
  const { language, signal } = io
  try {
    return await Promise.race([task.command.run(task.options, io), patience(signal)])
  } catch (error) {
    if (signal.aborted || isInterrupted(error)) {
      io.err(`${(error instanceof InterruptedError ? error.left : GOES_ON)[language]}\n`)
      return EXIT.interrupted
    }
    const problem = error instanceof ProblemError ? error.problem : systemFault(error)
    if (problem) return refuse([problem], io, task.options)
    throw error
  }
}

const main = async (argv: readonly string[]): Promise<number> => {
  const signal = abortedBySignals()
  outliveReaders()
  const asked = readCommandLine(argv, process.env)
  switch (asked.kind) {
    case 'fault':
      process.stderr.write(`slipway: ${asked.text}\n`)
      return EXIT.config
    case 'help':
      process.stdout.write(asked.topic ? topicText(asked.topic, asked.language) : helpText(COMMANDS, asked.language))
      return asked.exit
    case 'command':
      return run(asked, ioOf(asked, argv, signal))
  }
}

/** A connection that was left in the middle would keep the process. */
const leave = (): never => process.exit()

main(process.argv.slice(2)).then(
  async (code) => {
    // An error of the last write is told a moment after it.
    await new Promise((resolve) => setImmediate(resolve))
    process.exitCode = withOutput(code)
    if (code === EXIT.interrupted) leave()
  },
  (error: Error) => {
    process.stderr.write(`slipway: this is a bug, please report it:\n${error.stack}\n`)
    process.exitCode = EXIT.bug
    leave()
  },
)
