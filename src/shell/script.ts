import { quote } from './quote.ts'
import { PRELUDE } from './texts.ts'

/** A piece of the library: a function with the comment above it, or what stands between functions. */
type Part = Readonly<{ name?: string; text: string }>

/** The functions of a text, each from its name at the beginning of a line to a brace at the beginning of one, or on one line. */
export const partsOf = (text: string): readonly Part[] => {
  const parts: Part[] = []
  let lines: string[] = []
  let name: string | undefined
  const close = (): void => {
    if (lines.length > 0) parts.push({ ...(name === undefined ? {} : { name }), text: `${lines.join('\n')}\n` })
    lines = []
    name = undefined
  }
  for (const line of text.trimEnd().split('\n')) {
    const [, begun, oneLine] = /^(\w+)\(\) \{(.*\})?$/.exec(line) ?? []
    lines.push(line)
    name ??= begun
    if (line === '}' || oneLine !== undefined || (name === undefined && line !== '' && !line.startsWith('#'))) close()
  }
  close()
  return parts
}

/** The words of a script that may be names of functions; comments, variables, options and parts of paths are none. */
const wordsOf = (text: string): ReadonlySet<string> =>
  new Set(text.replaceAll(/^\s*#.*$/gm, '').match(/(?<![\w$/{.-])[A-Za-z_]\w*(?![\w=/.-])/g))

const LIBRARY = partsOf(PRELUDE)
const FUNCTIONS = new Map(LIBRARY.flatMap(({ name, text }) => (name === undefined ? [] : [[name, wordsOf(text)] as const])))

/** The functions that a text names, and those that these name. A word that is none by chance costs a few bytes. */
const neededBy = (text: string): ReadonlySet<string> => {
  const needed = new Set<string>()
  const take = (words: ReadonlySet<string>): void => {
    for (const word of words) {
      const own = FUNCTIONS.get(word)
      if (!own || needed.has(word)) continue
      needed.add(word)
      take(own)
    }
  }
  take(wordsOf(text))
  return needed
}

const libraryFor = (text: string): string => {
  const needed = neededBy(text)
  return LIBRARY.flatMap((part) => (part.name === undefined || needed.has(part.name) ? [part.text] : [])).join('')
}

/** Variables for all that a script runs. */
export const exportsOf = (environment: Readonly<Record<string, string>>): string =>
  Object.entries(environment)
    .map(([name, value]) => `export ${name}=${quote(value)}\n`)
    .join('')

/** Where the library ends and what is one script's own begins. */
export const OWN = '# ---- what this script is for ----\n'

/** `environment` is exported to all that runs, `functions` stand before the body. A body that reads stdin does not `enter`: the watchdog reads it. */
export type Surroundings = Readonly<{ environment?: Readonly<Record<string, string>>; functions?: string; enters?: boolean }>

/**
 * The script that runs `body` on a host, with those functions of src/shell that it uses. It is wrapped in a function that its last line calls,
 * because a shell that reads a script from stdin runs even the half line it got when the connection is cut.
 */
export const onHost = (body: string, { environment = {}, functions = '', enters = true }: Surroundings = {}): string => {
  const main = `${functions}main() {\n${enters ? 'enter\n' : ''}${body}${body.endsWith('\n') ? '' : '\n'}}\nmain; exit\n`
  return `${libraryFor(main)}${OWN}${exportsOf(environment)}${main}`
}
