import { expect, test } from 'vitest'
import type { Context } from '../../../src/cluster/types.ts'
import { membersOf } from '../../../src/cluster/members.ts'
import { oldKubelets } from '../../../src/steps/preflight/kubelets.ts'
import { clusterOf, hostLike } from '../../engine/scenarios.ts'

const base = await hostLike('debian-12-bare', 'cp1', '10.0.0.11')
const node = (name: string, kubelet: string) =>
  ({
    name,
    kubelet,
    ready: true,
    unschedulable: false,
    labels: {},
    taints: [],
    managed: '',
    address: '',
    podCidr: '',
    drained: false,
  }) as const

/** A cluster of cp1 and w1, in which w1 does not answer, and a Node of which cluster.yml knows nothing. */
const context = (version: string, kubelets: Readonly<Record<string, string>>): Context => {
  const { cluster, hosts } = clusterOf(
    `kubernetes_version: ${version}\nmirrors: cn\nnodes:\n  - {address: 10.0.0.11, role: [control-plane], hostname_override: cp1}\n  - {address: 10.0.0.21, role: [worker], hostname_override: w1}\n`,
  )
  const facts = { ...base, nodes: Object.entries(kubelets).map(([name, kubelet]) => node(name, kubelet)) }
  const world = { '10.0.0.11': facts }
  const members = membersOf(hosts, world)
  return { ...cluster, members, world, facts, member: members[0]! }
}

const said = (version: string, kubelets: Readonly<Record<string, string>>) =>
  oldKubelets(context(version, kubelets)).map(({ severity, at, what }) => `${severity} ${at} ${what.en}`)

test('up to three minors are tolerated', () => {
  expect(said('v1.37.1', { cp1: 'v1.36.4', w1: 'v1.34.2', stray: 'v1.37.1' })).toEqual([])
})

test('one that the API servers would leave behind stops the upgrade, whether its host answers or not', () => {
  expect(said('v1.37.1', { cp1: 'v1.33.1', stray: 'v1.33.9' })).toEqual([
    'error root@10.0.0.11:22 the kubelet of cp1 is v1.33.1, 4 minors older than v1.37.1',
    'error root@10.0.0.11:22 the kubelet of stray is v1.33.9, 4 minors older than v1.37.1',
  ])
})
