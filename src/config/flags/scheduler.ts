import { owned, type Refusal, removed } from './refusal.ts'

/** Flags of kube-scheduler. */
export const SCHEDULER: readonly Refusal[] = [
  owned(
    'config',
    'kubeconfig',
    'authentication-kubeconfig',
    'authorization-kubeconfig',
    'secure-port',
    'cert-dir',
    'tls-cert-file',
    'tls-private-key-file',
  ),
  removed(24, ['address', 'port']),
]
