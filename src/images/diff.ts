import { type Block, edits } from './edits.ts'

/** How many unchanged lines stand around a change. */
const CONTEXT = 3

/** Blocks that are shown together. */
type Hunk = { first: Block; last: Block; blocks: Block[] }

/** Lines with their newlines; the last may have none. */
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/** Blocks whose contexts touch share a hunk. */
const hunksOf = (blocks: readonly Block[]): Hunk[] => {
  const hunks: Hunk[] = []
  for (const block of blocks) {
    const open = hunks.at(-1)
    if (open && block.aStart - open.last.aEnd <= 2 * CONTEXT) {
      open.blocks.push(block)
      open.last = block
    } else hunks.push({ first: block, last: block, blocks: [block] })
  }
  return hunks
}

const marked = (mark: string, lines: readonly string[]): string =>
  lines.map((line) => mark + (line.endsWith('\n') ? line : `${line}\n\\ No newline at end of file\n`)).join('')

const range = (start: number, count: number) => `${count === 0 ? start : start + 1}${count === 1 ? '' : `,${count}`}`

const hunkText = ({ first, last, blocks }: Hunk, a: readonly string[], b: readonly string[]): string => {
  const before = Math.min(CONTEXT, first.aStart)
  const after = Math.min(CONTEXT, a.length - last.aEnd)
  const [aFrom, bFrom] = [first.aStart - before, first.bStart - before]
  let text = ''
  let at = aFrom
  for (const { aStart, aEnd, bStart, bEnd } of blocks) {
    text += marked(' ', a.slice(at, aStart)) + marked('-', a.slice(aStart, aEnd)) + marked('+', b.slice(bStart, bEnd))
    at = aEnd
  }
  text += marked(' ', a.slice(at, at + after))
  return `@@ -${range(aFrom, last.aEnd + after - aFrom)} +${range(bFrom, last.bEnd + after - bFrom)} @@\n${text}`
}

/** The unified diff that turns text `a` into text `b`, as `diff -u` and `patch` know it; empty when they are equal. `name` is the file's. */
export const unifiedDiff = (a: string, b: string, name: string): string => {
  if (a === b) return ''
  const [linesA, linesB] = [linesOf(a), linesOf(b)]
  return `--- a/${name}\n+++ b/${name}\n${hunksOf(edits(linesA, linesB))
    .map((hunk) => hunkText(hunk, linesA, linesB))
    .join('')}`
}
