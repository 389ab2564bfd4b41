import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config/parse.ts'
import { plan } from '../../src/engine/plan.ts'
import type { Plan } from '../../src/engine/change.ts'
import { sourcesOf } from '../../src/mirrors/sources.ts'
import { releaseOf, SUPPORTED } from '../../src/releases/index.ts'
import { hostLike } from './scenarios.ts'

// A new user: cluster.yml, bare hosts, and no cluster.lock.yml.

const FIXTURES = { amd64: 'debian-12-bare', arm64: 'debian-13-bare' } as const

const planOf = async (version: string, mirrors: string, arch: 'amd64' | 'arm64', more = ''): Promise<Plan> => {
  const yaml = `kubernetes_version: ${version}\nmirrors: ${mirrors}\n${more}nodes:\n  - {address: 10.0.0.11, role: [control-plane, worker]}\n  - {address: 10.0.0.21, role: [worker]}\n`
  const files = { folder: '/nowhere', home: '/nowhere', read: () => ({ error: 'missing' }) as const }
  const loaded = parseConfig(yaml, 'cluster.yml', files, SUPPORTED)
  if (!loaded.config) throw new Error(JSON.stringify(loaded.problems))
  const { config, hosts } = loaded
  const release = releaseOf(config.kubernetes_version)
  const facts = async (name: string, address: string) => ({ ...(await hostLike(FIXTURES[arch], name, address)), arch })
  const world = { '10.0.0.11': await facts('cp1', '10.0.0.11'), '10.0.0.21': await facts('w1', '10.0.0.21') }
  return plan({ config, release, sources: sourcesOf(config.mirrors), pins: release.pins, files: {} }, hosts, world)
}

const WHOLE = ['v1.36.3', 'v1.36.4', 'v1.37.1', 'v1.37.0', 'v1.36', 'v1.37', 'v1.35']
const CASES = WHOLE.flatMap((version) =>
  ['cn', 'none'].flatMap((mirrors) => (['amd64', 'arm64'] as const).map((arch) => [version, mirrors, arch] as const)),
)

describe('without a lock', () => {
  test.each(CASES)('%s, mirrors: %s, %s: everything that is fetched has a pin', async (version, mirrors, arch) => {
    const { changes, problems } = await planOf(version, mirrors, arch)
    expect(problems).toEqual([])
    const fetched = changes.flatMap(({ want }) => {
      if (want.kind === 'artifact') return [{ name: want.artifact.path, pinned: want.pin !== '', places: want.urls.length }]
      return want.kind === 'image'
        ? [{ name: want.ref, pinned: want.places.every(({ pin }) => pin !== ''), places: want.places.length }]
        : []
    })
    expect(fetched.filter(({ pinned, places }) => !pinned || places === 0)).toEqual([])
    expect(new Set(fetched.map(({ name }) => name)).size).toBeGreaterThanOrEqual(14)
  })

  test('a release that came out later says so, and which one needs no lock', async () => {
    const { problems } = await planOf('v1.36.6', 'cn', 'amd64')
    expect(problems[0]).toMatchObject({
      what: { en: 'this Slipway does not bring all digests of Kubernetes v1.36.6' },
      fix: { en: 'Run `slipway lock` once, which looks for them; or write v1.36.4, which needs no lock.' },
      exit: 2,
    })
    expect(problems.map(({ what }) => what.en)).toContain('dl.k8s.io/release/v1.36.6/bin/linux/amd64/kubelet has no pinned digest')
    expect(problems.some(({ what }) => what.en.includes('containerd'))).toBe(false)
  })
})

test('a lock that has a newer flannel than ours keeps it; what cluster.yml names goes before', () => {
  const newer = { 'ghcr.io/flannel-io/flannel:v0.28.10': `sha256:${'1'.repeat(64)}` }
  expect(releaseOf('v1.36.3').images.flannel).toBe('ghcr.io/flannel-io/flannel:v0.28.7')
  expect(releaseOf('v1.36.3', {}, newer).images.flannel).toBe('ghcr.io/flannel-io/flannel:v0.28.10')
  expect(releaseOf('v1.36.3', { flannel: '0.28.5' }, newer).images.flannel).toBe('ghcr.io/flannel-io/flannel:v0.28.5')
})
