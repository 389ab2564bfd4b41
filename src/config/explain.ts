import { stringify } from 'yaml'
import { z } from 'zod'
import type { Applied } from './schema/key.ts'
import { schema } from './schema.ts'
import { bare, defOf } from './walk.ts'

/** One key of cluster.yml, as the reference shows it. */
export type Row = Readonly<{
  /** "nodes[].role" */
  path: string
  /** "a list of control-plane, etcd or worker" */
  type: string
  /** Absent when there is none. */
  default?: unknown
  required: boolean
  description: string
  applied: Applied
  example?: unknown
}>

/** What each way of applying a change means, for people. */
export const APPLIED: Readonly<Record<Applied, string>> = {
  live: 'a change is applied and nothing restarts',
  restart: 'a change restarts the units that read it, control planes one at a time',
  drain: 'a change moves the pods of the node away first, then restarts what reads it; one control plane at a time',
  install: 'read when a host is installed; a later change does nothing to it',
  immutable: 'cannot be changed on a running cluster',
  operator: 'how your machine reaches the hosts; the cluster never sees it',
}

type Meta = { description?: string; applied?: Applied; example?: unknown }

const range = (min: number, max: number): string => (Number.isSafeInteger(min) && Math.abs(min) < 2 ** 52 ? ` from ${min} to ${max}` : '')

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`

/** The type of a key in words. */
const typeText = (type: z.ZodType): string => {
  const inner = bare(type)
  const def = defOf(inner)
  switch (def.type) {
    case 'string':
      return inner instanceof z.ZodIPv4 ? 'an IPv4 address' : inner instanceof z.ZodURL ? 'a URL' : 'text'
    case 'number': {
      const { minValue, maxValue } = inner as z.ZodNumber
      return `a whole number${range(minValue ?? Number.NaN, maxValue ?? Number.NaN)}`
    }
    case 'boolean':
      return 'true or false'
    case 'null':
      return 'null'
    case 'enum':
      return listed(Object.values(def.entries ?? {}))
    case 'array':
      return def.element && defOf(bare(def.element)).shape
        ? 'a list of maps'
        : `a list of ${def.element ? typeText(def.element) : 'values'}`
    case 'union':
      return listed((def.options ?? []).map(typeText))
    case 'record':
      return def.valueType && defOf(bare(def.valueType)).type !== 'lazy' ? `a map of names to ${typeText(def.valueType)}` : 'a map'
    default:
      return 'a map'
  }
}

/** The innermost `default(...)` of a key; maps have none of their own. */
const defaultOf = (type: z.ZodType): { default?: unknown } => {
  const def = defOf(type)
  if (def.type === 'default') return { default: def.defaultValue }
  return def.innerType ? defaultOf(def.innerType) : {}
}

const rowOf = (type: z.ZodType, path: string): Row => {
  const { description = '', applied = 'live', example } = (type.meta() ?? {}) as Meta
  return {
    path,
    type: typeText(type),
    ...defaultOf(type),
    required: !type.safeParse(undefined).success,
    description,
    applied,
    ...(example === undefined ? {} : { example }),
  }
}

/** Every key under a schema, parents before children, in the order of the file. */
export const rows = (type: z.ZodType = schema, prefix = ''): Row[] => {
  const def = defOf(bare(type))
  if (def.shape) {
    return Object.entries(def.shape).flatMap(([name, inner]) => {
      const path = prefix === '' ? name : `${prefix}.${name}`
      return [rowOf(inner, path), ...rows(inner, path)]
    })
  }
  return def.element ? rows(def.element, `${prefix}[]`) : []
}

/** A key as it is asked for: indexes and spaces do not matter ("nodes[0].role" is "nodes[].role", and so is "nodes.role"). */
const asked = (key: string): string => key.trim().replace(/\[\d*\]/g, '')

/** The rows of a key and of everything under it; a bare name ("pod_cidr") finds the key wherever it stands. Empty for an unknown key. */
export const explain = (key: string): Row[] => {
  const all = rows()
  const wanted = asked(key)
  const under = all.filter(({ path }) => asked(path) === wanted || asked(path).startsWith(`${wanted}.`))
  return under.length > 0 ? under : all.filter(({ path }) => path.endsWith(`.${wanted}`))
}

const json = z.toJSONSchema

/** JSON Schema (draft 2020-12) of cluster.yml, for editors. */
export const jsonSchema = (): Record<string, unknown> => {
  const made = json(schema, {
    io: 'input',
    override: ({ jsonSchema: here }) => {
      const node = here as Record<string, unknown>
      if ('example' in node) node.examples = [node.example]
      delete node.example
    },
  }) as { properties: Record<string, Record<string, unknown>> }
  const { description, applied, examples, default: _, ...map } = made.properties.mirrors ?? {}
  made.properties.mirrors = { description, applied, examples, anyOf: [{ type: 'string', enum: ['none', 'cn'] }, map] }
  const { $schema, ...rest } = made as Record<string, unknown>
  return { $schema, title: 'Slipway cluster.yml', ...rest }
}

const HEADER = `# Every key of cluster.yml, with its default or an example. Written by scripts/generate.ts from src/config/schema.ts: do not edit.
#
# The lines without "#" are a whole cluster.yml. To use another key, remove the "#" in front of it (and of the keys it stands under).
# The word in brackets says what a change does later:
${Object.entries(APPLIED)
  .map(([word, meaning]) => `#   [${word}]${' '.repeat(10 - word.length)}${meaning}`)
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

/** The same file with every key in use: removes the "#" that stands directly before a key. */
export const uncomment = (text: string): string => text.replace(/^(\s*)#(?=[^\s#])/gm, '$1')
