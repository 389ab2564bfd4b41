import { parseArgs } from 'node:util'
import { nearest } from '../config/words.ts'
import { EXIT } from '../problem.ts'
import type { Language, Text } from '../text.ts'
import { languageOf } from '../ui/language.ts'
import { COMMANDS } from './index.ts'
import { type Topic, wordsOf } from './help.ts'
import { SHARED } from './shared-flags.ts'
import type { Command, Flag, Flags, Io, Options, Takes } from '../run/types.ts'

/** Which file, and how a command asks and speaks: every command has these. */
const COMMON = {
  file: { type: 'string', short: 'f', multiple: true },
  yes: { type: 'boolean', short: 'y', default: false },
  output: { type: 'string', short: 'o', default: 'text' },
  'no-color': { type: 'boolean', default: false },
  lang: { type: 'string' },
  verbose: { type: 'boolean', short: 'v', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** A command's own options, whichever of its words takes them. */
const flagsOf = ({ flags, words = {} }: Partial<Command> = {}): Readonly<Record<string, Flag>> =>
  Object.assign({}, flags, ...Object.values(words).map((word) => word.flags))

/** The options of all commands: each command line is read with them, so that a stray one can be answered with who takes it. */
const OWN: Readonly<Record<string, Flag>> = Object.assign({}, ...COMMANDS.map(flagsOf))

const optionNames = ({ flags = {}, shared = [] }: Takes): readonly string[] => [...Object.keys(flags), ...shared]

/** The options that are read besides the common ones, by what is called: "up", "node remove". */
const TAKEN: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  COMMANDS.flatMap(({ name, words, ...own }): [string, readonly string[]][] =>
    words ? Object.entries(words).map(([word, takes]) => [`${name} ${word}`, optionNames(takes)]) : [[name, optionNames(own)]],
  ),
)

/** What a command line asks for. */
export type Asked =
  | Readonly<{ kind: 'fault'; text: string }>
  | Readonly<{ kind: 'help'; language: Language; exit: number; topic?: Topic }>
  | Readonly<{ kind: 'command'; language: Language; colours: boolean; command: Command; options: Options }>

const commandOf = (name: string | undefined): Command | undefined => COMMANDS.find((one) => one.name === name)

/** An option as it stands on a command line: `value` is what was taken for it, `inlineValue` whether by "=". */
type Written = Readonly<{ name: string; rawName: string; value?: string; inlineValue?: boolean }>

/** No command has it: the option of this command that was probably meant, or where its options stand. */
const noOption = (rawName: string, name: string, command: string): Text => {
  const known = Object.entries(TAKEN).flatMap(([called, names]) => (called.split(' ')[0] === command ? names : []))
  const close = nearest(name, [...Object.keys(COMMON), ...known])
  const help = ['slipway help', command].join(' ').trimEnd()
  return close
    ? { en: `there is no option ${rawName}. Did you mean --${close}?`, zh: `没有选项 ${rawName}。是否想写 --${close}？` }
    : { en: `there is no option ${rawName}. Run ${help}.`, zh: `没有选项 ${rawName}。运行 ${help} 查看用法。` }
}

/** What is wrong with an option by itself; undefined for nothing. "-" alone is a value: it stands for standard input. */
const optionFault = ({ name, rawName, value, inlineValue }: Written, option: Flag): Text | undefined => {
  if (option.type === 'boolean')
    return value === undefined
      ? undefined
      : { en: `${rawName} takes no value: write ${rawName} alone.`, zh: `${rawName} 不带值：请只写 ${rawName}。` }
  if (value === undefined) return { en: `${rawName} needs a value.`, zh: `${rawName} 需要一个值。` }
  if (inlineValue || !/^-./.test(value)) return undefined
  return {
    en: `${rawName} needs a value, and ${value} looks like an option. If it is the value: --${name}=${value}`,
    zh: `${rawName} 需要一个值，而 ${value} 像是选项。如果它就是值，请写：--${name}=${value}`,
  }
}

const parse = (argv: readonly string[]) => {
  const common = { args: [...argv], allowPositionals: true } as const
  const all = { ...OWN, ...SHARED, ...COMMON }
  const command = commandOf(parseArgs({ ...common, options: all, strict: false }).positionals[0])
  const flags = flagsOf(command)
  // Two commands may have an option of one name and different types.
  const options = { ...all, ...flags }
  const { tokens, values: seen } = parseArgs({ ...common, options, strict: false, tokens: true })
  const written: readonly Written[] = tokens.filter((token) => token.kind === 'option')
  for (const one of written) {
    const option: Flag | undefined = Object.hasOwn(options, one.name) ? options[one.name as keyof typeof options] : undefined
    const fault = option ? optionFault(one, option) : noOption(one.rawName, one.name, command?.name ?? '')
    if (fault) return { fault, lang: typeof seen.lang === 'string' ? seen.lang : undefined }
  }
  const { values, positionals } = parseArgs({ ...common, options })
  return { values, positionals, own: Object.fromEntries(Object.keys(flags).map((flag) => [flag, (values as Flags)[flag]])) }
}

type Parsed = Exclude<ReturnType<typeof parse>, Readonly<{ fault: Text }>>

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

/** What is wrong with the options of a command; undefined for nothing. A word that the command does not know is answered by itself. */
const strayFault = (values: object, name: string, word = ''): Text | undefined => {
  const called = [`${name} ${word}`, name].find((one) => Object.hasOwn(TAKEN, one)) ?? ''
  const taken = TAKEN[called]
  const stray = Object.keys(values).find((option) => !Object.hasOwn(COMMON, option) && taken?.includes(option) === false)
  if (stray === undefined) return undefined
  const takers = Object.keys(TAKEN).filter((one) => TAKEN[one]?.includes(stray))
  return {
    en: `slipway ${called} does not take --${stray}. Commands that take it: ${takers.join(', ')}.`,
    zh: `slipway ${called} 不接受 --${stray}。接受它的命令：${takers.join('、')}。`,
  }
}

const surplus = (name: string, word: string): Text => ({
  en: `slipway ${name} takes no "${word}". Run slipway help ${name}.`,
  zh: `slipway ${name} 不接受 "${word}"。运行 slipway help ${name} 查看用法。`,
})

/** Words too many: `up w1` is not meant to change every host. */
const surplusFault = ({ name, most = 0 }: Command, rest: readonly string[]): Text | undefined => {
  const word = rest[most]
  return word === undefined ? undefined : surplus(name, word)
}

const optionsOf = ({ values, own }: Parsed, rest: readonly string[]): Options => ({
  file: values.file?.at(-1) ?? 'cluster.yml',
  files: values.file ?? [],
  yes: values.yes,
  output: values.output as Options['output'],
  flags: own,
  verbose: values.verbose,
  limit: (values.limit ?? []).flatMap((list) => list.split(',')),
  exitCode: values['exit-code'] ?? false,
  offline: values.offline ?? false,
  strict: values.strict ?? false,
  verify: values.verify ?? false,
  rest,
})

/** Help of everything, of a command or of one of its words; or why there is none. */
const helpOn = (name: string | undefined, word: string | undefined, language: Language): Asked => {
  if (name === undefined) return { kind: 'help', language, exit: EXIT.done }
  const command = commandOf(name)
  if (!command) return { kind: 'fault', text: unknown(name)[language] }
  const words = wordsOf(command)
  if (word === undefined || words.length === 0) return { kind: 'help', language, exit: EXIT.done, topic: { command } }
  if (words.includes(word)) return { kind: 'help', language, exit: EXIT.done, topic: { command, word } }
  return { kind: 'fault', text: surplus(name, word)[language] }
}

/** Reads a command line: the words after the program's name. */
export const readCommandLine = (argv: readonly string[], env: Io['env']): Asked => {
  const line = parse(argv)
  if (line.fault) return { kind: 'fault', text: line.fault[languageOf(env, line.lang)] }
  const { values, positionals } = line
  const language = languageOf(env, values.lang)
  const [name, ...rest] = positionals
  if (name === 'help') return helpOn(rest[0], rest[1], language)
  if (values.help) return helpOn(name, rest[0], language)
  if (name === undefined) return { kind: 'help', language, exit: EXIT.config }
  const command = commandOf(name)
  if (!command) return { kind: 'fault', text: unknown(name)[language] }
  const fault = strayFault(values, name, rest[0]) ?? surplusFault(command, rest) ?? outputFault(command, values.output)
  if (fault) return { kind: 'fault', text: fault[language] }
  return { kind: 'command', language, colours: !values['no-color'] && !env.NO_COLOR, command, options: optionsOf(line, rest) }
}
