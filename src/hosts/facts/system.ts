import { byName, type Rows } from '../probe-rows.ts'

/** What the system is made of and set to, whoever did it. */
export type SystemFacts = Readonly<{
  systemd: number
  timeSync: string
  sysctls: Readonly<Record<string, string>>
  modules: readonly string[]
  /** Modules of ours that this kernel cannot load, as far as it is known. */
  lackingModules: readonly string[]
  conntrackWritable: boolean
  packages: Readonly<Record<string, string>>
  users: readonly string[]
  /** Services of the distribution that were looked for and are there. */
  services: Readonly<Record<string, Readonly<{ enabled: boolean; active: boolean }>>>
  leftovers: readonly Readonly<{ tool: string; path: string }>[]
}>

/** Reads these facts from what the probe printed. */
export const systemFacts = ({ of, one, all }: Rows): SystemFacts => ({
  systemd: one('pid1') === 'systemd' ? Number.parseInt(one('systemd'), 10) || 0 : 0,
  timeSync: one('time-sync'),
  sysctls: byName(of('sysctl'), (value = '') => value),
  modules: [...new Set(all('module'))].sort(),
  lackingModules: all('lacking-module'),
  conntrackWritable: one('writable-conntrack') === 'yes',
  packages: byName(of('package'), (value = '') => value),
  users: all('user'),
  services: byName(of('service'), (enabled = '', active = '') => ({ enabled: enabled === 'enabled', active: active === 'active' })),
  leftovers: of('leftover').map(([tool = '', path = '']) => ({ tool, path })),
})
