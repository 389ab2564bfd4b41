/** One word of POSIX sh, whatever the text holds. NUL cannot be part of a word. */
export function quote(text: string): string {
  if (text.includes('\0')) throw new Error('a word of a shell script cannot hold a NUL')
  return `'${text.replaceAll("'", "'\\''")}'`
}

const MASK = '***'

/** A value that no text, no JSON and no message of Node shows. */
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
