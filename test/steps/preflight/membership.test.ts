import { describe, expect, test } from 'vitest'
import type { Facts } from '../../../src/hosts/facts.ts'
import { PLANE, installed, problemsOf } from './support.ts'

describe('who is in the cluster', () => {
  const node = (name: string, managed: string): Facts['nodes'][number] => ({
    name,
    kubelet: 'v1.36.3',
    ready: true,
    unschedulable: false,
    labels: {},
    taints: [],
    managed,
    address: '10.0.0.99',
    podCidr: '',
    drained: false,
  })
  const seen = (extra: Partial<Facts>) =>
    problemsOf(Object.fromEntries(Object.entries(installed).map(([key, facts]) => [key, { ...facts, ...extra }])))
  const nodes = installed[PLANE]?.nodes ?? []

  test('a node of ours that the file does not name is asked about, not removed', () => {
    const found = seen({ nodes: [...nodes, node('w9', '{"labels":[],"taints":[]}')] })
    expect(found).toMatchObject([{ severity: 'error', exit: 3, fix: { en: expect.stringContaining('slipway node remove w9') } }])
  })

  test("a node that somebody else made is somebody else's", () => {
    expect(seen({ nodes: [...nodes, node('stranger', '')] })).toEqual([])
  })

  test('a member of etcd that the file does not name is asked about', () => {
    const member = { id: '1', started: true, name: 'e9', peer: 'https://10.0.0.99:2380', learner: false }
    expect(seen({ etcdMembers: [member] })[0]?.what.en).toContain('etcd member e9')
  })
})
