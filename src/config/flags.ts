import { APISERVER } from './flags/apiserver.ts'
import { CONTROLLER_MANAGER } from './flags/controller-manager.ts'
import { ETCD } from './flags/etcd.ts'
import { GATES } from './flags/gates.ts'
import { KUBELET } from './flags/kubelet.ts'
import type { Refusal } from './flags/refusal.ts'
import { SCHEDULER } from './flags/scheduler.ts'

/** The components whose flags can be set in `services`. */
export type Component = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kubelet'

/** What may not stand in `services.<component>.extra_args`; `*` at the end of a name stands for any rest. */
export const REFUSED: Readonly<Record<Component, readonly Refusal[]>> = {
  etcd: ETCD,
  'kube-apiserver': [...APISERVER, ...GATES],
  'kube-controller-manager': [...CONTROLLER_MANAGER, ...GATES],
  'kube-scheduler': [...SCHEDULER, ...GATES],
  kubelet: [...KUBELET, ...GATES],
}

const matches = (pattern: string, flag: string): boolean =>
  pattern.endsWith('*') ? flag.startsWith(pattern.slice(0, -1)) : flag === pattern

/** Why `flag` may not be set (or left out, with null) for a component of Kubernetes 1.`minor`; undefined when it may. */
export const refusal = (
  component: Component,
  flag: string,
  value: string | readonly string[] | null,
  minor: number,
): Refusal | undefined => {
  const values = value === null ? [] : typeof value === 'string' ? [value] : value
  return REFUSED[component].find(
    (rule) => (rule.since ?? 0) <= minor && rule.flags.some((pattern) => matches(pattern, flag)) && !rule.good?.(values),
  )
}
