import { file } from './file.ts'
import type { FileResource, Kind, SysctlsResource } from './types.ts'

const fileOf = (want: SysctlsResource): FileResource => ({
  kind: 'file',
  path: want.path,
  text: Object.entries(want.values)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join(''),
})

/** Keys whose running value differs. A key the kernel does not show yet (its module is loaded first) counts too. */
const different = (want: SysctlsResource, running: Readonly<Record<string, string>>): string[] =>
  Object.entries(want.values)
    .filter(([key, value]) => running[key] !== value)
    .map(([key]) => key)

export const sysctls: Kind<SysctlsResource> = {
  id: (want) => `sysctls ${want.path}`,
  touches: (want) => [want.path],
  diff: (want, seen) => {
    const changed = file.diff(fileOf(want), seen)
    if (changed) return changed
    const keys = different(want, seen.facts.sysctls)
    if (keys.length === 0) return undefined
    return { verb: 'update', reason: { en: `the running kernel differs in ${keys.join(', ')}`, zh: `内核当前值不同：${keys.join('、')}` } }
  },
  script: (want, difference) =>
    `keep_sysctls ${Object.keys(want.values).join(' ')}\n${file.script(fileOf(want), difference, {})}sysctl -q -p ${want.path}\n`,
  after: (want, seen) => ({ ...file.after(fileOf(want), seen), sysctls: { ...seen.facts.sysctls, ...want.values } }),
}
