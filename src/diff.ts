const CONTEXT = 2

/** Longest common subsequence of two short line lists, as the table of its lengths. */
const lengths = (a: readonly string[], b: readonly string[]): Uint32Array[] => {
  const table = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      (table[i] as Uint32Array)[j] =
        a[i] === b[j] ? (table[i + 1]?.[j + 1] ?? 0) + 1 : Math.max(table[i + 1]?.[j] ?? 0, table[i]?.[j + 1] ?? 0)
  return table
}

/** All lines of two lists: marked " " where both have them, "-" where only the first has, "+" where only the second. */
export const markedLines = (a: readonly string[], b: readonly string[]): string[] => {
  const table = lengths(a, b)
  const marked: string[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      marked.push(` ${a[i]}`)
      i++
      j++
    } else if (i < a.length && (j >= b.length || (table[i + 1]?.[j] ?? 0) >= (table[i]?.[j + 1] ?? 0))) marked.push(`-${a[i++]}`)
    else marked.push(`+${b[j++]}`)
  }
  return marked
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

/**
 * The lines that differ between two texts, each marked "-" or "+", with two unchanged lines around (marked " ").
 * For configuration files of some hundred lines; time and memory grow with the product of the lengths.
 */
export const lineDiff = (before: string, after: string): string => {
  const marked = markedLines(linesOf(before), linesOf(after))
  const near = (at: number): boolean => marked.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some((line) => !line.startsWith(' '))
  return marked.filter((_, at) => near(at)).join('\n')
}
