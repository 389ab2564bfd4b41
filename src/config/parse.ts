import type { Problem } from '../problem.ts'
import { checkFiles, type FileAccess } from './files.ts'
import { type Host, hostsOf } from './hosts.ts'
import { problemsOf } from './issues.ts'
import { type OwnAuthorities, readAuthorities } from './own-ca.ts'
import { readYaml } from './read-yaml.ts'
import { repair } from './repair.ts'
import { rkeProblem } from './rke.ts'
import { check } from './rules/index.ts'
import { type Config, schema } from './schema.ts'
import type { Source } from './source.ts'
import { resolveVersion } from './version.ts'

/** A configuration that can be used (its problems are warnings), or the problems that stand in the way (at least one error). */
export type Loaded =
  | { config: Config; hosts: Host[]; source: Source; authorities: OwnAuthorities; problems: Problem[] }
  | { config?: undefined; hosts?: undefined; source?: undefined; authorities?: undefined; problems: Problem[] }

/**
 * cluster.yml's text -> configuration, hosts and every problem at once, in the order of the file. Reads no disk and never throws.
 * @param file the name to print
 * @param files the folder of cluster.yml, the user's home, and a way to read the files that cluster.yml names
 * @param supported full Kubernetes releases, such as v1.36.3
 */
export const parseConfig = (text: string, file: string, files: FileAccess, supported: readonly string[]): Loaded => {
  const { value, source, problems } = readYaml(text, file, files)
  if (value === undefined) return { problems: inOrder(problems) }
  const result = schema.safeParse(value)
  const issues = result.success ? [] : result.error.issues
  const rke = rkeProblem(value, source)
  const shape = [...(rke ? [rke] : []), ...issues.flatMap((issue) => problemsOf(issue, value, source))]
  const usable = result.success ? { config: result.data, broken: [] } : repair(value, issues)
  if (!usable) return { problems: [...problems, ...inOrder(shape)] }
  const rules = check(usable.config, source, { supported, broken: usable.broken })
  const named = checkFiles(usable.config, source, files)
  const own = readAuthorities(usable.config, source, files)
  const all = inOrder([...problems, ...shape, ...rules, ...named.problems, ...own.problems])
  if (all.some((problem) => problem.severity === 'error')) return { problems: all }
  const config = {
    ...named.config,
    kubernetes_version: resolveVersion(usable.config.kubernetes_version, supported) ?? usable.config.kubernetes_version,
  }
  return { config, hosts: hostsOf(config, source), source, authorities: own.authorities, problems: all }
}

/** By line and column, each place and text once. */
const inOrder = (problems: readonly Problem[]): Problem[] => {
  const seen = new Set<string>()
  const once = problems.filter(({ at, what }) => {
    const id = `${at}\n${what.en}`
    return !seen.has(id) && seen.add(id)
  })
  return once.toSorted((a, b) => place(a.at) - place(b.at))
}

const place = (at: string): number => {
  const [, line = '0', column = '0'] = /:(\d+):(\d+)(?: |$)/.exec(at) ?? []
  return Number(line) * 100_000 + Number(column)
}
