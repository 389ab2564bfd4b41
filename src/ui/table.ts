import { padTo, width } from './width.ts'

type Rows = readonly (readonly string[])[]

const aligned = (all: Rows): string[] => {
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => width(row[column] ?? ''))))
  return all.map((row) =>
    row
      .map((cell, column) => padTo(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

const stacked = (all: Rows): string[] => all.flatMap((row) => row.map((cell, column) => (column === 0 ? cell : `  ${cell}`)))

/**
 * Aligned columns, two spaces apart, one line a row. Where that is wider than `columns`, each row is a block instead, one line a cell, the
 * header too: nothing is cut, so that it can be copied.
 */
export const table = (header: readonly string[], rows: Rows, columns = Number.POSITIVE_INFINITY): string => {
  const all = [header, ...rows]
  const lines = aligned(all)
  return (lines.every((line) => width(line) <= columns) ? lines : stacked(all)).map((line) => `${line}\n`).join('')
}
