import { say } from '../words.ts'
import { owned, type Refusal, removed } from './refusal.ts'

/** Flags of etcd. */
export const ETCD: readonly Refusal[] = [
  owned(
    'name',
    'data-dir',
    'config-file',
    'listen-peer-urls',
    'listen-client-urls',
    'listen-metrics-urls',
    'initial-*',
    'advertise-client-urls',
    'cert-file',
    'key-file',
    'trusted-ca-file',
    'client-cert-auth',
    'peer-cert-file',
    'peer-key-file',
    'peer-trusted-ca-file',
    'peer-client-cert-auth',
    'auto-tls',
    'peer-auto-tls',
    'force-new-cluster',
    'discovery*',
  ),
  {
    flags: ['experimental-*'],
    since: 34,
    what: say(
      'etcd 3.6 renamed the --experimental-* flags and 3.7 removed the old names: etcd would not start.',
      'etcd 3.6 改了 --experimental-* 参数的名称，3.7 移除了旧名：etcd 将无法启动。',
    ),
    fix: say(
      'Write it without experimental-, or as a feature gate (etcd --help lists both).',
      '请去掉 experimental-，或写成 feature-gates（见 etcd --help）。',
    ),
  },
  removed(34, ['enable-v2', 'proxy', 'proxy-failure-wait']),
]
