import type { Language, Text } from '../text.ts'
import type { Style } from '../ui/style.ts'

/** What every command gets from the command line. */
export type Options = Readonly<{
  file: string
  yes: boolean
  output: 'text' | 'json'
  verbose: boolean
  limit: readonly string[]
  exitCode: boolean
  offline: boolean
  /** What is left of the command line after the command's name. */
  rest: readonly string[]
}>

/** The command's way to the outside. `out` is data, `err` is for people. */
export type Io = Readonly<{
  out(text: string): void
  err(text: string): void
  language: Language
  /** For text on `err`. */
  style: Style
  /** For text on `out`, which may be a pipe while `err` is a terminal. */
  outStyle: Style
  env: Readonly<Record<string, string | undefined>>
  home: string
  /** Whether a person sits at the terminal. */
  interactive: boolean
  /** Aborted by Ctrl-C or SIGTERM. */
  signal: AbortSignal
}>

/** One word of the command line. `run` returns the exit code. */
export type Command = Readonly<{ name: string; summary: Text; run(options: Options, io: Io): Promise<number> }>
