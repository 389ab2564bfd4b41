import type { Context, Step } from './types.ts'

/**
 * What the parts below execute: curl fetches and probes, iptables is kubelet's and flannel's, nftables kube-proxy's, haproxy balances
 * on workers. Their absence on a minimal host is the normal case.
 */
const wanted = ({ config, member, facts }: Context): string[] => [
  'ca-certificates',
  'conntrack',
  'curl',
  'iptables',
  ...(config.network.proxy_mode === 'nftables' ? ['nftables'] : []),
  ...(member.roles.worker && !member.roles.controlPlane ? ['haproxy'] : []),
  // A container's clock is its machine's: there is nothing to synchronise.
  ...(config.time_sync === 'auto' && !facts.container && (facts.timeSync === '' || facts.packages.chrony !== undefined) ? ['chrony'] : []),
]

export const osPackages: Step = {
  id: 'os-packages',
  title: { en: 'Packages of the operating system', zh: '操作系统软件包' },
  on: 'every',
  resources: (context) => [{ kind: 'packages', names: wanted(context) }],
}
