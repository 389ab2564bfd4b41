/** One word of POSIX sh, whatever the text holds. NUL cannot be part of a word. */
export function quote(text: string): string {
  if (text.includes('\0')) throw new Error('a word of a shell script cannot hold a NUL')
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** A value that is quoted like any other and shown nowhere. */
export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return MASK
  }
  toJSON(): string {
    return MASK
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return MASK
  }
}

/** A script made by sh`...`: what runs (`text`) and what may be shown (`masked`, also when printed by accident). */
export class Script {
  readonly #text: string
  readonly masked: string
  constructor(text: string, masked: string) {
    this.#text = text
    this.masked = masked
  }
  get text(): string {
    return this.#text
  }
  toString(): string {
    return this.masked
  }
  toJSON(): string {
    return this.masked
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.masked
  }
}

const MASK = '***'

type Word = string | number | Secret | Script
type Value = Word | readonly Word[]

/** Wraps a value so that sh`...` quotes it in the script and masks it everywhere else. */
export const secret = (value: string): Secret => new Secret(value)

/** The script as it may be shown. */
export const masked = (script: Script): string => script.masked

/** A constant text as a script, as it is. */
export const verbatim = (text: string): Script => new Script(text, text)

/** POSIX sh: `${value}` becomes one quoted word, a list several, another script is inserted as it is. Backslashes are the shell's. Never write `${}` inside quotes. */
export function sh(strings: TemplateStringsArray, ...values: Value[]): Script {
  const parts = values.map((value) => (Array.isArray(value) ? value : [value]) as readonly Word[])
  const join = (word: (value: Word) => string) => strings.raw.map((piece, i) => piece + (parts[i] ?? []).map(word).join(' ')).join('')
  return new Script(join(plainWord), join(maskedWord))
}

function plainWord(value: Word): string {
  if (value instanceof Script) return value.text
  return quote(value instanceof Secret ? value.reveal() : String(value))
}

const maskedWord = (value: Word): string => {
  if (value instanceof Script) return value.masked
  return value instanceof Secret ? MASK : quote(String(value))
}
