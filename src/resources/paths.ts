import type { Facts, PathFact } from '../hosts/facts.ts'
import { type Text, same } from '../text.ts'
import type { Difference } from './types.ts'

type Wanted = Pick<PathFact, 'type' | 'mode' | 'owner' | 'target' | 'sha256'>

const missing: Text = { en: 'it is missing', zh: '不存在' }

const WORDS: Readonly<Record<string, Text>> = {
  type: { en: 'type', zh: '类型' },
  mode: { en: 'mode', zh: '权限' },
  owner: { en: 'owner', zh: '属主' },
  target: { en: 'target', zh: '目标' },
  sha256: { en: 'content', zh: '内容' },
}

/** How a path differs from what is wanted, attribute by attribute; undefined when it does not. */
export const changedPath = (seen: PathFact | undefined, wanted: Wanted): Difference | undefined => {
  if (!seen) return { verb: 'create', reason: missing }
  const changed = (Object.keys(wanted) as (keyof Wanted)[]).filter((name) => wanted[name] !== undefined && wanted[name] !== seen[name])
  if (changed.length === 0) return undefined
  const words = (language: keyof Text) => changed.map((name) => (WORDS[name] ?? same(name))[language]).join(language === 'en' ? ', ' : '、')
  return { verb: 'update', reason: { en: `its ${words('en')} changed`, zh: `${words('zh')}有变化` } }
}

/** The facts of a host with one path set. */
export const setPath = (facts: Facts, path: string, fact: PathFact): Facts => ({ ...facts, paths: { ...facts.paths, [path]: fact } })

/** The facts of a host without a path. */
export const dropPath = (facts: Facts, path: string): Facts => {
  const { [path]: _, ...paths } = facts.paths
  return { ...facts, paths }
}
