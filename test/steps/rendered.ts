import { parse } from 'yaml'
import type { Resource, UnitResource } from '../../src/resources/types.ts'
import type { Scenario } from '../engine/scenarios.ts'
import { changesFor } from '../engine/support.ts'

/** What a bare host of a scenario is to get, so that tests can ask for a part by its name. */
export const rendered = ({ cluster, hosts, world }: Scenario, host: string) => {
  const wants = changesFor(cluster, hosts, world)
    .filter((change) => change.host === host)
    .map(({ want }) => want)
  const of = <K extends Resource['kind']>(kind: K) => wants.filter((want): want is Extract<Resource, { kind: K }> => want.kind === kind)
  const file = (path: string): string => {
    const found = of('file').find((one) => one.path === path)
    if (!found) throw new Error(`${host} gets no ${path}`)
    return found.text
  }
  const unit = (name: string): UnitResource => {
    const found = of('unit').find((one) => one.name === name)
    if (!found) throw new Error(`${host} gets no unit ${name}`)
    return found
  }
  /** ExecStart's words: the binary, then flag -> values. */
  const words = (name: string): string[] =>
    (/^ExecStart=((?:.*\\\n)*.*)$/m.exec(unit(name).text)?.[1] ?? '').split(/\s*\\\n\s*/).map((word) => word.replace(/^"(.*)"$/, '$1'))
  const flags = (name: string): Readonly<Record<string, readonly string[]>> => {
    const seen: Record<string, string[]> = {}
    for (const word of words(name).slice(1)) {
      const [, flag = word, value = ''] = /^--([^=]+)(?:=(.*))?$/.exec(word) ?? []
      seen[flag] = [...(seen[flag] ?? []), value]
    }
    return seen
  }
  return {
    wants,
    of,
    file,
    yaml: (path: string) => parse(file(path)) as Record<string, never>,
    unit,
    words,
    /** The one value of a flag, or nothing. */
    flag: (name: string, flag: string): string | undefined => flags(name)[flag]?.at(-1),
    flags,
    certificates: of('certificate'),
    certificate: (path: string) => {
      const found = of('certificate').find((one) => one.path === path)
      if (!found) throw new Error(`${host} gets no certificate ${path}`)
      return found
    },
    manifest: (name: string) =>
      file(`/etc/slipway/manifests/${name}.yaml`)
        .split('\n---\n')
        .map((text) => parse(text) as { kind: string; metadata: { name: string }; [key: string]: unknown }),
  }
}
