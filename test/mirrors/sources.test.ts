import { describe, expect, test } from 'vitest'
import { type Config, schema } from '../../src/config/schema.ts'
import { isGoogle, REGISTRIES } from '../../src/images/registries.ts'
import { certsD, hostsFile } from '../../src/mirrors/certs-d.ts'
import { questionOf } from '../../src/commands/images/ask.ts'
import { mirrorOf } from '../../src/mirrors/index.ts'
import { knownRegistries } from '../../src/mirrors/private.ts'
import { repositoriesOf } from '../../src/net/image-pull.ts'
import type { Intent } from '../../src/run/session.ts'
import { ordersOf, sourcesOf } from '../../src/mirrors/sources.ts'
import type { AptRepo, Os } from '../../src/mirrors/types.ts'

const section = (mirrors: unknown): Config['mirrors'] =>
  schema.parse({ kubernetes_version: 'v1.36.3', nodes: [{ address: '10.0.0.1', role: ['worker'] }], mirrors }).mirrors
const sources = (mirrors: unknown) => sourcesOf(section(mirrors))

const trixie: Os = { id: 'debian', version: '13', codename: 'trixie', arch: 'amd64' }
const bookworm: Os = { id: 'debian', version: '12', codename: 'bookworm', arch: 'arm64' }
const noble: Os = { id: 'ubuntu', version: '24.04', codename: 'noble', arch: 'amd64' }
const jammyArm: Os = { id: 'ubuntu', version: '22.04', codename: 'jammy', arch: 'arm64' }
const kubernetes: AptRepo = { kind: 'kubernetes', minor: 'v1.36' }
const uris = (mirrors: unknown, repo: AptRepo, os: Os) =>
  sources(mirrors)
    .apt(repo, os)
    .map(({ uri }) => uri)
const kubelet = 'dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubelet'

describe('profile cn', () => {
  test('apt, in the order of the profile', () => {
    expect(sources('cn').apt(kubernetes, trixie)[0]).toEqual({
      uri: 'https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.36/deb/',
      suites: ['/'],
      components: [],
    })
    expect(uris('cn', kubernetes, noble)).toEqual([
      'https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.36/deb/',
      'https://mirrors.tuna.tsinghua.edu.cn/kubernetes/core:/stable:/v1.36/deb/',
      'https://mirrors.ustc.edu.cn/kubernetes/core:/stable:/v1.36/deb/',
    ])
    expect(uris('cn', { kind: 'base' }, trixie)).toEqual([
      'https://mirrors.aliyun.com/debian',
      'https://mirrors.tuna.tsinghua.edu.cn/debian',
      'https://mirrors.ustc.edu.cn/debian',
      'http://deb.debian.org/debian',
    ])
    expect(sources('cn').apt({ kind: 'docker' }, noble)[0]).toEqual({
      uri: 'https://mirrors.aliyun.com/docker-ce/linux/ubuntu',
      suites: ['noble'],
      components: ['stable'],
    })
  })

  test('suites and components per release and architecture', () => {
    expect(sources('cn').apt({ kind: 'base' }, bookworm)[0]).toEqual({
      uri: 'https://mirrors.aliyun.com/debian',
      suites: ['bookworm', 'bookworm-updates'],
      components: ['main', 'contrib', 'non-free', 'non-free-firmware'],
    })
    expect(sources('cn').apt({ kind: 'base' }, jammyArm)[0]).toEqual({
      uri: 'https://mirrors.aliyun.com/ubuntu-ports',
      suites: ['jammy', 'jammy-updates', 'jammy-backports'],
      components: ['main', 'restricted', 'universe', 'multiverse'],
    })
  })

  test('security stays upstream unless asked for', () => {
    expect(uris('cn', { kind: 'security' }, trixie)).toEqual(['http://security.debian.org/debian-security'])
    expect(uris('cn', { kind: 'security' }, noble)).toEqual(['http://security.ubuntu.com/ubuntu/'])
    expect(uris('cn', { kind: 'security' }, jammyArm)).toEqual(['http://ports.ubuntu.com/ubuntu-ports/'])
    const mirrored = uris({ profile: 'cn', apt: { mirror_security: true } }, { kind: 'security' }, trixie)
    expect(mirrored).toEqual([
      'https://mirrors.aliyun.com/debian-security',
      'https://mirrors.tuna.tsinghua.edu.cn/debian-security',
      'https://mirrors.ustc.edu.cn/debian-security',
      'http://security.debian.org/debian-security',
    ])
  })

  test('nothing of Google is asked: not by apt, not for files, not by containerd', () => {
    const cn = sources('cn')
    const repos: AptRepo[] = [{ kind: 'base' }, { kind: 'security' }, kubernetes, { kind: 'docker' }]
    const asked = [
      ...[trixie, bookworm, noble, jammyArm].flatMap((os) => repos.flatMap((repo) => cn.apt(repo, os).map(({ uri }) => uri))),
      ...cn.files(kubelet),
      ...REGISTRIES.flatMap((registry) => cn.endpoints(registry).map(({ url }) => url)),
    ]
    expect(asked.map((url) => new URL(url).host).filter(isGoogle)).toEqual([])
    for (const text of Object.values(certsD(cn)))
      expect([...text.matchAll(/"https?:\/\/([^/"]+)/g)].map(([, host]) => host!).filter(isGoogle)).toEqual([])
  })

  test('files and images', () => {
    const path = 'github.com/opencontainers/runc/releases/download/v1.4.3/runc.amd64'
    const oss = 'https://kubernetes.oss-cn-hangzhou.aliyuncs.com/kubernetes-release/release/v1.36.3/bin/linux/amd64/kubelet'
    expect(sources('cn').files(kubelet)).toEqual([
      `https://files.m.daocloud.io/${kubelet}`,
      `https://kubekey.pek3b.qingstor.com/${kubelet}`,
      oss,
    ])
    expect(sources('cn').files(path)).toEqual([
      `https://files.m.daocloud.io/${path}`,
      `https://kubekey.pek3b.qingstor.com/${path}`,
      `https://${path}`,
    ])
    expect(sources('cn').image('registry.k8s.io/pause:3.10.2')).toBe('m.daocloud.io/registry.k8s.io/pause:3.10.2')
    expect(sources('cn').endpoints('registry.k8s.io')).toEqual([
      { url: 'https://k8s.m.daocloud.io', overridePath: false },
      { url: 'https://registry.cn-hangzhou.aliyuncs.com/v2/google_containers', overridePath: true },
    ])
    expect(sources('cn').endpoints('docker.io')).toEqual([{ url: 'https://docker.m.daocloud.io', overridePath: false }])
    expect(sources('cn').endpoints('registry.example.com')).toEqual([])
  })
})

describe('profile none', () => {
  test('upstream everywhere, and the host keeps its own sources', () => {
    const none = sources('none')
    expect(none.apt({ kind: 'base' }, trixie)).toEqual([])
    expect(none.apt({ kind: 'security' }, trixie)).toEqual([])
    expect(uris('none', kubernetes, trixie)).toEqual(['https://pkgs.k8s.io/core:/stable:/v1.36/deb/'])
    expect(uris('none', { kind: 'docker' }, trixie)).toEqual(['https://download.docker.com/linux/debian'])
    expect(none.files(kubelet)).toEqual([`https://${kubelet}`])
    expect(none.image('k8s.gcr.io/pause:3.1')).toBe('k8s.gcr.io/pause:3.1')
    expect(none.endpoints('docker.io')).toEqual([{ url: 'https://registry-1.docker.io', overridePath: false }])
    expect(certsD(none)).toEqual({})
  })
})

describe("the user's lists", () => {
  test('win over the profile, in their order, each once', () => {
    const mirrors = {
      profile: 'cn',
      files: ['upstream', 'daocloud', 'upstream'],
      images: ['aliyun', 'daocloud', 'upstream'],
      apt: { base: [] },
    }
    expect(ordersOf(section(mirrors))).toMatchObject({
      base: [],
      files: ['upstream', 'daocloud'],
      images: ['aliyun', 'daocloud', 'upstream'],
    })
    const own = sources(mirrors)
    expect(own.files(kubelet)).toEqual([`https://${kubelet}`, `https://files.m.daocloud.io/${kubelet}`])
    expect(own.apt({ kind: 'base' }, trixie)).toEqual([])
    expect(own.apt({ kind: 'security' }, trixie)).toEqual([])
    expect(own.image('registry.k8s.io/pause:3.10.2')).toBe('registry.cn-hangzhou.aliyuncs.com/google_containers/pause:3.10.2')
    expect(own.image('quay.io/a/b')).toBe('m.daocloud.io/quay.io/a/b')
    expect(hostsFile('quay.io', own)).toBe(
      '# quay.io\nserver = "https://quay.io"\ncapabilities = ["pull", "resolve"]\ndial_timeout = "5s"\n\n[host."https://quay.m.daocloud.io"]\n  capabilities = ["pull", "resolve"]\n  dial_timeout = "5s"\n',
    )
  })

  test('a URL is a base in host-first layout, for files, apt and images', () => {
    const base = 'https://files.corp:8443/mirror/'
    const own = sources({ profile: 'none', files: [base], images: [base], apt: { base: [base], kubernetes: [base], docker: [base] } })
    expect(own.files(kubelet)).toEqual([`https://files.corp:8443/mirror/${kubelet}`])
    expect(own.apt(kubernetes, trixie)[0]!.uri).toBe('https://files.corp:8443/mirror/pkgs.k8s.io/core:/stable:/v1.36/deb/')
    expect(own.apt({ kind: 'base' }, jammyArm)[0]!.uri).toBe('https://files.corp:8443/mirror/ports.ubuntu.com/ubuntu-ports/')
    expect(own.image('nginx:1')).toBe('files.corp:8443/mirror/docker.io/library/nginx:1')
    expect(own.endpoints('k8s.gcr.io')).toEqual([{ url: 'https://files.corp:8443/v2/mirror/registry.k8s.io', overridePath: true }])
  })

  test('a base on one of the known registries is not rewritten again', () => {
    const own = sources({ profile: 'cn', images: ['aliyun', 'https://ghcr.io/our-mirror', 'daocloud'] })
    const once = own.image('registry.k8s.io/sig-x/y:v1')
    expect(once).toBe('ghcr.io/our-mirror/registry.k8s.io/sig-x/y:v1')
    expect(own.image(once)).toBe(once)
    expect(sources({ images: ['daocloud', 'https://ghcr.io/our-mirror'] }).image(once)).toBe(once)
  })
})

test('an unknown release of a distribution has no archive anywhere', () => {
  const buster: Os = { id: 'debian', version: '10', codename: 'buster', arch: 'amd64' }
  expect(sources('cn').apt({ kind: 'base' }, buster)).toEqual([])
})

test('the other providers', () => {
  expect(mirrorOf('aliyun-vpc').apt(kubernetes, trixie)!.uri).toBe(
    'http://mirrors.cloud.aliyuncs.com/kubernetes-new/core/stable/v1.36/deb/',
  )
  expect(mirrorOf('tencent').apt(kubernetes, trixie)!.uri).toBe('https://mirrors.cloud.tencent.com/kubernetes_new/core:/stable:/v1.36/deb/')
  expect(mirrorOf('aliyun').file(kubelet)).toBe(
    'https://kubernetes.oss-cn-hangzhou.aliyuncs.com/kubernetes-release/release/v1.36.3/bin/linux/amd64/kubelet',
  )
  expect(mirrorOf('aliyun').file('github.com/x/y')).toBeUndefined()
  expect(mirrorOf('tuna').image('nginx')).toBeUndefined()
})

test('a mirror of images that answers without TLS does so for everybody: containerd by its own name too, check, save and sync', () => {
  const config = schema.parse({
    kubernetes_version: 'v1.36.3',
    nodes: [{ address: '10.0.0.1', role: ['worker'] }],
    mirrors: { images: ['http://reg.corp:5000/mirror'] },
  })
  const own = sourcesOf(config.mirrors)
  const named = own.image('registry.k8s.io/pause:3.10')
  expect(named).toBe('reg.corp:5000/mirror/registry.k8s.io/pause:3.10')
  expect(certsD(own, knownRegistries(config))['reg.corp:5000/hosts.toml']).toMatch(/^server = "http:\/\/reg\.corp:5000"$/m)
  expect(repositoriesOf(named, own, knownRegistries(config))).toEqual([
    { base: 'http://reg.corp:5000/v2', path: 'mirror/registry.k8s.io/pause' },
  ])
  const { at } = questionOf(mirrorOf('http://reg.corp:5000/mirror'), { ref: 'registry.k8s.io/pause:3.10', pin: undefined }, {
    config,
  } as Intent)
  expect(at?.base).toBe('http://reg.corp:5000/v2')
})

test("one proxy-cache project for each public registry on one host: Harbor's, with one login", () => {
  const projects = { 'docker.io': 'dockerhub', 'registry.k8s.io': 'k8s' }
  const config = schema.parse({
    kubernetes_version: 'v1.36.3',
    nodes: [{ address: '10.0.0.1', role: ['worker'] }],
    private_registries: [{ url: 'harbor.corp', is_default: true, user: 'u', password: 'env:P', projects }],
  })
  const own = sourcesOf(config.mirrors, config.private_registries)
  expect(own.image('nginx:1')).toBe('harbor.corp/dockerhub/library/nginx:1')
  expect(own.image('k8s.gcr.io/pause:3.10')).toBe('harbor.corp/k8s/pause:3.10')
  expect(own.image('harbor.corp/k8s/pause:3.10')).toBe('harbor.corp/k8s/pause:3.10')
  expect(own.image('quay.io/a/b:1')).toBe('quay.io/a/b:1')
  expect(own.endpoints('docker.io')[0]).toEqual({ url: 'https://harbor.corp/v2/dockerhub', overridePath: true, login: 'harbor.corp' })
  expect(own.endpoints('quay.io').map(({ url }) => url)).toEqual(['https://quay.io'])
})
