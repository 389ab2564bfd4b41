import { stringify } from 'yaml'
import type { z } from 'zod'
import { MEANING, type Row, rowOf } from './explain.ts'
import { schema } from './schema.ts'
import { bare, defOf } from './walk.ts'

const HEADER = `# Every key of cluster.yml, with its default or an example. Written by scripts/generate.ts from src/config/schema.ts: do not edit.
#
# The lines without "#" are a whole cluster.yml. To use another key, remove the "#" in front of it (and of the keys it stands under).
# The word in brackets says what a change does later:
${Object.entries(MEANING)
  .map(([word, { en }]) => `#   [${word}]${' '.repeat(10 - word.length)}${en}`)
  .join('\n')}
# yaml-language-server: $schema=docs/cluster.schema.json
`

/** The keys that stand uncommented in cluster.example.yml, and their values. */
const MINIMAL: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['kubernetes_version', 'v1.36.3'],
  ['nodes', undefined],
  ['nodes[].address', '10.0.0.11'],
  ['nodes[].role', ['control-plane', 'worker']],
  ['nodes[].hostname_override', 'cp1'],
])

const flow = (value: unknown): string =>
  stringify(value ?? null, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0, defaultStringType: 'PLAIN' }).trim()

const shown = (value: unknown): string => (value === '' ? '""' : flow(value))

type Line = Readonly<{ name: string; type: z.ZodType; path: string; indent: string; dash: string }>

const comment = (row: Row, indent: string): string => {
  const plain = row.default === undefined ? '' : ` Default: ${shown(row.default)}.`
  return `${indent}# ${row.description}.${plain} [${row.applied}]`
}

const keyLines = ({ name, type, path, indent, dash }: Line): string[] => {
  const row = rowOf(type, path)
  const def = defOf(bare(type))
  const element = def.element ? bare(def.element) : undefined
  const inner = def.shape ?? (element && defOf(element).shape)
  const off = MINIMAL.has(path) ? '' : '#'
  const deeper = indent.replace('- ', '  ')
  const head = `${deeper}${off}${dash}${name}:`
  const about = comment(row, deeper)
  if (!inner) return [about, `${head} ${shown(MINIMAL.get(path) ?? row.example ?? row.default)}`]
  const below = `${deeper}${dash ? '  ' : ''}  `
  return [about, head, ...mapLines(inner, element ? `${path}[]` : path, below, element !== undefined)]
}

const mapLines = (shape: Record<string, z.ZodType>, prefix: string, indent: string, inList: boolean): string[] =>
  Object.entries(shape).flatMap(([name, type], index) => {
    const path = prefix === '' ? name : `${prefix}.${name}`
    const first = inList && index === 0
    return keyLines({ name, type, path, indent: inList && !first ? `${indent}  ` : indent, dash: first ? '- ' : '' })
  })

/** The text of cluster.example.yml: every key with its description; the smallest useful file is uncommented. */
export const example = (): string => {
  const lines = Object.entries(defOf(schema).shape ?? {}).flatMap(([name, type]) => [
    '',
    ...keyLines({ name, type, path: name, indent: '', dash: '' }),
  ])
  return `${HEADER}${lines.join('\n')}\n`
}
