import { sha256 } from '../digest.ts'
import { quote } from '../shell/quote.ts'
import { dropPath, setPath } from './paths.ts'
import type { EtcdRestoreResource, Kind, RestoreEndResource } from './types.ts'

/** Where a backup lies, unpacked and verified, until it is restored. */
export const STAGING = '/var/lib/slipway/restore'
/** Says on every host that a restore is under way, and of which backup (steps/restoring.ts). */
export const RESTORING = '/etc/slipway/restore.env'

const DATA = '/var/lib/etcd'

/**
 * Marked compacted, the raised revision makes every watch list anew (etcd.io, disaster recovery, "restoring with revision bump"). Only while nothing lies in the data directory: what was there before was set aside when the restore began, so what is there now is its result.
 * The member's directory appears by one rename.
 */
export const etcdRestore: Kind<EtcdRestoreResource> = {
  id: (want) => `etcd-restore ${want.name}`,
  touches: (want) => [want.bootstrap],
  diff: (_, { facts }) => (facts.etcdData ? undefined : { verb: 'create', reason: { en: 'from the backup', zh: '从备份恢复' } }),
  script: (want) =>
    [
      `if [ ! -d ${DATA}/member ]; then\n`,
      `[ -s ${STAGING}/etcd.db ] || fail 'the backup is not on this host any more: run slipway etcd restore again'\n`,
      `rm -rf ${DATA}/.slipway\n`,
      `${want.etcdutl} snapshot restore ${STAGING}/etcd.db --data-dir ${DATA}/.slipway --name ${quote(want.name)} --initial-cluster ${quote(want.cluster)} --initial-cluster-token ${quote(want.token)} --initial-advertise-peer-urls ${quote(want.peer)} --bump-revision ${want.bump} --mark-compacted >"$RUN/restore" 2>&1 || {\n`,
      'tail -n 20 "$RUN/restore" >&2\nexit 1\n}\n',
      `chown -R etcd:etcd ${DATA}/.slipway\nchmod -R go= ${DATA}/.slipway\nsync ${DATA}/.slipway/member/snap/db\nmv -T ${DATA}/.slipway/member ${DATA}/member\nrmdir ${DATA}/.slipway\nsync ${DATA}\nfi\n`,
      `printf 'SLIPWAY_BOOTSTRAP=--initial-cluster=%s --initial-cluster-token=%s --initial-cluster-state=existing\\n' ${quote(want.cluster)} ${quote(want.token)} >"$RUN/bootstrap"\n`,
      `put ${quote(want.bootstrap)} 0644 root:root <"$RUN/bootstrap"\n`,
    ].join(''),
  after: (want, { facts }) => ({
    ...setPath(facts, want.bootstrap, { type: 'file', mode: '0644', owner: 'root:root', sha256: sha256('symbol bootstrap') }),
    etcdData: true,
    etcdMembers: want.cluster.split(',').map((one) => {
      const [name = '', peer = ''] = one.split('=')
      return { id: `symbol ${name}`, started: true, name, peer, learner: false }
    }),
  }),
}

/** A Node's name, its address, and what Slipway set on it. A field may be empty, so the separator is none that `read` runs together. */
const NODES =
  'jsonpath={range .items[*]}{.metadata.name}|{.status.addresses[?(@.type=="InternalIP")].address}|{.metadata.annotations.slipway/managed}{"\\n"}{end}'

/**
 * Nodes that Slipway made, that were in the backup and are not in cluster.yml: their hosts will never report again. A host that does not answer is
 * known by its address; while there is one that no Node has, any of these may be its own.
 */
const dropStale = (nodes: readonly string[], unnamed: NonNullable<RestoreEndResource['unnamed']>): string =>
  [
    'api_answers() { loopback 2 --cacert /etc/kubernetes/pki/ca.crt https://127.0.0.1:6443/readyz; }\n',
    `await 120 'the API server is ready' api_answers\n`,
    `k 20 get nodes -o '${NODES}' >"$RUN/nodes"\n`,
    'unknown=\n',
    ...unnamed.map(({ host, ip }) => `grep -qF ${quote(`|${ip || 'none'}|`)} "$RUN/nodes" || unknown="$unknown "${quote(host)}\n`),
    `while IFS='|' read -r node address managed; do\n[ -n "$managed" ] || continue\n`,
    `case $node in\n${nodes.map((name) => `${quote(name)}) continue ;;\n`).join('')}esac\n`,
    'reason=\n',
    ...(unnamed.length > 0 ? ['[ -z "$unknown" ] || reason="it may be that of a host that does not answer:$unknown"\n'] : []),
    `case $address in\n${unnamed
      .filter(({ ip }) => ip !== '')
      .map(({ host, ip }) => `${quote(ip)}) reason=${quote(`it has the address of ${host}, which does not answer`)} ;;\n`)
      .join('')}esac\n`,
    'if [ -n "$reason" ]; then\nnote "the node $node is left: $reason"\ncontinue\nfi\n',
    'note "the node $node was in the backup and is not in cluster.yml: deleted"\n',
    `k 70 delete node "$node" --ignore-not-found --timeout=60s </dev/null\n`,
    'done <"$RUN/nodes"\n',
  ].join('')

/** kubelet registers its Node once, when it starts, and remembers pods that the restored cluster may not know. */
const startAnew = [
  'if systemctl is-active --quiet kubelet.service; then\n',
  'kubelet_answers() { loopback 2 -o /dev/null http://127.0.0.1:10248/healthz; }\n',
  "systemctl restart kubelet.service\nawait 90 'kubelet is healthy' kubelet_answers\nfi\n",
].join('')

export const restoreEnd: Kind<RestoreEndResource> = {
  id: () => 'restore-end',
  touches: () => [],
  diff: (_, { facts }) =>
    facts.paths[RESTORING] ? { verb: 'update', reason: { en: 'the cluster was restored', zh: '集群已从备份恢复' } } : undefined,
  script: (want) =>
    [
      want.nodes ? dropStale(want.nodes, want.unnamed ?? []) : '',
      startAnew,
      `for old in ${DATA}/before-*; do\n[ ! -d "$old" ] || note "what etcd held before the restore is in $old ($(du -sh "$old" | cut -f 1)); remove it when it is not needed any more"\ndone\n`,
      `rm -rf ${STAGING}\nrm -f ${RESTORING}\n`,
    ].join(''),
  after: (_, { facts }) => dropPath(facts, RESTORING),
}
