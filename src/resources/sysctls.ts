import type { Facts } from '../hosts/facts.ts'
import { file } from './file.ts'
import type { FileResource, Kind, SysctlsResource } from './types.ts'

const fileOf = (want: SysctlsResource): FileResource => ({
  kind: 'file',
  path: want.path,
  text: Object.entries(want.values)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join(''),
})

/** The module that brings the keys of a prefix: before it is loaded they are not there, afterwards a key that is missing is one this kernel does not have. */
const MODULE_OF: Readonly<Record<string, string>> = { 'net.bridge.': 'br_netfilter' }

const comesLater = (key: string, modules: readonly string[]): boolean =>
  Object.entries(MODULE_OF).some(([prefix, module]) => key.startsWith(prefix) && !modules.includes(module))

/** Keys whose running value differs, or that are there only once their module is loaded. A key that this kernel does not have is no difference. */
const different = (want: SysctlsResource, { sysctls: running, modules }: Pick<Facts, 'sysctls' | 'modules'>): string[] =>
  Object.entries(want.values)
    .filter(([key, value]) => (running[key] === undefined ? comesLater(key, modules) : running[key] !== value))
    .map(([key]) => key)

export const sysctls: Kind<SysctlsResource> = {
  id: (want) => `sysctls ${want.path}`,
  touches: (want) => [want.path],
  diff: (want, seen) => {
    const changed = file.diff(fileOf(want), seen)
    if (changed) return changed
    const keys = different(want, seen.facts)
    if (keys.length === 0) return undefined
    return { verb: 'update', reason: { en: `the running kernel differs in ${keys.join(', ')}`, zh: `内核当前值不同：${keys.join('、')}` } }
  },
  script: (want, difference) =>
    `keep_sysctls ${Object.keys(want.values).join(' ')}\n${file.script(fileOf(want), difference, {})}sysctl -q -e -p ${want.path}\n`,
  after: (want, seen) => ({ ...file.after(fileOf(want), seen), sysctls: { ...seen.facts.sysctls, ...want.values } }),
}
