import type { Config } from '../config/schema.ts'
import type { Facts, NodeFact } from '../hosts/facts.ts'
import { quote } from '../shell/quote.ts'
import type { DrainResource, Kind, UncordonResource } from './types.ts'

/** The annotation by which a later run knows that it was Slipway who cordoned a node, and lets pods onto it again. */
export const DRAINED = 'slipway/drained'

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

/** What the annotation says of a node that somebody had cordoned before: it is not for us to give it back. */
const THEIRS = 'cordoned-before'

/** A node takes pods again, unless it took none before the drain. */
const giveBack = (name: string): string =>
  [
    `give_back() {\n\tmark=$(k 20 get node ${name} -o ${quote(`jsonpath={.metadata.annotations.${DRAINED}}`)})\n`,
    `\t[ "$mark" = ${THEIRS} ] || k 20 uncordon ${name}\n\tk 20 annotate node ${name} ${DRAINED}-\n}\n`,
  ].join('')

/** kubectl evicts, so PodDisruptionBudgets are respected; what blocks is named when the time is over, and the node is given back. */
export const drain: Kind<DrainResource> = {
  id: (want) => `drain ${want.node}`,
  touches: () => [],
  diff: () => ({ verb: 'update', reason: { en: 'its kubelet changes to another minor version', zh: '其 kubelet 将切换到另一个次版本' } }),
  script: ({ node, force, deleteLocalData, gracePeriod, timeout }) => {
    const name = quote(node)
    const flags = [
      '--ignore-daemonsets',
      ...(deleteLocalData ? ['--delete-emptydir-data'] : []),
      ...(force ? ['--force'] : []),
      ...(gracePeriod >= 0 ? [`--grace-period=${gracePeriod}`] : []),
      `--timeout=${timeout}s`,
    ]
    return [
      giveBack(name),
      LED,
      // Once marked it stays so: a run that was cut off had cordoned it itself.
      `seen=$(k 20 get node ${name} -o ${quote(`jsonpath={.metadata.annotations.${DRAINED}}/{.spec.unschedulable}`)})\ncase $seen in\n`,
      `/true) k 20 annotate node ${name} ${DRAINED}=${THEIRS} ;;\n/*) k 20 annotate node ${name} ${DRAINED}=true ;;\nesac\n`,
      `if ! k ${timeout + 20} drain ${name} ${flags.join(' ')}; then\n`,
      `\tk 20 get poddisruptionbudgets -A -o 'jsonpath={range .items[?(@.status.disruptionsAllowed==0)]}PodDisruptionBudget {.metadata.namespace}/{.metadata.name} allows no eviction now{"\\n"}{end}' >&2 || true\n`,
      '\tgive_back\n',
      `\tfail ${quote(`${node} could not be drained within ${timeout} s; it takes pods again, and nothing on it was changed. Free what blocks, or change upgrade_strategy.node_drain_input.`)}\nfi\n`,
    ].join('')
  },
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
      giveBack(quote(node)),
      `back() { [ "$(k 20 get node ${quote(node)} -o 'jsonpath={.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}')" = ${quote(`${version} True`)} ]; }\n`,
      `await 180 ${quote(`${node} Ready on ${version}`)} back\ngive_back\n`,
    ].join(''),
  // A Node that a plan has only made up has no kubelet to tell of.
  after: ({ node, version }, { facts }) =>
    changed(facts, node, { unschedulable: false, drained: false, ...(find(facts, node)?.kubelet ? { kubelet: version } : {}) }),
}
