import { expect, test } from 'vitest'
import { membersOf } from '../../../src/cluster/members.ts'
import type { Facts } from '../../../src/hosts/facts.ts'
import { networkOf } from '../../../src/addons/networks.ts'
import { peersOf } from '../../../src/steps/preflight/network.ts'
import { clusterOf } from '../../engine/scenarios.ts'
import { installed, problemsOf, PLANE, WORKER, passes, stops, warns } from './support.ts'

stops([
  ['a filtered port', PLANE, { reach: { '10.0.0.1/tcp/2379': 'filtered' } }, /cannot reach e1 \(10\.0\.0\.1\) on port 2379\/tcp/, 3],
  ['no way to a kubelet', PLANE, { reach: { '10.0.0.21/tcp/10250': 'unreachable' } }, /cannot reach w1 \(10\.0\.0\.21\) on port 10250/, 3],
])

warns([['another MTU', WORKER, { mtu: { eth0: 9000 } }, /MTU is 9000, another node's is 1500/]])

warns([
  [
    'a bare host that is silent on the port of the pod network',
    WORKER,
    { reach: { '10.0.0.11/udp/8472': 'silent' } },
    /cp1 .* on port 8472\/udp/,
  ],
])

test.each<readonly [string, Partial<Facts>]>([
  ['its kubelet is stopped', { units: {} }],
  ['its kubelet has no unit any more, and the link of the pod network is still there', { paths: {}, mtu: { 'flannel.1': 1450 } }],
])('silence is no sign of a firewall where %s', (_, facts) => {
  const plane = { ...(installed[PLANE] as Facts), ...facts }
  const asker = { ...(installed[WORKER] as Facts), reach: { '10.0.0.11/udp/8472': 'silent' as const } }
  const said = problemsOf({ ...installed, [PLANE]: plane, [WORKER]: asker }).map(({ what }) => what.en)
  expect(said.filter((text) => text.includes('8472'))).toEqual([])
})

test('each host asks its control planes and ten peers by datagrams, so that a cluster asks in proportion to its size', () => {
  const nodes = Array.from(
    { length: 200 },
    (_, at) => `{address: 10.1.0.${at + 1}, role: [${at === 0 ? 'control-plane, etcd' : 'worker'}]}`,
  )
  const { hosts: many, cluster: large } = clusterOf(`kubernetes_version: v1.36.3\nmirrors: cn\nnodes: [${nodes.join(', ')}]\n`)
  const members = membersOf(many, {})
  const [plane, worker] = members.map((member) => peersOf(member, members, networkOf(large.config))) as [unknown[], unknown[]]
  expect(plane).toHaveLength(199 + 10)
  expect(worker).toHaveLength(1 + 10)
})

passes([['a port that is closed, because nothing listens yet', PLANE, { reach: { '10.0.0.1/tcp/2379': 'closed' } }]])
