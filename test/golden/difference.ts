import { markedLines } from '../../src/diff.ts'

/** A part of a script or of a plan, with what it is about: "unit kubelet". */
export type Part = Readonly<{ title: string; lines: readonly string[] }>

/** A document that others are compared to. */
export type Base = Readonly<{ name: string; parts: readonly Part[] }>

/** A part of a base, and the name by which a difference speaks of it. */
type Candidate = Readonly<{ name: string; lines: readonly string[] }>

const sameLines = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((line, at) => line === b[at])

/** What differs, and of what is alike only how many lines it has: then no line can change without being seen. */
const differences = (before: readonly string[], after: readonly string[]): string[] => {
  const shown: string[] = []
  let alike = 0
  const count = (): void => {
    if (alike > 0) shown.push(`    (${alike} alike)`)
    alike = 0
  }
  for (const line of markedLines(before, after)) {
    if (line.startsWith(' ')) alike++
    else {
      count()
      shown.push(`  ${line}`)
    }
  }
  count()
  return shown
}

const kindOf = (title: string): string => title.split(' ')[0] ?? ''

/** "pushed/cp1"; with its own title where that is another, and a number where a title stands there more than once. */
const labelOf = (base: Base, part: Part, title: string): string => {
  const place = base.parts.filter((other) => other.title === part.title).indexOf(part)
  return `${base.name}${part.title === title ? '' : `: ${part.title}`}${place > 0 ? ` #${place + 1}` : ''}`
}

/** The parts with this title; with none, those of its kind, such as the drains of other nodes. */
const candidatesFor = (title: string, bases: readonly Base[]): Candidate[] => {
  const all = bases.flatMap((base) => base.parts.map((part) => ({ base, part })))
  const named = all.filter(({ part }) => part.title === title)
  const alike = named.length > 0 ? named : all.filter(({ part }) => kindOf(part.title) === kindOf(title))
  return alike.map(({ base, part }) => ({ name: labelOf(base, part, title), lines: part.lines }))
}

const shownPart = ({ title, lines }: Part, bases: readonly Base[]): string[] => {
  if (lines.length === 0) return [`+ ${title}`]
  const candidates = candidatesFor(title, bases)
  const twin = candidates.find((candidate) => sameLines(candidate.lines, lines))
  if (twin) return [`= ${title} <- ${twin.name}`]
  const ways = candidates.map(({ name, lines: before }) => [`~ ${title} <- ${name}`, ...differences(before, lines)])
  const whole = [`+ ${title}`, ...lines.map((line) => `  +${line}`)]
  return ways.reduce((best, way) => (way.length < best.length ? way : best), whole)
}

/**
 * A document as its differences from others. "=" means alike, "~" the lines that differ, "+" a part that the others have not;
 * behind "<-" stands what it was compared to, the nearest part with the same title or of the same kind.
 */
export const differenceFrom = (bases: readonly Base[], parts: readonly Part[]): string =>
  `${parts.flatMap((part) => shownPart(part, bases)).join('\n')}\n`

const rebuilt = (before: readonly string[], shown: readonly string[]): string[] => {
  let at = 0
  return shown.flatMap((line) => {
    const alike = /^ {4}\((\d+) alike\)$/.exec(line)
    if (alike) {
      at += Number(alike[1])
      return before.slice(at - Number(alike[1]), at)
    }
    if (line.startsWith('  -')) at++
    return line.startsWith('  +') ? [line.slice(3)] : []
  })
}

/** The way back, as a proof that nothing is lost: the parts that such a text stands for. */
export const partsFrom = (bases: readonly Base[], text: string): Part[] =>
  text
    .replace(/\n$/, '')
    .split(/\n(?=[=~+] )/)
    .map((shown) => {
      const [head = '', ...lines] = shown.split('\n')
      if (head.startsWith('+')) return { title: head.slice(2), lines: rebuilt([], lines) }
      const [, title = '', name = ''] = /^. (.*) <- (.*)$/.exec(head) ?? []
      const before = candidatesFor(title, bases).find((candidate) => candidate.name === name)?.lines ?? []
      return { title, lines: head.startsWith('=') ? before : rebuilt(before, lines) }
    })
