import { describe, expect, test } from 'vitest'
import { runningOn, show, versions } from '../../../src/commands/versions/index.ts'
import { listReleases, wayFrom } from '../../../src/releases/overview.ts'
import { clusterOf, hostLike } from '../../engine/scenarios.ts'
import { converge } from '../../engine/support.ts'
import { fakeIo, options, silentCluster } from '../support.ts'

describe('the way up', () => {
  test.each([
    ['v1.35.4', ['v1.36.4', 'v1.37.1']],
    ['v1.36.3', ['v1.37.1']],
    ['v1.36.9', ['v1.37.1']],
    ['v1.37.0', ['v1.37.1']],
    ['v1.37.1', []],
    ['v1.37.2', []],
    ['v1.34.2', ['v1.35.7', 'v1.36.4', 'v1.37.1']],
  ])('from %s', (running, way) => expect(wayFrom(running)).toEqual(way))
})

test('what is whole, and what a lock is still needed for; pins of a lock count', () => {
  const of = (version: string, pins = {}) => listReleases(['amd64'], pins).find(({ kubernetes }) => kubernetes === version)
  expect(of('v1.36.4')).toEqual({ kubernetes: 'v1.36.4', unpinned: 0, ends: '2027-06-28' })
  expect(of('v1.36.5')?.unpinned).toBe(5)
  const pin = `sha256:${'1'.repeat(64)}`
  expect(of('v1.36.5', { 'dl.k8s.io/release/v1.36.5/bin/linux/amd64/kubelet': pin })?.unpinned).toBe(4)
})

describe('slipway versions', () => {
  test('without a cluster.yml: the releases alone', async () => {
    const { io, printed } = fakeIo()
    expect(await versions.run(options({ file: '/nowhere/cluster.yml' }), io)).toBe(0)
    expect(printed.out).toMatch(/^v1\.36\.4 +whole +2027-06-28$/m)
    expect(printed.out).toMatch(/^v1\.36\.5 +\d+ missing: lock/m)
    expect(printed.err).toBe('')
  })

  test('--offline asks no host; without it, hosts that do not answer are named', async () => {
    const { io, printed } = fakeIo('zh')
    const file = silentCluster()
    expect(await versions.run(options({ file, files: [file], offline: true }), io)).toBe(0)
    expect(printed.out).toMatch(/^v1\.36\.4 +完整/m)
    const asked = fakeIo()
    expect(await versions.run(options({ file, files: [file] }), asked.io)).toBe(4)
    expect(asked.printed.err).toContain('No host that answered runs an API server.')
    expect(asked.printed.err).toContain('root@127.0.0.1:1')
  })

  test('what runs is marked, older kubelets are named, and the way is told', async () => {
    const { cluster, hosts } = clusterOf(
      'kubernetes_version: v1.35.4\nmirrors: cn\nnodes:\n  - {address: 10.0.0.11, role: [control-plane, worker]}\n',
    )
    const bare = { '10.0.0.11': await hostLike('debian-12-bare', 'cp1', '10.0.0.11') }
    const { world } = converge(cluster, hosts, bare)
    const nodes = [
      { ...world['10.0.0.11']!.nodes[0]!, kubelet: 'v1.35.4' },
      { ...world['10.0.0.11']!.nodes[0]!, name: 'w9', kubelet: 'v1.33.1' },
    ]
    const intent = { file: 'cluster.yml', config: cluster.config, hosts, cluster, warnings: [], ownAuthorities: {} }
    const running = runningOn({ intent, world: { '10.0.0.11': { ...world['10.0.0.11']!, nodes } } })
    const { io, printed } = fakeIo()
    show(listReleases(['amd64']), running, { output: 'text' }, io)
    expect(printed.out).toMatch(/^v1\.35\.4 +whole +\S+ +\*$/m)
    expect(printed.err).toBe(
      'This cluster runs v1.35.4.\nThe kubelet of w9 is v1.33.1, 2 minors older: tolerated, up to 3.\nAn upgrade goes v1.35.4 -> v1.36.4 -> v1.37.1.\n',
    )
    const json = fakeIo()
    show(listReleases(['amd64']), running, { output: 'json' }, json.io)
    expect(JSON.parse(json.printed.out).cluster).toMatchObject({
      apiservers: ['v1.35.4'],
      older: [{ name: 'w9', minors: 2 }],
      upgrade: ['v1.36.4', 'v1.37.1'],
    })
  })
})
