import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ARTIFACTS, type ArtifactName } from '../../src/releases/artifacts.ts'
import { RELEASES, releaseOf, SUPPORTED } from '../../src/releases/index.ts'
import { lockPathOf, parseLock, pinsOf } from '../../src/releases/pins.ts'
import { compareVersions, parts } from '../../src/cluster/versions.ts'
import { VERSION } from '../../src/version.ts'

describe.each(RELEASES.map((release) => [release.kubernetes, release] as const))('%s', (kubernetes, release) => {
  test('belongs to its minor, and is found by its name', () => {
    expect(kubernetes).toMatch(new RegExp(`^${release.minor.replace('.', '\\.')}\\.\\d+$`))
    expect(releaseOf(kubernetes)).toBe(release)
  })

  test('its containerd is at least the one it needs, its etcd one that it works with', () => {
    expect(compareVersions(release.containerd, release.containerdFloor)).toBeGreaterThanOrEqual(0)
    // 2.3.0 has a regression that broke others' clusters.
    expect(release.containerd).not.toBe('2.3.0')
    const [major, minor] = parts(release.etcd)
    expect([major, minor >= 6]).toEqual([3, true])
    if (parts(kubernetes)[1] >= 37) expect(compareVersions(release.etcd, '3.6.11')).toBeGreaterThanOrEqual(0)
  })

  test('its pins are digests', () => {
    for (const [name, pin] of Object.entries(release.pins))
      expect([name, pin]).toEqual([name, expect.stringMatching(/^sha256:[0-9a-f]{64}$/)])
  })

  test('its images are named in full, with a tag', () => {
    for (const image of Object.values(release.images)) expect(image).toMatch(/^[a-z0-9.-]+\.[a-z]+\/[a-z0-9./-]+:[\w.-]+$/)
  })

  test.each(['amd64', 'arm64'])('every file it needs has a place of its own and no two share it (%s)', (arch) => {
    const files = Object.entries(ARTIFACTS).map(([name, make]) => ({ name, artifact: make(release, arch) }))
    expect(new Set(files.map(({ artifact }) => artifact.path)).size).toBe(files.length)
    for (const { artifact } of files) {
      expect(artifact.path).toContain(arch)
      expect(artifact.path).toContain(artifact.version.replace(/^v/, ''))
      expect(artifact.path).toMatch(/^(dl\.k8s\.io|github\.com)\//)
    }
  })
})

test('releases are in order, each once', () => {
  expect(SUPPORTED).toEqual([...new Set(SUPPORTED)].toSorted(compareVersions))
  expect(() => releaseOf('v1.2.3')).toThrow('v1.2.3 is not among')
})

test('the version is that of the package', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  expect(VERSION).toBe(version)
})

test('what is taken out of an archive is what components run', () => {
  const release = releaseOf(SUPPORTED[0] ?? '')
  const members = (name: ArtifactName): string[] => {
    const { packing } = ARTIFACTS[name](release, 'amd64')
    return packing.kind === 'binary' ? [] : Object.values(packing.members)
  }
  expect(members('etcd')).toEqual(expect.arrayContaining(['etcd', 'etcdctl', 'etcdutl']))
  expect(members('containerd')).toEqual(expect.arrayContaining(['containerd', 'containerd-shim-runc-v2', 'ctr']))
  expect(members('cni-plugins')).toEqual(expect.arrayContaining(['bridge', 'host-local', 'loopback', 'portmap']))
})

describe('cluster.lock.yml', () => {
  const digest = `sha256:${'a'.repeat(64)}`

  test('lies beside cluster.yml', () => {
    expect(['cluster.yml', 'a/b.yaml', 'x'].map(lockPathOf)).toEqual(['cluster.lock.yml', 'a/b.lock.yml', 'x.lock.yml'])
  })

  test('may be missing or short', () => {
    expect(parseLock(undefined, 'l')).toMatchObject({ version: 1, files: {} })
    expect(parseLock('version: 1\n', 'l')).toMatchObject({ version: 1, files: {}, debs: {}, images: {} })
  })

  test('overrides what the release ships', () => {
    const lock = parseLock(`version: 1\nfiles: {a: "${digest}"}\nimages: {b: "${digest}"}\n`, 'l')
    if ('what' in lock) throw new Error(lock.what.en)
    expect(pinsOf({ ...releaseOf(SUPPORTED[0] ?? ''), pins: { a: 'sha256:00', c: 'sha256:11' } }, lock)).toEqual({
      a: digest,
      b: digest,
      c: 'sha256:11',
    })
  })

  test.each([
    ['another version', 'version: 2\n'],
    ['an unknown key', 'version: 1\nfile: {}\n'],
    ['a digest that is too short', 'version: 1\nfiles: {a: "sha256:abc"}\n'],
    ['a digest of another kind', `version: 1\nfiles: {a: "md5:${'a'.repeat(32)}"}\n`],
    ['no YAML', 'a: [\n'],
    ['an empty file', ''],
    ['a conflict of git', '<<<<<<< HEAD\nversion: 1\n=======\nversion: 1\n>>>>>>> x\n'],
  ])('%s is refused with its name', (_, text) => {
    expect(parseLock(text, 'my.lock.yml')).toMatchObject({ at: 'my.lock.yml', severity: 'error', exit: 2 })
  })
})
