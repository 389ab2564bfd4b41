import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { schema } from '../../src/config/schema.ts'
import { PRELUDE } from '../../src/shell/texts.ts'
import { quote } from '../../src/shell/quote.ts'
import { sourcesOf } from '../../src/mirrors/sources.ts'
import type { Os } from '../../src/mirrors/types.ts'
import { alternatesOf, type ImageSource } from '../../src/releases/alternates.ts'
import { ARTIFACTS, type ArtifactName } from '../../src/releases/artifacts.ts'
import { releaseOf } from '../../src/releases/index.ts'
import { artifact } from '../../src/resources/artifact.ts'
import { breaking } from '../mirrors/sources.ts'
import type { ArtifactResource } from '../../src/resources/types.ts'

const run = promisify(execFile)
const digestOf = (bytes: string | Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const RELEASE = releaseOf('v1.36.3')
const OS: Os = { id: 'debian', version: '12', codename: 'bookworm', arch: 'amd64' }
const PIN = digestOf('pin')

describe('which other packagings there are', () => {
  const mirrors = (value: unknown) =>
    schema.parse({ kubernetes_version: 'v1.36.3', nodes: [{ address: '10.0.0.1', role: ['worker'] }], mirrors: value }).mirrors
  const alternates = (name: ArtifactName, pins: Record<string, string>, value: unknown = 'cn') =>
    alternatesOf(name, { release: RELEASE, os: OS, sources: sourcesOf(mirrors(value)), pins, keys: {}, files: {} })

  test('a package, when its exact version is pinned, from every configured mirror', () => {
    const [deb, ...more] = alternates('kubelet', { 'kubelet_1.36.3-2.1_amd64': PIN, 'kubelet_1.36.3-1.1_arm64': PIN })
    expect(more).toEqual([])
    expect(deb).toMatchObject({
      kind: 'deb',
      package: 'kubelet',
      version: '1.36.3-2.1',
      pin: PIN,
      members: { 'usr/bin/kubelet': 'kubelet' },
    })
    expect(deb?.kind === 'deb' && deb.candidates.map(({ host }) => host)).toEqual([
      'mirrors.aliyun.com',
      'mirrors.tuna.tsinghua.edu.cn',
      'mirrors.ustc.edu.cn',
    ])
    expect(alternates('kubelet', {})).toEqual([])
    expect(alternates('runc', { 'containerd.io_2.3.4-1_amd64': PIN })[0]).toMatchObject({ package: 'containerd.io', repository: 'docker' })
  })

  test('an image, under the digest of the place that serves it', () => {
    const upstream = 'registry.k8s.io/kube-apiserver:v1.36.3'
    const flat = 'registry.cn-hangzhou.aliyuncs.com/google_containers/kube-apiserver:v1.36.3'
    const bases = (pins: Record<string, string>) =>
      alternates('kube-apiserver', pins).map((one) => one.kind === 'image' && `${one.base} ${one.pin}`)
    const prefixed = `https://m.daocloud.io/v2/registry.k8s.io/kube-apiserver ${PIN}`
    expect(bases({ [upstream]: PIN })).toEqual([prefixed, `https://k8s.m.daocloud.io/v2/kube-apiserver ${PIN}`])
    expect(bases({ [upstream]: PIN, [flat]: digestOf('other') })).toEqual([
      prefixed,
      `https://k8s.m.daocloud.io/v2/kube-apiserver ${PIN}`,
      `https://registry.cn-hangzhou.aliyuncs.com/v2/google_containers/kube-apiserver ${digestOf('other')}`,
    ])
    expect(alternates('etcd', { 'registry.k8s.io/etcd:3.6.14-0': PIN })[0]).toMatchObject({
      members: { 'usr/local/bin/etcdctl': 'etcdctl' },
    })
  })
})

let root: string
let servers: Server[] = []

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'slipway-rungs-'))
  await mkdir(join(root, 'state/stamps'), { recursive: true })
})

afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  servers = []
})

const tarOf = async (files: Readonly<Record<string, string>>): Promise<Buffer> => {
  const folder = await mkdtemp(join(root, 'layer-'))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  await run('tar', ['-czf', `${folder}.tgz`, '-C', folder, '.'])
  return readFile(`${folder}.tgz`)
}

/** A registry with one image for two machines, anonymous tokens, and blobs somewhere else, where each answer ends after `most` bytes. */
const registry = async (change: (path: string, bytes: Buffer) => Buffer = (_, bytes) => bytes, most = Infinity, knowsHead = true) => {
  const blobs = new Map<string, Buffer>()
  const add = (bytes: Buffer | string): string => {
    blobs.set(digestOf(bytes), Buffer.from(bytes))
    return digestOf(bytes)
  }
  const base = add(await tarOf({ 'etc/passwd': 'x' }))
  const manifest = async (text: string) =>
    add(
      JSON.stringify(
        {
          config: { digest: add('{}') },
          layers: [{ digest: base }, { digest: add(await tarOf({ 'usr/local/bin/kube-apiserver': text })) }],
        },
        null,
        2,
      ),
    )
  const entry = (digest: string, architecture: string) => ({ digest, size: 1, platform: { architecture, os: 'linux' } })
  const index = add(
    JSON.stringify({ manifests: [entry(await manifest('for arm64'), 'arm64'), entry(await manifest('for amd64'), 'amd64')] }, null, 3),
  )
  const authorizations = new Set<string>()
  const ranges: (string | undefined)[] = []
  const store = createServer(({ url = '', headers }, response) => {
    if (headers.authorization) authorizations.add('leaked')
    ranges.push(headers.range)
    const bytes = blobs.get(url.slice(1)) ?? Buffer.alloc(0)
    if (most === Infinity) response.end(bytes)
    else breaking(bytes, most)({ headers } as IncomingMessage, response)
  })
  const server = createServer(({ url = '', headers, method }, response) => {
    if (method === 'HEAD' && !knowsHead) return void response.writeHead(405).end()
    const own = `http://${headers.host}`
    if (url.startsWith('/token')) return void response.end('{ "token": "t0ken" }')
    if (headers.authorization !== 'Bearer t0ken')
      return void response.writeHead(401, { 'www-authenticate': `Bearer realm="${own}/token",service="s",scope="repository:x:pull"` }).end()
    const digest = url.split('/').at(-1) ?? ''
    if (url.includes('/blobs/'))
      return void response.writeHead(307, { location: `http://localhost:${(store.address() as AddressInfo).port}/${digest}` }).end()
    const bytes = blobs.get(digest)
    return bytes ? void response.end(change(url, bytes)) : void response.writeHead(404).end()
  })
  for (const one of [server, store]) {
    servers.push(one)
    await new Promise<void>((resolve) => one.listen(0, one === store ? 'localhost' : '127.0.0.1', resolve))
  }
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/kube-apiserver`, pin: index, authorizations, blobs, ranges }
}

const wanted = (image: Pick<ImageSource, 'base' | 'pin'>, arch = 'amd64', urls: readonly string[] = []): ArtifactResource => ({
  kind: 'artifact',
  artifact: ARTIFACTS['kube-apiserver'](RELEASE, 'amd64'),
  urls,
  pin: urls.length > 0 ? PIN : '',
  others: [{ kind: 'image', ...image, arch, members: { 'usr/local/bin/kube-apiserver': 'kube-apiserver' } }],
})

/** `instead`: shell functions that take the place of the real ones. */
const apply = async (want: ArtifactResource, instead = '') => {
  const place = `STATE=${quote(`${root}/state`)}\nRUN=${quote(root)}\nFETCH_PAUSE=0.1\nchown() { :; }\n${instead}\n`
  const body = artifact.script(want, { verb: 'create', reason: { en: '', zh: '' } }, {}).replaceAll('/opt/slipway', `${root}/opt`)
  const text = `${PRELUDE}\n${place}\nmain() {\n${body}\n}\nmain; exit\n`
  const { code, stdout, stderr } = await run('/bin/sh', ['-c', text], { env: { ...process.env, no_proxy: '*' } }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
  const installed = await readFile(join(root, 'opt/kubernetes/v1.36.3/kube-apiserver'), 'utf8').catch(() => undefined)
  const stamp = await readFile(join(root, 'state/stamps/kubernetes-v1.36.3-kube-apiserver'), 'utf8').catch(() => undefined)
  return {
    code,
    stderr,
    installed,
    stamp: stamp?.split('\n')[0],
    notes: stdout.split('\n').filter((line) => line.startsWith('::slipway note ')),
  }
}

describe('the same file out of its image', () => {
  test.for(['amd64', 'arm64'])('%s: index, manifest and layer by their digests; the token stays with its registry', async (arch) => {
    const { base, pin, authorizations } = await registry()
    const { code, installed, stamp, notes } = await apply(wanted({ base, pin }, arch))
    expect({ code, installed, stamp, notes }).toEqual({ code: 0, installed: `for ${arch}`, stamp: pin, notes: [] })
    expect([...authorizations]).toEqual([])
    expect(await readdir(join(root, 'state/fetch'))).toEqual([])
  })

  test('a layer whose transfer breaks goes on where it stopped, in this run and in the next', async () => {
    const { base, pin, ranges } = await registry(undefined, 60)
    expect(await apply(wanted({ base, pin }))).toMatchObject({ code: 0, installed: 'for amd64', notes: [] })
    expect(ranges.filter((range) => range === undefined)).toHaveLength(1)
    expect(ranges).toContain('bytes=60-')
  })

  test('a registry without HEAD is asked by GET', async () => {
    const { base, pin } = await registry(undefined, undefined, false)
    expect(await apply(wanted({ base, pin }))).toMatchObject({ code: 0, installed: 'for amd64' })
  })

  test('only after the files before it failed', async () => {
    const { base, pin } = await registry()
    const { code, stamp, notes } = await apply(wanted({ base, pin }, 'amd64', ['http://127.0.0.1:1/kube-apiserver']))
    expect({ code, stamp }).toEqual({ code: 0, stamp: pin })
    expect(notes).toHaveLength(1)
  })

  test.for([
    [
      'an index that is not the pinned one',
      (path: string, bytes: Buffer) => (path.includes('/manifests/') ? Buffer.from(`${bytes} `) : bytes),
    ],
    ['no such image', () => Buffer.from('')],
  ] as const)('%s is refused', async ([, change]) => {
    const { base, pin } = await registry(change)
    const { code, stderr, installed, stamp } = await apply(wanted({ base, pin }))
    expect(code).toBe(1)
    expect(stderr).toContain('no source delivered kube-apiserver:')
    expect(stderr).toContain('wrong digest')
    expect([installed, stamp]).toEqual([undefined, undefined])
    expect(await readdir(join(root, 'state/fetch'))).toEqual([])
  })

  test('a flipped bit in a layer, and a machine there is no image for', async () => {
    const one = await registry()
    for (const [digest, bytes] of one.blobs)
      if (bytes[0] === 0x1f) one.blobs.set(digest, Buffer.from(bytes.map((byte, at) => (at === 30 ? byte ^ 1 : byte))))
    expect(await apply(wanted(one))).toMatchObject({ code: 1, installed: undefined })
    const two = await registry()
    const { code, stderr } = await apply(wanted(two, 'riscv64'))
    expect(code).toBe(1)
    expect(stderr).toContain('no image for riscv64')
  })
})

describe('the same file out of a package', () => {
  const from = (...hosts: string[]): ArtifactResource => ({
    ...wanted({ base: '', pin: '' }),
    others: [
      {
        kind: 'deb',
        repository: 'kubernetes',
        key: 'key\n',
        arch: 'amd64',
        package: 'kubelet',
        version: '1.36.3-1.1',
        pin: PIN,
        members: { 'usr/bin/kubelet': 'kube-apiserver' },
        candidates: hosts.map((host) => ({
          host,
          text: 'Types: deb\n',
          source: { uri: `https://${host}`, suites: ['/'], components: [] },
        })),
      },
    ],
  })
  const asked = async (...hosts: string[]): Promise<string[]> => {
    const { notes } = await apply(from(...hosts), 'apt_update() { error=no; return 1; }')
    return notes.map((note) => note.split(' ')[3] ?? '')
  }

  test('from the places of now, in their order; a place of an earlier run is not asked any more', async () => {
    expect(await asked('pkgs.k8s.io')).toEqual(['pkgs.k8s.io'])
    await rm(join(root, 'down'), { force: true })
    expect(await asked('mirrors.ustc.edu.cn', 'mirrors.aliyun.com')).toEqual(['mirrors.ustc.edu.cn', 'mirrors.aliyun.com'])
  })
})
