import { EXIT, type Problem } from '../problem.ts'
import type { Text } from '../text.ts'
import { quote } from './words.ts'

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
