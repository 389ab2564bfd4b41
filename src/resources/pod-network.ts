import { misfitOf, needsDaemon, renewed } from '../cluster/pod-network.ts'
import { quote } from '../shell/quote.ts'
import type { Kind, NetworkDaemonResource, PodNetworkResource } from './types.ts'

/**
 * The pods on the bridge lose their network with it. kubelet makes the network of a pod anew when its sandbox ends, and starts its containers
 * again; pods on the host's own network are not concerned.
 */
const END_SANDBOXES = `own=$(readlink /proc/$$/ns/net)
ctr -n k8s.io tasks ls 2>/dev/null >"$RUN/tasks" || true
for id in $(ctr -n k8s.io containers ls -q 'labels."io.cri-containerd.kind"==sandbox' 2>/dev/null); do
	pid=$(awk -v id="$id" '$1 == id {print $2}' "$RUN/tasks")
	[ -n "$pid" ] && [ "$(readlink "/proc/$pid/ns/net")" != "$own" ] || continue
	ctr -n k8s.io tasks kill -s KILL "$id" || true
done
rm -f "$RUN/tasks"
`

/** The traces of a Node that is gone, or of another share of pod_cidr, go from its host while kubelet does not start pods. kubelet starts after it. */
export const podNetwork: Kind<PodNetworkResource> = {
  id: (want) => `pod-network ${want.node}`,
  touches: () => [],
  diff: (want, { facts, world }) => {
    const misfit = misfitOf(want.node, facts, world, want.traces)
    return misfit && { verb: 'update', reason: misfit.reason, ...(misfit.lease ? { diff: `-${want.traces.lease}` } : {}) }
  },
  script: ({ traces: { link, lease } }, { diff }) =>
    [
      'systemctl stop kubelet.service\n',
      `if ip link show ${quote(link)} >/dev/null 2>&1; then\nip link delete ${quote(link)}\n${END_SANDBOXES}fi\n`,
      diff === undefined ? '' : `rm -f ${quote(lease)}\n`,
    ].join(''),
  after: (want, { facts, world }) => renewed(want.node, facts, world, want.traces),
}

/** The pod network's pod of one node starts again and reads the Node's share of pod_cidr. */
export const networkDaemon: Kind<NetworkDaemonResource> = {
  id: (want) => `network-daemon ${want.node}`,
  touches: () => [],
  diff: (want, { world }) => {
    const facts = world[want.host]
    const reason = facts && needsDaemon(want.node, facts, world, want.traces)
    return reason && { verb: 'update', reason }
  },
  script: ({ node, namespace, selector }) => {
    const pods = `-l ${quote(selector)} --field-selector ${quote(`spec.nodeName=${node}`)}`
    return [
      `share() { [ -n "$(k 20 get node ${quote(node)} -o 'jsonpath={.spec.podCIDR}')" ]; }\nawait 120 ${quote(`a share of pod_cidr for ${node}`)} share\n`,
      `again() { k 40 -n ${namespace} delete pod ${pods} --timeout=25s; }\nawait 60 ${quote(`pod network of ${node}`)} again\n`,
      `running() { k 40 -n ${namespace} wait pod ${pods} --for=condition=Ready --timeout=5s; }\nawait 180 ${quote(`pod network of ${node}`)} running\n`,
    ].join('')
  },
  after: (_, { facts }) => facts,
}
