/** How many unchanged lines stand around a change. */
const CONTEXT = 3
// Beyond this many edits the quadratic search is not worth its time: the differing middle is then shown as replaced.
const MOST_EDITS = 500

/** A run of lines: a[aStart, aEnd) became b[bStart, bEnd). */
type Block = { aStart: number; aEnd: number; bStart: number; bEnd: number }

/** Lines with their newlines; the last may have none. */
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/** Equal counts: line against line, as rewriting a value never adds one. Linear, however many changes there are. */
const inPlace = (a: readonly string[], b: readonly string[]): Block[] => {
  const blocks: Block[] = []
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue
    const last = blocks.at(-1)
    if (last?.aEnd === i) last.aEnd = last.bEnd = i + 1
    else blocks.push({ aStart: i, aEnd: i + 1, bStart: i, bEnd: i + 1 })
  }
  return blocks
}

/** Myers' greedy search; returns the furthest points of every round, or undefined when there are too many edits. */
const search = (a: readonly string[], b: readonly string[]): Map<number, number>[] | undefined => {
  const trace: Map<number, number>[] = []
  let best = new Map([[1, 0]])
  for (let d = 0; d <= Math.min(a.length + b.length, MOST_EDITS); d++) {
    const next = new Map(best)
    trace.push(best)
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (best.get(k - 1) ?? -1) < (best.get(k + 1) ?? -1))
      let x = down ? (best.get(k + 1) ?? 0) : (best.get(k - 1) ?? 0) + 1
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++
      next.set(k, x)
      if (x >= a.length && x - k >= b.length) return trace
    }
    best = next
  }
  return undefined
}

const merge = (blocks: readonly Block[]): Block[] => {
  const merged: Block[] = []
  for (const block of blocks) {
    const last = merged.at(-1)
    if (last?.aEnd === block.aStart && last.bEnd === block.bStart) Object.assign(last, { aEnd: block.aEnd, bEnd: block.bEnd })
    else merged.push({ ...block })
  }
  return merged
}

/** The way back through the rounds: one block per added or removed line, merged where they touch. */
const retrace = (trace: readonly Map<number, number>[], a: readonly string[], b: readonly string[]): Block[] => {
  const blocks: Block[] = []
  let [x, y] = [a.length, b.length]
  for (let d = trace.length - 1; d > 0; d--) {
    const best = trace[d]!
    const k = x - y
    const down = k === -d || (k !== d && (best.get(k - 1) ?? -1) < (best.get(k + 1) ?? -1))
    const before = down ? k + 1 : k - 1
    const px = best.get(before) ?? 0
    const py = px - before
    blocks.unshift({ aStart: px, aEnd: down ? px : px + 1, bStart: py, bEnd: down ? py + 1 : py })
    ;[x, y] = [px, py]
  }
  return merge(blocks)
}

const general = (a: readonly string[], b: readonly string[]): Block[] => {
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++
  const [middleA, middleB] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)]
  const trace = search(middleA, middleB)
  const blocks = trace ? retrace(trace, middleA, middleB) : [{ aStart: 0, aEnd: middleA.length, bStart: 0, bEnd: middleB.length }]
  return blocks.map(({ aStart, aEnd, bStart, bEnd }) => ({
    aStart: aStart + head,
    aEnd: aEnd + head,
    bStart: bStart + head,
    bEnd: bEnd + head,
  }))
}

/** Blocks whose contexts touch share a hunk. */
const hunksOf = (blocks: readonly Block[]): Block[][] => {
  const hunks: Block[][] = []
  for (const block of blocks) {
    const last = hunks.at(-1)
    if (last !== undefined && block.aStart - last.at(-1)!.aEnd <= 2 * CONTEXT) last.push(block)
    else hunks.push([block])
  }
  return hunks
}

const marked = (mark: string, lines: readonly string[]): string =>
  lines.map((line) => mark + (line.endsWith('\n') ? line : `${line}\n\\ No newline at end of file\n`)).join('')

const range = (start: number, count: number) => `${count === 0 ? start : start + 1}${count === 1 ? '' : `,${count}`}`

const hunkText = (hunk: readonly Block[], a: readonly string[], b: readonly string[]): string => {
  const [first, last] = [hunk[0]!, hunk.at(-1)!]
  const before = Math.min(CONTEXT, first.aStart)
  const after = Math.min(CONTEXT, a.length - last.aEnd)
  const [aFrom, bFrom] = [first.aStart - before, first.bStart - before]
  let text = ''
  let at = aFrom
  for (const { aStart, aEnd, bStart, bEnd } of hunk) {
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
  const blocks = linesA.length === linesB.length ? inPlace(linesA, linesB) : general(linesA, linesB)
  return `--- a/${name}\n+++ b/${name}\n${hunksOf(blocks)
    .map((hunk) => hunkText(hunk, linesA, linesB))
    .join('')}`
}
