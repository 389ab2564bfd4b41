import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readReference } from '../../src/images/reference.ts'
import { isGoogle, isRegistry } from '../../src/images/registries.ts'
import { custom } from '../../src/mirrors/custom.ts'
import { MIRRORS } from '../../src/mirrors/index.ts'
import { imagesOfBinaries } from '../../src/releases/alternates.ts'
import { RELEASES } from '../../src/releases/index.ts'
import type { AptRepo, Mirror, Os } from '../../src/mirrors/types.ts'

const DIGEST = `sha256:${'4'.repeat(64)}`

const NAMES = [
  ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'etcd', 'pause', 'coredns/coredns'].map(
    (name) => `registry.k8s.io/${name}`,
  ),
  'registry.k8s.io/metrics-server/metrics-server',
  'registry.k8s.io/ingress-nginx/controller',
  'registry.k8s.io/sig-storage/csi-provisioner',
  'registry.k8s.io/dns/k8s-dns-node-cache',
  'registry.k8s.io/kube-state-metrics/kube-state-metrics',
  'registry.k8s.io/autoscaling/addon-resizer',
  'registry.k8s.io/e2e-test-images/agnhost',
  'k8s.gcr.io/pause',
  'k8s.gcr.io/coredns/coredns',
  'gcr.io/google_containers/pause-amd64',
  'gcr.io/google-containers/kube-proxy',
  'gcr.io/cadvisor/cadvisor',
  'gcr.io/distroless/static',
  'ghcr.io/flannel-io/flannel',
  'ghcr.io/flannel-io/flannel-cni-plugin',
  'quay.io/tigera/operator',
  'quay.io/cilium/cilium',
  'nginx',
  'rancher/local-path-provisioner',
  'docker.io/library/busybox',
  'index.docker.io/calico/node',
  'registry-1.docker.io/library/nginx',
]
/** Every image that a cluster of any release is made of, or that its binaries may come out of. */
const OURS = [...new Set(RELEASES.flatMap((release) => [...Object.values(release.images), ...imagesOfBinaries(release)]))]

const PLACES = [
  'gke.gcr.io/csi',
  'localhost/foo',
  '192.168.1.10:5000/library/nginx',
  'registry.example.com/x/y',
  '[::1]:5000/x',
  'us.gcr.io/p/x',
  'quay.io.evil.com/x',
]
const SUFFIXES = ['', ':v1.36.3', `@${DIGEST}`, `:v1.36.3@${DIGEST}`]
const REFS = [...NAMES.flatMap((name) => SUFFIXES.map((suffix) => name + suffix)), ...OURS.flatMap((ref) => [ref, `${ref}@${DIGEST}`])]

/** Providers whose copies are the same bytes as the source's, so that a digest holds there too. */
const IDENTICAL = new Set(['upstream', 'daocloud', 'host', 'path', 'flat'])
const ALL: [string, Mirror][] = [
  ...Object.entries(MIRRORS),
  ['host', custom('https://harbor.corp:8443/mirror')],
  ['path', custom('https://harbor.corp:8443/k8s/', 'path')],
  ['flat', custom('http://10.0.0.1:5000', 'flat')],
  ['on a default port', custom('http://registry:80')],
  ['on ghcr.io', custom('https://ghcr.io/ours')],
  ['on docker.io', custom('https://docker.io/ours')],
]

describe.each(ALL)('%s', (name, mirror) => {
  test.each(REFS)('%s', (ref) => {
    const answer = mirror.image(ref)
    if (answer === undefined || name === 'upstream') return
    const [before, after] = [readReference(ref)!, readReference(answer)!]
    expect(mirror.image(answer)).toBe(answer)
    expect(isGoogle(after.domain)).toBe(false)
    expect(after.tag).toBe(before.tag)
    if (IDENTICAL.has(name)) expect(after.digest).toBe(before.digest)
    else if (name === 'aliyun') expect(after.digest).toBeUndefined()
  })

  test.each(PLACES)('%s is nobody’s to move', (ref) => {
    if (name !== 'upstream') expect(mirror.image(ref)).toBeUndefined()
  })

  test('any text: no exception, idempotent, only known registries move', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom(...REFS, ...PLACES),
      fc.stringMatching(/^[a-z]{1,3}(\.[a-z]{1,3}){0,2}(\/[a-z]{1,3}){0,3}(:[a-z]{1,3})?$/),
    )
    fc.assert(
      fc.property(text, (ref) => {
        const answer = mirror.image(ref)
        if (answer === undefined || answer === ref) return
        expect(isRegistry(readReference(ref)!.domain)).toBe(true)
        expect(mirror.image(answer)).toBe(answer)
      }),
    )
  })

  test('apt answers are whole for every release and architecture', () => {
    const oses: Os[] = (['amd64', 'arm64'] as const).flatMap((arch) => [
      { id: 'debian', version: '12', codename: 'bookworm', arch } as const,
      { id: 'debian', version: '13', codename: 'trixie', arch } as const,
      { id: 'ubuntu', version: '22.04', codename: 'jammy', arch } as const,
      { id: 'ubuntu', version: '24.04', codename: 'noble', arch } as const,
    ])
    const repos: AptRepo[] = [{ kind: 'base' }, { kind: 'security' }, { kind: 'kubernetes', minor: 'v1.37' }, { kind: 'docker' }]
    for (const os of oses) {
      for (const repo of repos) {
        const source = mirror.apt(repo, os)
        if (source === undefined) continue
        expect(source.uri).toMatch(/^https?:\/\/[^\s]+$/)
        expect(source.suites.length).toBeGreaterThan(0)
        expect(source.suites.every((suite) => suite === '/' || suite.startsWith(os.codename))).toBe(true)
        expect(source.components.length === 0).toBe(repo.kind === 'kubernetes')
        if (name !== 'upstream' && !name.startsWith('on ') && !IDENTICAL.has(name)) expect(isGoogle(new URL(source.uri).host)).toBe(false)
      }
    }
  })
})

test('who carries the core images, digests and all', () => {
  const carriers = (ref: string) => ALL.filter(([, mirror]) => mirror.image(ref) !== undefined).map(([name]) => name)
  const always = ['upstream', 'daocloud', 'host', 'path', 'on a default port', 'flat', 'on ghcr.io', 'on docker.io']
  expect(carriers('registry.k8s.io/kube-apiserver:v1.36.3').toSorted()).toEqual([...always, 'aliyun'].toSorted())
  expect(carriers(`registry.k8s.io/kube-apiserver:v1.36.3@${DIGEST}`).toSorted()).toEqual(always.toSorted())
})

test('every image of every release has a provider under cn, with its digest', () => {
  const lacking = OURS.filter((ref) => MIRRORS.daocloud.image(`${ref}@${DIGEST}`) === undefined)
  expect(OURS.length).toBeGreaterThan(RELEASES.length * 4)
  expect(lacking).toEqual([])
})
