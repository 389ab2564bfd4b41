import type { Io, Options } from '../../src/commands/types.ts'
import { createStyle } from '../../src/ui/style.ts'

/** A command line without a terminal; what is printed is kept. */
export const fakeIo = (language: Io['language'] = 'en') => {
  const printed = { out: '', err: '' }
  const io: Io = {
    out: (text) => {
      printed.out += text
    },
    err: (text) => {
      printed.err += text
    },
    language,
    style: createStyle(false),
    outStyle: createStyle(false),
    env: {},
    home: '/nonexistent',
    interactive: false,
    signal: new AbortController().signal,
  }
  return { io, printed }
}

export const options = (given: Partial<Options>): Options =>
  ({ ...DEFAULTS, file: given.files?.at(-1) ?? 'cluster.yml', ...given }) as Options

const DEFAULTS = {
  files: [],
  yes: false,
  output: 'text',
  flags: {},
  verbose: false,
  limit: [],
  exitCode: false,
  offline: false,
  rest: [],
}
