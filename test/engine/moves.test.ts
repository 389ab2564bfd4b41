import { describe, expect, test } from 'vitest'
import { plan } from '../../src/engine/plan.ts'
import { stagesOf } from '../../src/engine/stages.ts'
import type { World } from '../../src/cluster/world.ts'
import { type Row, ROWS, scenarioOf } from './changed-keys.ts'
import { changesFor } from './support.ts'

// Hosts of a running cluster that get another name or address.

const row = (key: string, start: string): Row => {
  const found = ROWS.find((one) => one.key === key && one.change.startsWith(start))
  if (!found) throw new Error(`no row ${key} ${start}`)
  return found
}
const both = (...rows: readonly Row[]): Row => ({
  key: '',
  change: '',
  edit: (file) => {
    for (const { edit } of rows) edit(file)
  },
  seen: (world) => rows.reduce((seen, one) => (one.seen ?? ((same: World) => same))(seen), world),
})
const problemsOf = (one: Row) => {
  const { cluster, hosts, world } = scenarioOf(one)
  return plan(cluster, hosts, world).problems.map(({ at, what, exit }) => `${exit} ${at} ${what.en}`)
}
/** Stage by stage: who does what. */
const told = (one: Row): string[] => {
  const { cluster, hosts, world } = scenarioOf(one)
  return stagesOf(changesFor(cluster, hosts, world)).map(({ batches }) =>
    batches.map(({ host, changes }) => `${host}: ${changes.map(({ id }) => id).join(', ')}`).join(' | '),
  )
}

describe('another name', () => {
  test('the old Node is drained, then deleted, then kubelet takes the new name; the new Node is waited for, then the labels follow', () => {
    expect(told(row('nodes[].hostname_override', 'w1'))).toEqual([
      '10.0.0.11: drain w1, node-absent w1',
      [
        '10.0.0.21: certificate /var/lib/kubelet/pki/kubelet-client-slipway.pem',
        'node-rename worker-1',
        'certificate /var/lib/kubelet/pki/kubelet',
        'unit kubelet',
        'file /var/lib/kube-proxy/config.yaml',
        'unit kube-proxy',
      ].join(', '),
      '10.0.0.11: uncordon worker-1',
      '10.0.0.11: node worker-1, functional-check nodes',
      '10.0.0.21: checked',
    ])
  })

  test('two hosts go one after the other, and the second one is drained when the first one is back', () => {
    const lines = told(both(row('nodes[].hostname_override', 'w1'), row('nodes[].hostname_override', 'cp2')))
    const nodes = lines
      .filter((line) => /drain|unit kubelet|uncordon/.test(line))
      .map((line) => line.replace(/: .*(drain \w+|unit kubelet).*/, ' $1'))
    expect(nodes).toEqual([
      ...['10.0.0.11 drain cp2', '10.0.0.12 unit kubelet', '10.0.0.11: uncordon plane-2'],
      ...['10.0.0.11 drain w1', '10.0.0.21 unit kubelet', '10.0.0.11: uncordon worker-1'],
    ])
  })

  test('a Node that does not answer is not drained, only deleted', () => {
    const one = row('nodes[].hostname_override', 'w1')
    const seen = (world: World): World =>
      Object.fromEntries(
        Object.entries(world).map(([key, facts]) => [
          key,
          { ...facts, nodes: facts.nodes.map((node) => (node.name === 'w1' ? { ...node, ready: false } : node)) },
        ]),
      )
    expect(told({ ...one, seen })[0]).toBe('10.0.0.11: node-absent w1')
  })

  test('names cannot be exchanged in one run', () => {
    const swap: Row = {
      key: '',
      change: '',
      edit: ({ nodes }) => {
        Object.assign(nodes[3] ?? {}, { hostname_override: 'w2' })
        Object.assign(nodes[4] ?? {}, { hostname_override: 'w1' })
      },
    }
    expect(problemsOf(swap)).toEqual([
      expect.stringMatching(/^2 cluster\.yml:\d+:\d+ nodes\[3\]\.hostname_override w2 is still the name of 10\.0\.0\.22$/),
      expect.stringMatching(/^2 cluster\.yml:\d+:\d+ nodes\[4\]\.hostname_override w1 is still the name of 10\.0\.0\.21$/),
    ])
  })
})

describe('another address', () => {
  test("a control plane's: etcd's other members are told before it moves there", () => {
    const [etcd] = told(row('nodes[].internal_address', 'cp2')).filter((line) => line.includes('unit etcd'))
    expect(etcd).toMatch(/etcd-address https:\/\/10\.0\.0\.112:2380, unit etcd/)
  })

  test("a control plane's, while another does not answer: refused, for the two that are left would be one", () => {
    const moved = row('nodes[].internal_address', 'cp2')
    const silent = (world: World): World => Object.fromEntries(Object.entries(world).filter(([key]) => key !== '10.0.0.13'))
    expect(problemsOf({ ...moved, seen: (world) => silent((moved.seen ?? ((same: World) => same))(world)) })).toContain(
      '3 root@10.0.0.12:22 its etcd would have to restart while only 2 of 3 members are healthy: that would cost the quorum',
    )
  })

  test('of two etcd members at once: refused, each with its place', () => {
    const other: Row = {
      key: '',
      change: '',
      edit: ({ nodes }) => void Object.assign(nodes[0] ?? {}, { internal_address: '10.0.0.111' }),
      seen: (world) => ({
        ...world,
        '10.0.0.11': {
          ...(world['10.0.0.11'] as World[string]),
          addresses: [...(world['10.0.0.11']?.addresses ?? []), { device: 'eth0', address: '10.0.0.111', prefix: 24 }],
        },
      }),
    }
    expect(problemsOf(both(row('nodes[].internal_address', 'cp2'), other))).toEqual([
      expect.stringMatching(/^2 .*nodes\[0\]\.internal_address the addresses of 2 etcd members change at once \(cp1, cp2\)$/),
      expect.stringMatching(/^2 .*nodes\[1\]\.internal_address the addresses of 2 etcd members change at once \(cp1, cp2\)$/),
    ])
  })
})
