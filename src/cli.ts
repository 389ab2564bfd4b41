#!/usr/bin/env node
import { homedir } from 'node:os'
import { parseArgs } from 'node:util'
import { COMMANDS } from './commands/index.ts'
import type { Command, Flags, Io, Options } from './commands/types.ts'
import { TransportError } from './hosts/transport.ts'
import { EXIT } from './problem.ts'
import { languageOf } from './ui/language.ts'
import { problemText } from './ui/problems.ts'
import { isInterrupted } from './ui/prompt.ts'
import { createStyle } from './ui/style.ts'
import { helpText } from './ui/help.ts'

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

const main = async (argv: readonly string[]): Promise<number> => {
  const aborted = new AbortController()
  // The first Ctrl-C stops at the next safe place; hosts are told by their connection's end.
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => aborted.abort(Object.assign(new Error(name), { name: 'Interrupted' })))
  const fail = (text: string): number => {
    process.stderr.write(`slipway: ${text}\n`)
    return EXIT.config
  }
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(argv)
  } catch (error) {
    return fail((error as Error).message)
  }
  const { values, positionals, own } = parsed
  const language = languageOf(process.env, values.lang)
  const [name, ...rest] = positionals
  if (values.help || name === undefined || name === 'help') {
    process.stdout.write(helpText(COMMANDS, language))
    return name === undefined && !values.help ? EXIT.config : EXIT.done
  }
  const command = commandOf(name)
  if (!command)
    return fail(
      language === 'zh'
        ? `没有命令 "${name}"。运行 slipway help 查看全部命令。`
        : `there is no command "${name}". Run slipway help for all of them.`,
    )
  const outputs = ['text', 'json', ...(command.outputs ?? [])]
  if (!outputs.includes(values.output)) {
    const last = outputs.pop()
    return fail(language === 'zh' ? `--output 只能是 ${outputs.join('、')} 或 ${last}。` : `--output is ${outputs.join(', ')} or ${last}.`)
  }
  const options: Options = {
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
  }
  const colours = !values['no-color'] && !process.env.NO_COLOR
  const io: Io = {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    language,
    style: createStyle(colours && process.stderr.isTTY === true),
    outStyle: createStyle(colours && process.stdout.isTTY === true),
    env: process.env,
    home: homedir(),
    interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    signal: aborted.signal,
  }
  try {
    return await Promise.race([command.run(options, io), patience(aborted.signal)])
  } catch (error) {
    if (aborted.signal.aborted || isInterrupted(error)) {
      io.err(language === 'zh' ? '已中断。再次运行同一命令即可继续。\n' : 'Interrupted. The same command goes on from here.\n')
      return EXIT.interrupted
    }
    if (error instanceof TransportError) {
      io.err(`${problemText(error.problem, language, io.style)}\n`)
      return error.problem.exit
    }
    throw error
  }
}

/** What has not stopped by itself so long after Ctrl-C is left: hosts end what runs there when the connection ends. */
const GRACE_MS = 2000

const patience = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => setTimeout(() => reject(signal.reason as Error), GRACE_MS)))

const commandOf = (name: string | undefined): Command | undefined => COMMANDS.find((one) => one.name === name)

/** Reads the flags every command knows, and those of the command that is the first word. */
const parse = (argv: readonly string[]) => {
  const named = parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true, strict: false }).positionals[0]
  const flags = commandOf(named)?.flags ?? {}
  const { values, positionals } = parseArgs({ args: [...argv], options: { ...flags, ...FLAGS }, allowPositionals: true })
  const own = Object.fromEntries(Object.keys(flags).map((flag) => [flag, (values as Flags)[flag]]))
  return { values, positionals, own }
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
    // A connection that was left in the middle would keep the process.
    if (code === EXIT.interrupted) process.exit()
  },
  (error: Error) => {
    process.stderr.write(`slipway: this is a bug, please report it:\n${error.stack}\n`)
    process.exitCode = EXIT.bug
  },
)
