import { rotationOf } from '../resources/generations.ts'
import { PKI } from './common.ts'
import type { Step } from './types.ts'

const REWRITTEN = '/etc/slipway/secrets-rewritten'

/**
 * Every Secret written again as it is: an API server writes what it read with another key than the first one, although nothing changed
 * (kubernetes.io, encrypt data at rest). One that somebody changed meanwhile was written by that change; the next round sees.
 */
export const rewriteScript = (key: string): string =>
  [
    'k() { timeout 300 kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=120s "$@"; }',
    'rewrite() {',
    `\tk get namespaces -o 'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}' >"$RUN/namespaces" || return 1`,
    '\tfailed=0',
    '\twhile read -r namespace; do',
    // A namespace that could not be asked is not an empty one: what it holds would be lost with the old key.
    '\t\tfound=$(k -n "$namespace" get secrets -o name) || failed=1',
    '\t\t[ -n "$found" ] || continue',
    `\t\tk -n "$namespace" get secrets -o json | k -n "$namespace" replace -f - >/dev/null || failed=1`,
    '\tdone <"$RUN/namespaces"',
    '\trm -f "$RUN/namespaces"',
    '\treturn "$failed"',
    '}',
    "await 600 'writing every Secret with the new key' rewrite",
    // Where etcd runs on this host, it is asked as well: what is not written with the new key would be lost with the old one.
    'all_new() {',
    `\ttimeout 60 etcdctl --endpoints=https://127.0.0.1:2379 --cacert=${PKI}/etcd/ca.crt --cert=${PKI}/etcd/healthcheck-client.crt --key=${PKI}/etcd/healthcheck-client.key get /registry/secrets/ --prefix >"$RUN/secrets" || return 1`,
    `\tother=$(grep -a -o 'k8s:enc:[a-z]*:v1:[A-Za-z0-9-]*:' "$RUN/secrets" | grep -c -v ':${key}:')`,
    '\trm -f "$RUN/secrets"',
    `\t[ "$other" -eq 0 ] || rewrite`,
    `\t[ "$other" -eq 0 ]`,
    '}',
    `if [ -d /var/lib/etcd/member ]; then await 120 'every Secret in etcd under ${key}' all_new; fi`,
    '',
  ].join('\n')

/** While the encryption key is exchanged: all Secrets under the new one, before the old one goes. */
export const encryptedSecrets: Step = {
  id: 'encrypted-secrets',
  title: { en: 'Secrets under the new encryption key', zh: '用新的加密密钥重写 Secret' },
  on: 'one-control-plane',
  resources: ({ world }) => {
    const rotation = rotationOf(world, 'encryption')
    if (rotation?.stage !== 'switched') return []
    return [{ kind: 'verification', path: REWRITTEN, text: `${rotation.signer.id}\n`, script: rewriteScript(rotation.signer.id) }]
  },
}
