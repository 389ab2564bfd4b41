import type { core } from 'zod'
import { brokenPaths } from './issues.ts'
import { type Config, schema } from './schema.ts'
import type { Path } from './source.ts'
import { valueAt } from './walk.ts'

/**
 * Makes a configuration out of one with mistakes, so that the rules can look at the rest of it and every problem is shown in one run.
 * What is wrong is taken out (its default stands in), what must be there gets a placeholder; `broken` names all of these places.
 */
export const repair = (raw: unknown, issues: readonly core.$ZodIssue[]): { config: Config; broken: Path[] } | undefined => {
  const value = copy(raw)
  if (!isMap(value)) return undefined
  const broken: Path[] = []
  let open = issues
  for (let round = 0; round < ROUNDS; round++) {
    for (const path of brokenPaths(open)) {
      broken.push(path)
      mend(value, path)
    }
    const again = schema.safeParse(value)
    if (again.success) return { config: again.data, broken }
    open = again.error.issues
  }
  return undefined
}

const ROUNDS = 8

const isMap = (value: unknown): value is Record<PropertyKey, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

// Plain data of YAML only; an alias may name one object in many places, and a change in one of them must stay there.
const copy = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(copy)
  return isMap(value) ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copy(inner)])) : value
}

const placeholder = (path: Path): unknown => {
  const [top, index, key] = path
  if (path.length === 1 && top === 'kubernetes_version') return 'v0.0.0'
  if (path.length === 1 && top === 'nodes') return [{ address: 'unknown', role: ['control-plane'] }]
  if (path.length === 2 && top === 'nodes') return { address: `unknown-${String(index)}`, role: ['worker'] }
  if (path.length === 3 && top === 'nodes' && key === 'address') return `unknown-${String(index)}`
  if (path.length === 3 && top === 'nodes' && key === 'role') return ['worker']
  return undefined
}

const mend = (root: Record<PropertyKey, unknown>, path: Path): void => {
  const stand = placeholder(path)
  const parent = valueAt(root, path.slice(0, -1))
  const last = path.at(-1)
  if (last === undefined) return
  if (stand !== undefined && typeof parent === 'object' && parent !== null) (parent as Record<PropertyKey, unknown>)[last] = stand
  else if (isMap(parent) && Object.hasOwn(parent, last)) delete parent[last]
  else mend(root, path.slice(0, -1))
}
