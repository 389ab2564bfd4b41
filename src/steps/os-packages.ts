import type { Os } from '../mirrors/types.ts'
import { upstream } from '../mirrors/upstream.ts'
import type { Archives } from '../resources/types.ts'
import type { Step } from './types.ts'
import type { Context } from '../cluster/types.ts'

/** Where nothing else keeps the clock. A container's clock is its machine's: there is nothing to synchronise. */
const needsChrony = ({ config, facts }: Pick<Context, 'config' | 'facts'>): boolean =>
  config.time_sync === 'auto' && !facts.container && (facts.timeSync === '' || facts.timeSync.startsWith('chrony'))

/**
 * What the parts below execute: curl fetches and probes, iptables is kubelet's and the pod network's, nftables kube-proxy's, haproxy balances
 * on workers, keepalived carries the virtual address. Their absence on a minimal host is the normal case.
 */
const wanted = ({ config, member, facts }: Context): string[] => [
  'ca-certificates',
  'conntrack',
  'curl',
  'iptables',
  ...(config.network.proxy_mode === 'nftables' ? ['nftables'] : []),
  ...(member.roles.worker && !member.roles.controlPlane ? ['haproxy'] : []),
  ...(member.roles.controlPlane && config.control_plane_vip !== undefined ? ['keepalived'] : []),
  ...(needsChrony({ config, facts }) ? ['chrony'] : []),
]

/** Where sources are the host's own affair, the distribution's own archive is what they name. */
const archives = ({ facts, sources }: Context): Archives => {
  const os = { ...facts.os, arch: facts.arch } as Os
  const of = (kind: 'base' | 'security') => {
    const listed = sources.apt({ kind }, os)
    return listed.length > 0 ? listed : [upstream.apt({ kind }, os)].filter((source) => source !== undefined)
  }
  return { os, base: of('base'), security: of('security') }
}

export const osPackages: Step = {
  id: 'os-packages',
  title: { en: 'Packages of the operating system', zh: '操作系统软件包' },
  on: 'every',
  resources: (context) => [
    { kind: 'packages', names: wanted(context), ...(context.config.delivery === 'push' ? { pushed: archives(context) } : {}) },
    ...(needsChrony(context) ? [{ kind: 'service', name: 'chrony', state: 'on' } as const] : []),
    // The package's own service would start at the next boot with an example of a configuration.
    ...['haproxy', 'keepalived']
      .filter((name) => wanted(context).includes(name))
      .map((name) => ({ kind: 'service', name, state: 'off' }) as const),
  ],
}
