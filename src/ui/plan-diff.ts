import type { Change } from '../engine/change.ts'

/** A flag without what changes only because it moved to the end of the command line or away from it. */
const bare = (line: string): string =>
  line
    .slice(1)
    .replace(/\s*\\$/, '')
    .trim()

/** The flags that come and go in the diff of a unit file. */
const changedFlags = (lines: readonly string[]): string[] => {
  const marked = lines.filter((line) => /^[-+]/.test(line) && bare(line) !== '')
  const of = (mark: string): string[] => marked.filter((line) => line.startsWith(mark)).map(bare)
  const [gone, come] = [of('-'), of('+')]
  return marked.flatMap((line) => {
    const flag = bare(line)
    return (line.startsWith('-') ? come : gone).includes(flag) ? [] : [`${line.charAt(0)}${flag}`]
  })
}

/** The lines of a change's diff that a plan shows, marked "+", "-" or " ". What is made from nothing is shown only when `verbose`. */
export const shownDiff = ({ want, difference }: Change, verbose: boolean): readonly string[] => {
  if (!difference.diff) return []
  const lines = difference.diff.split('\n')
  if (verbose) return lines
  const { verb } = difference
  if (verb === 'create' || (verb === 'start' && lines.every((line) => line.startsWith('+')))) return []
  return want.kind === 'unit' ? changedFlags(lines) : lines
}
