import type { Step } from './types.ts'

// The first six are kubelet's own (protectKernelDefaults: pkg/kubelet/cm, sysctl); forwarding and bridge calls are the pod network's;
// the inotify limits are what a node with some hundred pods runs out of first.
const SYSCTLS = {
  'vm.overcommit_memory': '1',
  'vm.panic_on_oom': '0',
  'kernel.panic': '10',
  'kernel.panic_on_oops': '1',
  'kernel.keys.root_maxkeys': '1000000',
  'kernel.keys.root_maxbytes': '25000000',
  'net.ipv4.ip_forward': '1',
  'net.bridge.bridge-nf-call-iptables': '1',
  'net.bridge.bridge-nf-call-ip6tables': '1',
  'fs.inotify.max_user_instances': '8192',
  'fs.inotify.max_user_watches': '524288',
} as const

export const nodeTuning: Step = {
  id: 'node-tuning',
  title: { en: 'Kernel modules, sysctls, swap', zh: '内核模块、sysctl、交换分区' },
  on: 'every',
  resources: () => [
    { kind: 'modules', path: '/etc/modules-load.d/slipway.conf', names: ['overlay', 'br_netfilter', 'nf_conntrack'] },
    // Behind 99-sysctl.conf (/etc/sysctl.conf) and what hardening leaves there: at a boot the last file wins (sysctl.d(5)).
    { kind: 'sysctls', path: '/etc/sysctl.d/zz-slipway.conf', values: SYSCTLS },
    { kind: 'swap-off' },
  ],
}
