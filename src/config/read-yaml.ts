import { isScalar, LineCounter, type ParsedNode, parseAllDocuments } from 'yaml'
import type { Problem } from '../problem.ts'
import { type Folders, mistake, pathText, type Source, unwritten } from './source.ts'
import { finder, looseAliases, offsetOf, pathAt } from './yaml-places.ts'
import { wordsFor } from './yaml-words.ts'

/** What YAML made of the text. `value` is undefined when the text could not be read at all. */
export type Parsed = Readonly<{ value: unknown; source: Source; problems: Problem[] }>

const MAX_ALIASES = 20_000

/** Reads YAML 1.2 (and `<<` merge keys) with positions. Never throws. */
export const readYaml = (text: string, file: string, folders: Folders): Parsed => {
  try {
    return parse(text.replace(/^\ufeff/, ''), file, folders)
  } catch {
    const source: Source = { ...unwritten(folders, file), at: (path) => `${file}:1:1 ${pathText(path)}`.trimEnd() }
    const [what, fix] = wordsFor('RESOURCE_EXHAUSTION')
    return { value: undefined, source, problems: [mistake(source.at([]), what, fix)] }
  }
}

// Filled here and not by the parser, which loses lines inside broken flow collections.
const lineCounter = (text: string): LineCounter => {
  const lines = new LineCounter()
  lines.addNewLine(0)
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) lines.addNewLine(end + 1)
  return lines
}

// yaml looks into process.env at every token, which is a slow call in Node: half of the time of a 1000-host file. A plain copy is quick.
const withPlainEnv = <T>(work: () => T): T => {
  const { env } = process
  process.env = { ...env }
  try {
    return work()
  } finally {
    process.env = env
  }
}

/** The Source of a document, and the place of a character in it: "cluster.yml:3:11". */
type Places = Readonly<{ source: Source; place(offset: number): string }>

const placesIn = (root: ParsedNode | null, text: string, file: string, folders: Folders): Places => {
  const lines = lineCounter(text)
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(Math.min(offset, text.length))
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`
  }
  const find = finder(root)
  const at: Source['at'] = (path, where = 'value') => {
    const spots = find(path)
    const whole = spots.length === path.length + 1
    const spot = spots.at(-1)
    const node = whole && where === 'key' && spot?.key !== undefined ? spot.key : spot?.value
    const offset = offsetOf(node) ?? offsetOf(spot?.key) ?? 0
    return `${place(offset)} ${pathText(path)}`.trimEnd()
  }
  const written: Source['written'] = (path) => {
    const spots = find(path)
    const node = spots.length === path.length + 1 ? spots.at(-1)?.value : undefined
    return isScalar(node) && typeof node.source === 'string' ? node.source : undefined
  }
  return { source: { file, ...folders, at, written }, place }
}

const FULL_WIDTH = /[：，－【】［］｛｝“”‘’\u3000]/

/** Where a full-width character stands on the line of an error or the one above, outside quotes and comments. */
const fullWidthNear = (text: string, offset: number): number | undefined => {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  const above = start === 0 ? 0 : text.lastIndexOf('\n', start - 2) + 1
  const lines = text
    .slice(above, end < 0 ? undefined : end)
    .replace(/"[^"\n]*"|'[^'\n]*'|(^|[^\S\n])#.*/gm, (part) => ' '.repeat(part.length))
  const found = lines.search(FULL_WIDTH)
  return found < 0 ? undefined : above + found
}

const parse = (text: string, file: string, folders: Folders): Parsed => {
  // Asking for merge keys costs a look at every pair, so only where there may be one.
  const merge = text.includes('<<')
  const options = { version: '1.2', merge, strict: true, uniqueKeys: true, prettyErrors: false, logLevel: 'silent' } as const
  const all = withPlainEnv(() => parseAllDocuments<ParsedNode>(text, options))
  const documents = Array.isArray(all) ? all : []
  const [doc, second] = documents
  const root = doc?.contents ?? null
  const { source, place } = placesIn(root, text, file, folders)
  const problems = [...(doc?.errors ?? []), ...(doc?.warnings ?? [])].map((error) => {
    const wide = error.code === 'DUPLICATE_KEY' ? undefined : fullWidthNear(text, error.pos[0])
    if (wide !== undefined) return mistake(place(wide), ...wordsFor('FULL_WIDTH'))
    const [what, fix] = wordsFor(error.code, error.message)
    const path = error.code === 'DUPLICATE_KEY' ? ` ${pathText(pathAt(root, error.pos[0]))}` : ''
    return mistake(`${place(error.pos[0])}${path}`, what, fix)
  })
  if (second) problems.push(mistake(place(offsetOf(second.contents) ?? second.range?.[0] ?? 0), ...wordsFor('MULTIPLE_DOCS')))
  const loose = text.includes('*') ? looseAliases(root) : []
  problems.push(...loose.map((offset) => mistake(place(offset), ...wordsFor('BAD_ALIAS'))))
  const readable = loose.length === 0 && (doc?.errors.every((error) => error.code === 'DUPLICATE_KEY') ?? true)
  return { value: readable ? (doc?.toJS({ maxAliasCount: MAX_ALIASES }) ?? null) : undefined, source, problems }
}
