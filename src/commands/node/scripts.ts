import { onHost } from '../../shell/script.ts'
import { peerUrl } from '../../cluster/etcd-view.ts'
import type { Config } from '../../config/schema.ts'
import { drainOf } from '../../resources/drain.ts'
import { kindOf } from '../../resources/index.ts'
import type { Resource } from '../../resources/types.ts'
import { quote } from '../../shell/quote.ts'
import type { EtcdMemberFact } from '../../hosts/facts.ts'
import type { Member } from '../../cluster/types.ts'

// Scripts of `slipway node`: each is safe to run twice, and every part of what it undoes may be gone already.

const resourceScript = <R extends Resource>(want: R): string =>
  kindOf(want).script(want, { verb: 'update', reason: { en: '', zh: '' } }, {})

/** Cordons a node and moves its pods away, as cluster.yml wants a drain. */
export const drainScript = (config: Config, node: string, host: string): string => onHost(resourceScript(drainOf(config, node, host)))

/** Waits until a node is Ready with this version of kubelet, and lets pods onto it again. */
export const uncordonScript = (node: string, host: string, version: string): string =>
  onHost(resourceScript({ kind: 'uncordon', node, host, version }))

/** On the host that leaves: balancers see its API server go before it is gone, and its kubelet does not register again. */
export const stopScript = (): string =>
  onHost(`systemctl stop kubelet kube-scheduler kube-controller-manager kube-apiserver 2>/dev/null || true\n`)

/**
 * On another member of etcd: takes one off the list. A leader hands over first, where it still can: an election costs a second of writes.
 * etcd refuses while a member has been connected for less than five seconds, so it is asked again for a while.
 */
export const removeMemberScript = ({ id, peer }: EtcdMemberFact, voter: Member): string => {
  const [leaving, staying] = [peer.replace(/:2380$/, ':2379'), peerUrl(voter)].map(quote)
  return onHost(
    [
      'ours() { ctl 10 "" "$@"; }\n',
      `next=$(ours member list | awk -F ', ' -v peer=${staying} '$4 == peer {print $1}')\n`,
      `ctl 10 ${leaving} move-leader "$next" >/dev/null 2>&1 || true\n`,
      `gone() { ours member list >"$RUN/members" && ! grep -q ${quote(`^${id}, `)} "$RUN/members"; }\n`,
      `removed() { gone || ours member remove ${quote(id)}; }\nawait 30 ${quote(`etcd lets member ${id} go`)} removed\n`,
    ].join(''),
  )
}

/** On a control plane: the Node goes, and with it the pods that were still bound to it. */
export const deleteNodeScript = (name: string): string =>
  onHost([`k 80 delete node ${quote(name)} --ignore-not-found --timeout=60s\n`].join(''))

/** Names this boot of a host: another one after every reboot, also where a container's hosts share a kernel. */
export const BOOT_SCRIPT =
  'main() { cat /proc/sys/kernel/random/boot_id; systemctl show -p UserspaceTimestampMonotonic --value; }; main; exit\n'

/** The connection breaks over it; kube-apiserver is stopped before etcd, and etcd's leader hands over. */
export const rebootScript = (): string => onHost('systemctl reboot\n')

/** Waits until everything that Slipway runs on a host is up and says that it is ready. */
export const upScript = (seconds: number): string =>
  onHost(
    [
      'answers() { loopback 3 -o /dev/null "$@"; }\n',
      // The exit code says yes to a static unit too, such as the service behind a timer, which rests most of the time.
      'enabled() { [ "$(systemctl is-enabled "$1" 2>/dev/null)" = enabled ]; }\n',
      'runs() { enabled "$1.service"; }\n',
      'up() {\n',
      // shellcheck reads the loop's body as one command list; `|| return` keeps the reason in the output.
      '\tsed -n "s/^unit //p" "$STATE/inventory" | while read -r unit; do\n\t\tenabled "$unit" || continue\n\t\tsystemctl is-active --quiet "$unit" || { printf "%s is not active\\n" "$unit"; return 1; }\n\tdone || return\n',
      '\tif runs etcd; then answers http://127.0.0.1:2381/readyz || return; fi\n',
      '\tif runs kubelet; then answers http://127.0.0.1:10248/healthz && answers --cacert /etc/kubernetes/pki/ca.crt https://127.0.0.1:6443/readyz || return; fi\n',
      '}\n',
      `await ${seconds} 'everything on this host up' up\n`,
    ].join(''),
  )
