/** What the probe printed: its lines by their first word. */
export type Rows = Readonly<{
  of(word: string): readonly (readonly string[])[]
  /** The first field of the first line, or of all of them. */
  one(word: string): string
  all(word: string): string[]
}>

/** Text that travels as base64. */
export const decode = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString('utf8')

/** Reads the lines of the probe: a word and its fields, between tabs. */
export const rowsOf = (output: string): Rows => {
  const rows = new Map<string, string[][]>()
  for (const line of output.split('\n')) {
    if (line === '') continue
    const [word = '', ...fields] = line.split('\t')
    const seen = rows.get(word)
    if (seen) seen.push(fields)
    else rows.set(word, [fields])
  }
  const of = (word: string) => rows.get(word) ?? []
  return { of, one: (word) => of(word)[0]?.[0] ?? '', all: (word) => of(word).map(([value = '']) => value) }
}

/** Lines whose first field is a name, as a map. */
export const byName = <T>(rows: readonly (readonly string[])[], value: (...fields: string[]) => T): Record<string, T> =>
  Object.fromEntries(rows.map(([name = '', ...fields]) => [name, value(...fields)]))

/** A field of JSON; `otherwise` for one that is empty or broken. */
export const json = <T>(text: string | undefined, otherwise: T): T => {
  try {
    return text ? (JSON.parse(text) as T) : otherwise
  } catch {
    return otherwise
  }
}
