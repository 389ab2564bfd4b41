import type { Config } from '../config/schema.ts'
import type { Facts, NodeFact } from '../hosts/facts.ts'
import { quote } from '../shell/quote.ts'
import type { DrainResource, Kind, UncordonResource } from './types.ts'

const changed = (facts: Facts, name: string, values: Partial<NodeFact>): Facts => ({
  ...facts,
  nodes: facts.nodes.map((node) => (node.name === name ? { ...node, ...values } : node)),
})

const find = (facts: Facts, name: string): NodeFact | undefined => facts.nodes.find((node) => node.name === name)

// Without a leading controller manager nobody takes evicted pods out of their services. A lease that is renewed proves one; a fresh
// one may be that of a leader who has just been stopped.
const LED = [
  "renewal() { k 20 -n kube-system get lease kube-controller-manager -o 'jsonpath={.spec.renewTime}'; }\n",
  'before=$(renewal)\nled() { now=$(renewal) && [ "$now" != "$before" ]; }\n',
  "await 60 'renewal of the lease of the controller manager' led\n",
].join('')

/** A drain as cluster.yml wants it. `host` is the key of the node's host. */
export const drainOf = ({ upgrade_strategy: { node_drain_input: how } }: Config, node: string, host: string): DrainResource => ({
  kind: 'drain',
  node,
  host,
  force: how.force,
  deleteLocalData: how.delete_local_data,
  gracePeriod: how.grace_period,
  timeout: how.timeout,
})

/** What the functions of shell/drain.sh are called with. */
const argumentsOf = ({ node, timeout, force, deleteLocalData, gracePeriod }: DrainResource): string =>
  [
    ...[quote(node), timeout, force, deleteLocalData, '--ignore-daemonsets'],
    ...(deleteLocalData ? ['--delete-emptydir-data'] : []),
    ...(force ? ['--force'] : []),
    ...(gracePeriod >= 0 ? [`--grace-period=${gracePeriod}`] : []),
  ].join(' ')

/** shell/drain.sh has the order: what must not be lost, what may go, cordon, evict; and gives back all nodes of a script that fails. */
export const drain: Kind<DrainResource> = {
  id: (want) => `drain ${want.node}`,
  touches: () => [],
  diff: () => ({ verb: 'update', reason: { en: 'its kubelet changes to another minor version', zh: '其 kubelet 将切换到另一个次版本' } }),
  script: (want) => `${LED}drain_node ${argumentsOf(want)}\n`,
  after: (want, { facts }) => changed(facts, want.node, { unschedulable: true, drained: true }),
}

export const uncordon: Kind<UncordonResource> = {
  id: (want) => `uncordon ${want.node}`,
  touches: () => [],
  diff: (want, { facts }) =>
    find(facts, want.node)?.drained
      ? { verb: 'update', reason: { en: 'an earlier run left it drained', zh: '此前的运行将其排空后未恢复' } }
      : undefined,
  script: ({ node, version }) =>
    [
      `back() { [ "$(k 20 get node ${quote(node)} -o 'jsonpath={.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}')" = ${quote(`${version} True`)} ]; }\n`,
      `await 180 ${quote(`${node} Ready on ${version}`)} back\ngive_back ${quote(node)}\n`,
    ].join(''),
  // A Node that a plan has only made up has no kubelet to tell of.
  after: ({ node, version }, { facts }) =>
    changed(facts, node, { unschedulable: false, drained: false, ...(find(facts, node)?.kubelet ? { kubelet: version } : {}) }),
}
