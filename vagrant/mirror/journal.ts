import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'

/** JSON lines in a file, in the order in which they were written. */
export class Journal {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
    if (!existsSync(file)) writeFileSync(file, '')
  }

  add(line: object): void {
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`)
  }

  clear(): void {
    writeFileSync(this.#file, '')
  }

  /** Lines whose `time` is not before `since`. */
  read(since = ''): string {
    const all = readFileSync(this.#file, 'utf8')
    if (since === '') return all
    const kept = all.split('\n').filter((line) => line !== '' && (JSON.parse(line) as { time: string }).time >= since)
    return kept.length === 0 ? '' : `${kept.join('\n')}\n`
  }
}
