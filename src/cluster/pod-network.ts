import { contains, parseAddress, parseCidr } from '../config/cidr.ts'
import type { Facts, NodeFact } from '../hosts/facts.ts'
import type { Text } from '../text.ts'
import { nodesOf } from './nodes.ts'
import { runsAs } from './runs-as.ts'
import type { World } from './world.ts'

/** What a pod network keeps of a Node on its host: the bridge of its pods, and the file with the Node's share of pod_cidr. */
export type NetworkTraces = Readonly<{ link: string; lease: string }>

/** Of a pod network that is not ours nothing is known. */
export const NO_TRACES: NetworkTraces = { link: '', lease: '' }

/** A daemon that started with its Node a moment ago has not written its lease yet. */
const SETTLED = 60

/** How the pod network of a host does not fit its Node. `bridge`, `lease`: which of the two has to go from the host. */
export type Misfit = Readonly<{ reason: Text; bridge: boolean; lease: boolean }>

const isOutside = (address: string, share: string): boolean => {
  const range = parseCidr(share)
  return !('error' in range) && !contains(range, parseAddress(address) ?? -1)
}

/** The range in the lease of flannel on this host. */
const leaseOf = (facts: Facts, { lease }: NetworkTraces): string | undefined =>
  /^FLANNEL_SUBNET=(\S+)$/m.exec(facts.paths[lease]?.text ?? '')?.[1]

/** The addresses of its bridge that are not in the Node's share. */
const foreign = (facts: Facts, share: string, { link }: NetworkTraces): string[] =>
  facts.addresses.flatMap(({ device, address }) => (device === link && isOutside(address, share) ? [address] : []))

const other = (what: string, seen: string, share: string): Text => ({
  en: `${what} has ${seen}, and the node's share of the pod network is ${share}`,
  zh: `${what} 为 ${seen}，而该节点分得的 Pod 网段是 ${share}`,
})

const ofShare = (node: NodeFact, facts: Facts, traces: NetworkTraces): Misfit | undefined => {
  const share = node.podCidr
  const lease = leaseOf(facts, traces)
  const stale = lease !== undefined && isOutside(lease.replace(/\/.*/, ''), share)
  const [bridge] = foreign(facts, share, traces)
  if (bridge !== undefined) return { reason: other(traces.link, bridge, share), bridge: true, lease: stale }
  return stale ? { reason: other(traces.lease, lease, share), bridge: true, lease: true } : undefined
}

/**
 * Whether a host that ran as this Node has lost it, or has the pod network of another share than its Node's: a Node that was deleted and registered
 * again gets another share, and every new pod fails on the old bridge.
 */
export const misfitOf = (name: string, facts: Facts, world: World, traces: NetworkTraces): Misfit | undefined => {
  const nodes = nodesOf(world)
  if (nodes === undefined || runsAs(facts) !== name) return undefined
  const node = nodes.find((one) => one.name === name)
  if (node) return node.podCidr === '' ? undefined : ofShare(node, facts, traces)
  return {
    reason: {
      en: `the cluster has no node ${name} any more; kubelet registers when it starts`,
      zh: `集群中已没有节点 ${name}；kubelet 启动时会注册`,
    },
    bridge: true,
    lease: true,
  }
}

/** Whether the daemon of the pod network has to start again on a host: it reads the Node's share once. */
export const needsDaemon = (name: string, facts: Facts, world: World, traces: NetworkTraces): Text | undefined => {
  const misfit = misfitOf(name, facts, world, traces)
  if (misfit?.lease) return misfit.reason
  const kubelet = facts.units.kubelet
  const share = nodesOf(world)?.find((one) => one.name === name)?.podCidr ?? ''
  const settled = kubelet?.active === 'active' && facts.now - kubelet.since > SETTLED
  // Gone from the host by an earlier run that was cut off.
  return share !== '' && settled && facts.paths[traces.lease] === undefined
    ? { en: `${traces.lease} is missing`, zh: `${traces.lease} 不存在` }
    : undefined
}

/** The same host when its pod network was taken down and came up again with the share of its Node. */
export const renewed = (name: string, facts: Facts, world: World, { link, lease }: NetworkTraces): Facts => {
  const share = nodesOf(world)?.find((one) => one.name === name)?.podCidr ?? ''
  const { [lease]: _, ...paths } = facts.paths
  const text = `FLANNEL_SUBNET=${share.replace(/0\/(\d+)$/, '1/$1')}\n`
  return {
    ...facts,
    addresses: facts.addresses.filter(({ device }) => device !== link),
    paths: share === '' ? paths : { ...paths, [lease]: { type: 'file', owner: 'root:root', mode: '0644', text } },
  }
}
