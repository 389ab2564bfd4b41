import type { z } from 'zod'
import { schema } from './schema.ts'
import type { Path } from './source.ts'

/** What this file needs to know of a zod schema: see zod's `def` of each type. */
type Def = {
  type: string
  innerType?: z.ZodType
  out?: z.ZodType
  shape?: Record<string, z.ZodType>
  element?: z.ZodType
  valueType?: z.ZodType
  options?: readonly z.ZodType[]
  entries?: Record<string, string>
  defaultValue?: unknown
}

/** The definition zod keeps of a schema. */
export const defOf = (type: z.ZodType): Def => type.def as unknown as Def

const WRAPPERS = new Set(['optional', 'default', 'prefault', 'nullable', 'pipe'])

/** The schema itself, without `optional`, `default` and the like. */
export const bare = (type: z.ZodType): z.ZodType => {
  const def = defOf(type)
  const inner = WRAPPERS.has(def.type) ? (def.innerType ?? def.out) : undefined
  return inner ? bare(inner) : type
}

/** The keys of a map and their schemas; undefined for anything but a map with fixed keys. */
export const shapeOf = (type: z.ZodType): Record<string, z.ZodType> | undefined => defOf(bare(type)).shape

const child = (type: z.ZodType, part: PropertyKey): z.ZodType | undefined => {
  const def = defOf(bare(type))
  if (def.shape) return Object.hasOwn(def.shape, String(part)) ? def.shape[String(part)] : undefined
  return def.element ?? def.valueType
}

/** The schema at a path of cluster.yml, or undefined where nothing is known. */
export const schemaAt = (path: Path): z.ZodType | undefined =>
  path.reduce<z.ZodType | undefined>((type, part) => type && child(type, part), schema)

/** The value at a path of what YAML gave us. */
export const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (here, part) =>
      here !== null && typeof here === 'object' && Object.hasOwn(here, part) ? (here as Record<PropertyKey, unknown>)[part] : undefined,
    value,
  )

/** Every path in the schema that ends in a named key; `[]` stands for a list's elements. */
export const namedPaths = (type: z.ZodType = schema, prefix: readonly string[] = []): readonly (readonly string[])[] => {
  const def = defOf(bare(type))
  if (def.shape) return Object.entries(def.shape).flatMap(([name, inner]) => [[...prefix, name], ...namedPaths(inner, [...prefix, name])])
  return def.element ? namedPaths(def.element, [...prefix, '[]']) : []
}

/** Where each key of the schema stands in a cluster.yml, by its path's text; keys below lists are not among them. */
export const placesOf = (at: (path: Path) => string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    namedPaths()
      .filter((path) => !path.includes('[]'))
      .map((path) => [path.join('.'), at(path)]),
  )
