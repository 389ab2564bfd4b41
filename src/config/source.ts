import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  type ParsedNode,
  parseAllDocuments,
  visit,
  type YAMLMap,
} from 'yaml'
import { EXIT, type Problem } from '../problem.ts'
import type { Text } from '../text.ts'
import { quote, say } from './words.ts'

/** Where a value stands in cluster.yml: keys and list indexes from the top. */
export type Path = readonly PropertyKey[]

/** cluster.yml as it was written: turns the path of a value into the place a person can go to. */
export type Source = Readonly<{
  /** The name as the user gave it: "cluster.yml", "stdin". */
  file: string
  /** The folder that relative paths in the file start from. */
  folder: string
  /** What `~` stands for. */
  home: string
  /** "cluster.yml:3:11 nodes[0].hostname_override"; for a path that is not written, the nearest part of it that is. */
  at(path: Path, where?: 'value' | 'key'): string
  /** The characters of a plain value, before YAML made a number of them ("1.30"); undefined when there are none. */
  written(path: Path): string | undefined
}>

/** The folder that relative paths start from, and what `~` stands for. */
export type Folders = Readonly<{ folder: string; home: string }>

const SIMPLE = /^[A-Za-z_][A-Za-z0-9_-]*$/

/** A path as people write it: `nodes[0].labels["example.com/zone"]`. */
export const pathText = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    const name = String(part)
    if (!SIMPLE.test(name)) return `${text}[${quote(name)}]`
    return text === '' ? name : `${text}.${name}`
  }, '')

/** An error in cluster.yml, as a Problem. */
export const mistake = (at: string, what: Text, fix: Text): Problem => ({ at, what, fix, severity: 'error', exit: EXIT.config })

/** A Source for a configuration that was never written down (tests, flags): names paths, knows no lines. */
export const unwritten = (folders: Folders = { folder: '/', home: '/root' }, file = 'cluster.yml'): Source => ({
  file,
  ...folders,
  at: (path) => `${file} ${pathText(path)}`.trimEnd(),
  written: () => undefined,
})

type Spot = { key?: unknown; value?: unknown }

const isMergeKey = (key: unknown): boolean =>
  isScalar(key) && (key.value === '<<' || (typeof key.value === 'symbol' && key.value.description === '<<'))

const keyText = (key: unknown): string => (isScalar(key) ? String(key.value ?? '') : '')

/** Anchors by name, so that an alias costs one look-up and not a walk through the document. */
const anchorsOf = (root: ParsedNode | null): Map<string, Node> => {
  const anchors = new Map<string, Node>()
  if (root) visit(root, { Node: (_, node) => void ('anchor' in node && node.anchor && anchors.set(node.anchor, node as Node)) })
  return anchors
}

/** Finds the node of a path, through aliases and merge keys. */
const finder = (root: ParsedNode | null) => {
  let anchors: Map<string, Node> | undefined
  const target = (node: unknown): unknown => {
    if (!isAlias(node)) return node
    anchors ??= anchorsOf(root)
    return anchors.get(node.source)
  }
  const inMap = (map: YAMLMap, name: string, depth: number): Spot | undefined => {
    const pair = map.items.find((item) => !isMergeKey(item.key) && keyText(item.key) === name)
    if (pair) return { key: pair.key, value: pair.value }
    if (depth > 20) return undefined
    for (const merge of map.items.filter((item) => isMergeKey(item.key))) {
      const from = target(merge.value)
      const maps = isSeq(from) ? from.items.map(target) : [from]
      for (const one of maps) {
        const spot = isMap(one) ? inMap(one, name, depth + 1) : undefined
        if (spot) return spot
      }
    }
    return undefined
  }
  const step = (node: unknown, part: PropertyKey): Spot | undefined => {
    const here = target(node)
    if (isSeq(here)) return typeof part === 'number' && part < here.items.length ? { value: here.items[part] } : undefined
    return isMap(here) ? inMap(here, String(part), 0) : undefined
  }
  /** The spots along `path` that exist, the first being the document itself. */
  return (path: Path): Spot[] => {
    const spots: Spot[] = [{ value: root }]
    for (const part of path) {
      const spot = step(spots.at(-1)?.value, part)
      if (!spot) break
      spots.push(spot)
    }
    return spots
  }
}

const offsetOf = (node: unknown): number | undefined => {
  const range = (node as Node | null | undefined)?.range
  return range ? range[0] : undefined
}

/** Path of the innermost key that stands at `offset`. */
const pathAt = (root: ParsedNode | null, offset: number): Path => {
  let deepest: Path = []
  const within = (node: unknown): boolean => {
    const range = (node as Node | null | undefined)?.range
    return !!range && range[0] <= offset && offset <= range[2]
  }
  const walk = (node: unknown, path: Path): void => {
    deepest = path
    if (isSeq(node)) {
      const index = node.items.findIndex(within)
      if (index >= 0) walk(node.items[index], [...path, index])
    } else if (isMap(node)) {
      const onKey = node.items.find((item: Pair) => within(item.key) && offsetOf(item.key) === offset)
      const inside = onKey ?? node.items.find((item: Pair) => within(item.value))
      if (!inside) return
      const next = [...path, keyText(inside.key)]
      if (onKey) deepest = next
      else walk(inside.value, next)
    }
  }
  walk(root, [])
  return deepest
}

const SYNTAX: Readonly<Record<string, readonly [what: Text, fix: Text]>> = {
  DUPLICATE_KEY: [say('This key is written twice.', '这个键写了两次。'), say('Keep one of them.', '请只保留一个。')],
  TAB_AS_INDENT: [say('A tab is used as indentation.', '缩进用了制表符（Tab）。'), say('Use spaces.', '请改用空格。')],
  BAD_INDENT: [
    say('The indentation does not fit the lines above.', '缩进与上面的行不一致。'),
    say('Give keys that belong together the same number of spaces.', '同一层的键请用同样数量的空格缩进。'),
  ],
  MISSING_CHAR: [
    say(
      'A character is missing: a quote, a bracket, a comma, or the space after ":" or "-".',
      '缺少字符：引号、括号、逗号，或 ":"、"-" 后面的空格。',
    ),
    say('Close what was opened, and put a space after ":" and "-".', '请补全引号或括号，并在 ":" 和 "-" 后面加空格。'),
  ],
  BAD_SCALAR_START: [
    say('A value cannot start with this character ("@", "`", "%", "," ...).', '值不能以这个字符开头（"@"、"`"、"%"、"," 等）。'),
    say('Put the value in quotes.', '请给这个值加上引号。'),
  ],
  BAD_DQ_ESCAPE: [
    say('Unknown escape sequence in a text with double quotes.', '双引号文本中有无法识别的转义序列。'),
    say('Write "\\\\" for a backslash, or use single quotes.', '反斜杠请写成 "\\\\"，或改用单引号。'),
  ],
  BLOCK_AS_IMPLICIT_KEY: [
    say('A key stands where a plain value is expected.', '此处应为普通值，却出现了另一个键。'),
    say(
      'Put a value that holds ": " in quotes, or start the inner map on a line of its own.',
      '含有 ": " 的值请加引号，或把内层映射另起一行。',
    ),
  ],
  BAD_ALIAS: [
    say('This alias names no anchor above it.', '这个别名没有对应的锚点。'),
    say('Define it with "&name" before "*name".', '请先用 "&name" 定义，再用 "*name" 引用。'),
  ],
  MULTIPLE_DOCS: [
    say('The file holds several YAML documents ("---").', '文件里有多个 YAML 文档（"---"）。'),
    say('Keep one cluster per file.', '每个文件只能写一个集群。'),
  ],
  TAG_RESOLVE_FAILED: [
    say('YAML tags ("!name") are not supported.', '不支持 YAML 标签（"!name"）。'),
    say('Write the plain value.', '请直接写值。'),
  ],
  RESOURCE_EXHAUSTION: [
    say('The file is nested too deeply or repeats itself too often.', '文件嵌套过深，或别名引用过多。'),
    say('Write it out with fewer levels and aliases.', '请减少层级和别名。'),
  ],
}

const OTHER: readonly [Text, Text] = [
  say('This is not valid YAML.', '这里不是有效的 YAML。'),
  say(
    'Compare the line with cluster.example.yml: indentation, quotes, ":" and "-".',
    '请对照 cluster.example.yml 检查这一行的缩进、引号、":" 和 "-"。',
  ),
]

const wordsFor = (code: string): readonly [Text, Text] => SYNTAX[code] ?? OTHER

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

/** Offsets of aliases that name no anchor before them; yaml itself finds them only when the value is asked for, and then throws. */
const looseAliases = (root: ParsedNode | null): number[] => {
  const anchors = new Set<string>()
  const loose: number[] = []
  if (!root) return loose
  visit(root, {
    Alias: (_, alias) => void (anchors.has(alias.source) || loose.push(alias.range?.[0] ?? 0)),
    Value: (_, node) => void (node.anchor && anchors.add(node.anchor)),
  })
  return loose
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

const parse = (text: string, file: string, folders: Folders): Parsed => {
  const lines = lineCounter(text)
  // Asking for merge keys costs a look at every pair, so only where there may be one.
  const merge = text.includes('<<')
  const options = { version: '1.2', merge, strict: true, uniqueKeys: true, prettyErrors: false, logLevel: 'silent' } as const
  const all = withPlainEnv(() => parseAllDocuments<ParsedNode>(text, options))
  const documents = Array.isArray(all) ? all : []
  const [doc, second] = documents
  const root = doc?.contents ?? null
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(Math.min(offset, text.length))
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`
  }
  const find = finder(root)
  const at = (path: Path, where: 'value' | 'key' = 'value'): string => {
    const spots = find(path)
    const whole = spots.length === path.length + 1
    const spot = spots.at(-1)
    const node = whole && where === 'key' && spot?.key !== undefined ? spot.key : spot?.value
    const offset = offsetOf(node) ?? offsetOf(spot?.key) ?? 0
    return `${place(offset)} ${pathText(path)}`.trimEnd()
  }
  const written = (path: Path): string | undefined => {
    const spots = find(path)
    const node = spots.length === path.length + 1 ? spots.at(-1)?.value : undefined
    return isScalar(node) && typeof node.source === 'string' ? node.source : undefined
  }
  const source: Source = { file, ...folders, at, written }
  const problems = [...(doc?.errors ?? []), ...(doc?.warnings ?? [])].map((error) => {
    const [what, fix] = wordsFor(error.code)
    const path = error.code === 'DUPLICATE_KEY' ? ` ${pathText(pathAt(root, error.pos[0]))}` : ''
    return mistake(`${place(error.pos[0])}${path}`, what, fix)
  })
  if (second) problems.push(mistake(place(offsetOf(second.contents) ?? second.range?.[0] ?? 0), ...wordsFor('MULTIPLE_DOCS')))
  const loose = text.includes('*') ? looseAliases(root) : []
  problems.push(...loose.map((offset) => mistake(place(offset), ...wordsFor('BAD_ALIAS'))))
  const readable = loose.length === 0 && (doc?.errors.every((error) => error.code === 'DUPLICATE_KEY') ?? true)
  return { value: readable ? (doc?.toJS({ maxAliasCount: MAX_ALIASES }) ?? null) : undefined, source, problems }
}
