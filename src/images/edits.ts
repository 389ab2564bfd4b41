// Beyond this many edits the quadratic search is not worth its time: the differing middle is then shown as replaced.
const MOST_EDITS = 500

/** A run of lines: a[aStart, aEnd) became b[bStart, bEnd). */
export type Block = Readonly<{ aStart: number; aEnd: number; bStart: number; bEnd: number }>

/** The furthest point of a round on each diagonal (x - y), by its x. */
type Round = ReadonlyMap<number, number>

/** Puts together the blocks that touch. */
const merge = (blocks: readonly Block[]): Block[] => {
  const merged: Block[] = []
  for (const block of blocks) {
    const last = merged.at(-1)
    if (last?.aEnd === block.aStart && last.bEnd === block.bStart) merged.splice(-1, 1, { ...last, aEnd: block.aEnd, bEnd: block.bEnd })
    else merged.push(block)
  }
  return merged
}

/** Equal counts: line against line, as rewriting a value never adds one. Linear, however many changes there are. */
const inPlace = (a: readonly string[], b: readonly string[]): Block[] =>
  merge(a.flatMap((line, i) => (line === b[i] ? [] : [{ aStart: i, aEnd: i + 1, bStart: i, bEnd: i + 1 }])))

/** Whether the way to diagonal `k` in round `d` adds a line of b, from the diagonal above; else it takes one of a away. */
const isDown = (best: Round, k: number, d: number): boolean => k === -d || (k !== d && (best.get(k - 1) ?? -1) < (best.get(k + 1) ?? -1))

/** Goes along a diagonal as far as the lines are equal. */
const slide = (a: readonly string[], b: readonly string[], from: number, k: number): number => {
  let x = from
  while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++
  return x
}

/** Myers' greedy search; returns the furthest points of every round, or undefined when there are too many edits. */
const search = (a: readonly string[], b: readonly string[]): Round[] | undefined => {
  const trace: Round[] = []
  let best: Round = new Map([[1, 0]])
  for (let d = 0; d <= Math.min(a.length + b.length, MOST_EDITS); d++) {
    const next = new Map(best)
    trace.push(best)
    for (let k = -d; k <= d; k += 2) {
      const x = slide(a, b, isDown(best, k, d) ? (best.get(k + 1) ?? 0) : (best.get(k - 1) ?? 0) + 1, k)
      next.set(k, x)
      if (x >= a.length && x - k >= b.length) return trace
    }
    best = next
  }
  return undefined
}

/** The way back through the rounds: one block per added or removed line, merged where they touch. */
const retrace = (trace: readonly Round[], a: readonly string[], b: readonly string[]): Block[] => {
  const blocks: Block[] = []
  let [x, y] = [a.length, b.length]
  for (const [d, best] of [...trace.entries()].slice(1).toReversed()) {
    const k = x - y
    const down = isDown(best, k, d)
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

/** What has to be done to lines `a` to make them lines `b`, in order. */
export const edits = (a: readonly string[], b: readonly string[]): Block[] => (a.length === b.length ? inPlace(a, b) : general(a, b))
