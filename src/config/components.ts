import type { Applied } from './schema/key.ts'

/**
 * A part beside Kubernetes whose version `components` may name. Which versions of it work: from `floor` on (by Kubernetes minor), before `below`,
 * and none of `broken`. `why` is the source of the floor.
 */
export type Part = Readonly<{
  what: string
  example: string
  applied: Applied
  floor: Readonly<Record<string, string>>
  below: string
  broken?: Readonly<Record<string, string>>
  why: string
}>

const since = (floor: string): Part['floor'] => ({ 'v1.35': floor, 'v1.36': floor, 'v1.37': floor })

/** Every part, in the order of cluster.example.yml. A new minor of Kubernetes is one more floor in each line. */
export const COMPONENTS = {
  // kubeadm takes no etcd before 3.6 since 1.36; CHANGELOG-1.37 wants 3.6.11. 3.8 is not out: its flags are unknown.
  etcd: {
    what: 'Version of etcd',
    example: '3.6.14',
    applied: 'restart',
    floor: { ...since('3.6.0'), 'v1.37': '3.6.11' },
    below: '3.8.0',
    why: 'kubeadm; CHANGELOG-1.37',
  },
  // 1.35 works with 2.1.5 as well, but Slipway's configuration is for 2.2 (templates/containerd-toml.ts).
  containerd: {
    what: 'Version of containerd',
    example: '2.3.6',
    applied: 'restart',
    floor: since('2.2.0'),
    below: '3.0.0',
    broken: { '2.3.0': 'kubernetes-sigs/kind took it back' },
    why: 'containerd RELEASES.md',
  },
  runc: {
    what: 'Version of runc; running pods keep theirs',
    example: '1.5.1',
    applied: 'live',
    floor: since('1.3.0'),
    below: '2.0.0',
    why: 'opencontainers/runc RELEASES.md: older lines have ended',
  },
  cni: {
    what: 'Version of the CNI plugins',
    example: '1.9.1',
    applied: 'live',
    floor: since('1.7.0'),
    below: '2.0.0',
    why: 'older ones were never tried',
  },
  coredns: {
    what: 'Version of CoreDNS',
    example: '1.14.6',
    applied: 'live',
    floor: since('1.13.1'),
    below: '2.0.0',
    why: "kubeadm's constant for 1.35",
  },
  flannel: {
    what: 'Version of flannel',
    example: '0.28.7',
    applied: 'live',
    floor: since('0.27.0'),
    below: '1.0.0',
    why: 'older ones were never tried',
  },
  pause: {
    what: 'Version of the pause image',
    example: '3.10.2',
    applied: 'restart',
    floor: since('3.10'),
    below: '4.0',
    why: "kubeadm's constant for 1.33",
  },
} satisfies Readonly<Record<string, Part>>

export type ComponentName = keyof typeof COMPONENTS

/** Every part with all its fields, by name. */
export const partNamed = (name: ComponentName): Part => COMPONENTS[name]

/** What etcd's data may follow: from one minor to the next only, and from a patch that can. */
export const ETCD_STEPS: readonly Readonly<{ from: string; to: string; floor: string }>[] = [
  // etcd.io, "Upgrade etcd from v3.5 to v3.6" and "from v3.6 to v3.7".
  { from: '3.5', to: '3.6', floor: '3.5.26' },
  { from: '3.6', to: '3.7', floor: '3.6.11' },
]

/** How many minors a kubelet or a kube-proxy may be older than the API servers (kubernetes.io, Version Skew Policy). */
export const KUBELET_SKEW = 3
