import type { Fetch } from '../net/request.ts'
import type { Language, Text } from '../text.ts'
import type { Style } from '../ui/style.ts'

/** Values of a command's own flags, by name; parseArgs makes them. */
export type Flags = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

/** What every command gets from the command line. */
export type Options = Readonly<{
  file: string
  /** Every -f, in order; `file` is the last of them. */
  files: readonly string[]
  yes: boolean
  /** `diff` and `yaml` only where the command lists them in `outputs`. */
  output: 'text' | 'json' | 'diff' | 'yaml'
  /** The command's own flags. */
  flags: Flags
  verbose: boolean
  limit: readonly string[]
  exitCode: boolean
  offline: boolean
  /** Stop at the first host that does not answer, also where the cluster exists. */
  strict: boolean
  /** Have hosts read every installed file and hold it against its digest. */
  verify: boolean
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
  /** How wide the terminal is that `out` goes to; undefined when it goes to none. */
  outColumns?: number
  env: Readonly<Record<string, string | undefined>>
  home: string
  /** The command line that was given, as it can be typed again. */
  command: string
  /** Whether a person sits at the terminal. */
  interactive: boolean
  /** Aborted by Ctrl-C or SIGTERM. */
  signal: AbortSignal
  /** What is asked instead of the network: in tests. */
  ask?: Fetch
}>

/** A flag of one command, as node:util's parseArgs takes it. */
export type Flag = Readonly<{ type: 'string' | 'boolean'; short?: string; multiple?: boolean }>

/** Options that several commands read, each with one meaning; Options has their values. */
export type Shared = 'limit' | 'exit-code' | 'offline' | 'strict' | 'verify'

/** The options that are read besides the common ones: its own, and shared ones. */
export type Takes = Readonly<{ flags?: Readonly<Record<string, Flag>>; shared?: readonly Shared[] }>

/** One word of the command line. `run` returns the exit code. A command is refused with an option that it does not list. */
export type Command = Takes &
  Readonly<{
    name: string
    summary: Text
    /** What may follow the name, a line each; made from the options where it is not said. */
    usage?: readonly string[]
    /** Of a command whose next word decides what it reads: what each word takes, instead of `flags` and `shared`. */
    words?: Readonly<Record<string, Takes>>
    /** How many words may follow; 0 when it is not said. */
    most?: number
    /** Words that --output takes besides text and json. */
    outputs?: readonly ('diff' | 'yaml')[]
    run(options: Options, io: Io): Promise<number>
  }>
