import { expect, test } from 'vitest'
import type { World } from '../../src/cluster/world.ts'
import { plan, simulate } from '../../src/engine/plan.ts'
import type { Facts, PathFact } from '../../src/hosts/facts.ts'
import { scenarioNamed } from './scenarios.ts'
import { changesFor, inOrder, rotation } from './support.ts'

const { cluster, hosts, world } = scenarioNamed('one-plane-cn')
const PLANE = '10.0.0.11'
const WORKER = '10.0.0.21'
const LEASE = '/run/flannel/subnet.env'
const SHARES: Readonly<Record<string, string>> = { cp1: '10.244.0.0/24', w1: '10.244.1.0/24', w2: '10.244.2.0/24' }

const lease = (address: string): PathFact => ({ type: 'file', owner: 'root:root', mode: '0644', text: `FLANNEL_SUBNET=${address}/24\n` })

/** Installed a while ago, with a bridge and a lease on every host that fit its Node. */
const settled = (seen: World): World => {
  const names: Record<string, string> = { [PLANE]: 'cp1', [WORKER]: 'w1', '10.0.0.22': 'w2' }
  return Object.fromEntries(
    Object.entries(seen).map(([key, facts]) => {
      const gateway = (SHARES[names[key] ?? ''] ?? '').replace('0/24', '1')
      return [
        key,
        {
          ...facts,
          now: facts.now + 3600,
          nodes: facts.nodes.map((node) => ({ ...node, podCidr: SHARES[node.name] ?? '' })),
          addresses: [...facts.addresses, { device: 'cni0', address: gateway, prefix: 24 }],
          paths: { ...facts.paths, [LEASE]: lease(gateway) },
        },
      ]
    }),
  )
}
const installed = settled(rotation(cluster, hosts, world))
const withFacts = (key: string, facts: Partial<Facts>): World => ({ ...installed, [key]: { ...(installed[key] as Facts), ...facts } })
const nodesOf = (seen: World) => (seen[PLANE] as Facts).nodes
const withShare = (share: string): World =>
  withFacts(PLANE, { nodes: nodesOf(installed).map((node) => (node.name === 'w1' ? { ...node, podCidr: share } : node)) })
const planned = (seen: World): string[] =>
  changesFor(cluster, hosts, seen)
    .filter(({ want }) => want.kind !== 'functional-check' && want.kind !== 'checked')
    .map(({ host, id, difference }) => `${host} ${difference.verb} ${id}: ${difference.reason.en}`)

test('a network that fits: nothing to do', () => {
  expect(planned(installed)).toEqual([])
})

test('a Node that was deleted by hand is registered again: its kubelet restarts, by plan, with the pod network it had', () => {
  const gone = withFacts(PLANE, { nodes: nodesOf(installed).filter(({ name }) => name !== 'w1') })
  const reason = 'the cluster has no node w1 any more; kubelet registers when it starts'
  expect(planned(gone)).toEqual([
    `${PLANE} create node w1: it has not registered yet`,
    `${PLANE} update network-daemon w1: ${reason}`,
    `${WORKER} update pod-network w1: ${reason}`,
    `${WORKER} restart unit kubelet: ${reason}`,
  ])
  const order = inOrder(changesFor(cluster, hosts, gone)).map(({ id }) => id)
  expect(order.indexOf('pod-network w1')).toBeLessThan(order.indexOf('unit kubelet'))
  expect(order.indexOf('unit kubelet')).toBeLessThan(order.indexOf('node w1'))
  expect(order.indexOf('node w1')).toBeLessThan(order.indexOf('network-daemon w1'))
  expect(plan(cluster, hosts, simulate(gone, changesFor(cluster, hosts, gone))).changes).toEqual([])
})

test('a list that nobody read says nothing of a Node', () => {
  const refused = withFacts(PLANE, { nodes: [], nodeList: 'refused' })
  expect(planned(refused).filter((text) => text.includes('kubelet') || text.includes('network'))).toEqual([])
})

test('a bridge of another share than the Node has goes, and kubelet starts anew; a lease that fits stays', () => {
  const seen = withFacts(WORKER, {
    addresses: [...(installed[WORKER] as Facts).addresses.slice(0, -1), { device: 'cni0', address: '10.244.7.1', prefix: 24 }],
  })
  const reason = "cni0 has 10.244.7.1, and the node's share of the pod network is 10.244.1.0/24"
  expect(planned(seen)).toEqual([`${WORKER} update pod-network w1: ${reason}`, `${WORKER} restart unit kubelet: ${reason}`])
  expect(changesFor(cluster, hosts, seen).find(({ id }) => id === 'pod-network w1')?.difference.diff).toBeUndefined()
})

test('where the lease is of another share too, the daemon starts again behind it', () => {
  const seen = withShare('10.244.9.0/24')
  const ids = changesFor(cluster, hosts, seen).map(({ host, id }) => `${host} ${id}`)
  expect(ids).toEqual(expect.arrayContaining([`${WORKER} pod-network w1`, `${WORKER} unit kubelet`, `${PLANE} network-daemon w1`]))
  expect(changesFor(cluster, hosts, seen).find(({ id }) => id === 'pod-network w1')?.difference.diff).toBe(`-${LEASE}`)
  expect(plan(cluster, hosts, simulate(seen, changesFor(cluster, hosts, seen))).changes).toEqual([])
})

test('cut off when the lease was gone from the host: the next run starts the daemon', () => {
  const { [LEASE]: _, ...paths } = (installed[WORKER] as Facts).paths
  expect(planned(withFacts(WORKER, { paths }))).toEqual([`${PLANE} update network-daemon w1: ${LEASE} is missing`])
})

test('a share that is no IPv4 network is left to others', () => {
  expect(planned(withShare('fd00::/64'))).toEqual([])
})
