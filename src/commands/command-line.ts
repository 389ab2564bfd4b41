import { parseArgs } from 'node:util'
import { EXIT } from '../problem.ts'
import type { Language, Text } from '../text.ts'
import { languageOf } from '../ui/language.ts'
import { COMMANDS } from './index.ts'
import type { Command, Flags, Io, Options } from './types.ts'

const FLAGS = {
  file: { type: 'string', short: 'f', multiple: true },
  yes: { type: 'boolean', short: 'y', default: false },
  output: { type: 'string', short: 'o', default: 'text' },
  'no-color': { type: 'boolean', default: false },
  lang: { type: 'string' },
  verbose: { type: 'boolean', short: 'v', default: false },
  limit: { type: 'string', multiple: true },
  'exit-code': { type: 'boolean', default: false },
  offline: { type: 'boolean', default: false },
  strict: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** What a command line asks for. */
export type Asked =
  | Readonly<{ kind: 'fault'; text: string }>
  | Readonly<{ kind: 'help'; language: Language; exit: number }>
  | Readonly<{ kind: 'command'; language: Language; colours: boolean; command: Command; options: Options }>

const commandOf = (name: string | undefined): Command | undefined => COMMANDS.find((one) => one.name === name)

/** Reads the flags every command knows, and those of the command that is the first word. */
const parse = (argv: readonly string[]) => {
  const named = parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true, strict: false }).positionals[0]
  const flags = commandOf(named)?.flags ?? {}
  const { values, positionals } = parseArgs({ args: [...argv], options: { ...flags, ...FLAGS }, allowPositionals: true })
  const own = Object.fromEntries(Object.keys(flags).map((flag) => [flag, (values as Flags)[flag]]))
  return { values, positionals, own }
}

type Parsed = ReturnType<typeof parse>

/** The same, or why parseArgs would not have it. */
const parsed = (argv: readonly string[]): Parsed | Error => {
  try {
    return parse(argv)
  } catch (error) {
    return error as Error
  }
}

const unknown = (name: string): Text => ({
  en: `there is no command "${name}". Run slipway help for all of them.`,
  zh: `没有命令 "${name}"。运行 slipway help 查看全部命令。`,
})

/** What is wrong with --output for a command; undefined for nothing. */
const outputFault = ({ outputs = [] }: Command, output: string): Text | undefined => {
  const valid: readonly string[] = ['text', 'json', ...outputs]
  if (valid.includes(output)) return undefined
  const [first, last] = [valid.slice(0, -1), valid.at(-1)]
  return { en: `--output is ${first.join(', ')} or ${last}.`, zh: `--output 只能是 ${first.join('、')} 或 ${last}。` }
}

const optionsOf = ({ values, own }: Parsed, rest: readonly string[]): Options => ({
  file: values.file?.at(-1) ?? 'cluster.yml',
  files: values.file ?? [],
  yes: values.yes,
  output: values.output as Options['output'],
  flags: own,
  verbose: values.verbose,
  limit: (values.limit ?? []).flatMap((list) => list.split(',')),
  exitCode: values['exit-code'],
  offline: values.offline,
  strict: values.strict,
  rest,
})

/** Reads a command line: the words after the program's name. */
export const readCommandLine = (argv: readonly string[], env: Io['env']): Asked => {
  const line = parsed(argv)
  if (line instanceof Error) return { kind: 'fault', text: line.message }
  const { values, positionals } = line
  const language = languageOf(env, values.lang)
  const [name, ...rest] = positionals
  if (name === undefined || values.help || name === 'help')
    return { kind: 'help', language, exit: name === undefined && !values.help ? EXIT.config : EXIT.done }
  const command = commandOf(name)
  if (!command) return { kind: 'fault', text: unknown(name)[language] }
  const fault = outputFault(command, values.output)
  if (fault) return { kind: 'fault', text: fault[language] }
  return { kind: 'command', language, colours: !values['no-color'] && !env.NO_COLOR, command, options: optionsOf(line, rest) }
}
