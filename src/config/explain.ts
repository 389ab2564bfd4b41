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

/** "a list of maps", "a list of text" */
const listText = (element: z.ZodType | undefined): string => {
  if (!element) return 'a list of values'
  return defOf(bare(element)).shape ? 'a list of maps' : `a list of ${typeText(element)}`
}

const formatText = (type: z.ZodType): string => {
  if (type instanceof z.ZodIPv4) return 'an IPv4 address'
  return type instanceof z.ZodURL ? 'a URL' : 'text'
}

/** The type of a key in words. */
const typeText = (type: z.ZodType): string => {
  const inner = bare(type)
  const def = defOf(inner)
  switch (def.type) {
    case 'string':
      return formatText(inner)
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
      return listText(def.element)
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

/** What the reference says of one key. */
export const rowOf = (type: z.ZodType, path: string): Row => {
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
