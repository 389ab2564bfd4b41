import { createHash } from 'node:crypto'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { archesOf, lock } from '../../../src/commands/lock/index.ts'
import { ARTIFACTS } from '../../../src/releases/artifacts.ts'
import { releaseOf } from '../../../src/releases/index.ts'
import { fakeIo, options } from '../support.ts'
import { withoutShippedImages } from '../unshipped.ts'

withoutShippedImages()

let folder: string
let file: string
let asked: string[]
type Reply = (path: string) => Response | undefined

const hex = (text: string) => createHash('sha256').update(text).digest('hex')

/** Answers of the whole internet, by host; a host that is not listed cannot be reached. */
const internet = (hosts: Readonly<Record<string, Reply>>): void => {
  asked = []
  vi.stubGlobal('fetch', async (url: string) => {
    const { host, pathname } = new URL(url)
    asked.push(url)
    const reply = hosts[host]
    if (reply === undefined) throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ENOTFOUND' } })
    return reply(pathname.slice(1)) ?? new Response('', { status: 404 })
  })
}

const isChecksum = (path: string) => /sha256|SHA256SUMS/.test(path)
const checksumOf = (path: string, bytes: (path: string) => string): string => {
  const name = path.replace(/\.sha256(sum)?$/, '')
  if (path.endsWith('SHA256SUMS') || path.endsWith('runc.sha256sum')) {
    const files = Object.values(ARTIFACTS).map((make) => make(releaseOf('v1.37.2'), 'amd64').path)
    return files.map((one) => `${hex(bytes(one))}  ./${one.split('/').at(-1)}\n`).join('')
  }
  return name.startsWith('dl.k8s.io') ? hex(bytes(name)) : `${hex(bytes(name))}  ${name.split('/').at(-1)}\n`
}

const bytesOf = (path: string) => `bytes of ${path}`
const filesAt =
  (bytes = bytesOf, checksums = bytes): Reply =>
  (path) =>
    new Response(isChecksum(path) ? checksumOf(path, checksums) : bytes(path))
const onlyBytes =
  (bytes = bytesOf): Reply =>
  (path) =>
    isChecksum(path) ? undefined : new Response(bytes(path))
const onlyChecksums: Reply = (path) => (isChecksum(path) ? new Response(checksumOf(path, bytesOf)) : undefined)
const upstreamFiles = (reply: (host: string) => Reply) =>
  Object.fromEntries(['dl.k8s.io', 'github.com'].map((host) => [host, (path: string) => reply(host)(`${host}/${path}`)]))
/** A registry in which every image is its name: its configuration, one layer, and a manifest that says which registry wrote it. */
const config = (image: string) => JSON.stringify({ architecture: 'amd64', image })
const manifestOf = (image: string, writer: string): string =>
  JSON.stringify({
    writer,
    config: { digest: `sha256:${hex(config(image))}`, size: config(image).length },
    layers: [{ digest: `sha256:${hex(`layer of ${image}`)}`, size: 1 }],
  })
const imageAt = (repository: string): string => repository.split('/').at(-1) ?? ''
const registry =
  (writer = 'source', has: (repository: string) => boolean = () => true): Reply =>
  (path) => {
    const [, repository = '', kind, reference = ''] = /^v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(path) ?? []
    const image = imageAt(repository)
    if (!has(repository)) return undefined
    if (kind === 'manifests') return new Response(manifestOf(image, writer))
    return reference === `sha256:${hex(config(image))}` ? new Response(config(image)) : undefined
  }
const daocloud = { 'm.daocloud.io': registry() }
const source = { 'registry.k8s.io': registry(), 'ghcr.io': registry() }
const registries = { ...daocloud, ...source }
const digestOf = (image: string, writer = 'source') => `sha256:${hex(manifestOf(image, writer))}`

const lockText = () => readFile(join(folder, 'cluster.lock.yml'), 'utf8')
const run = async (flags: Record<string, string | boolean> = {}, language: 'en' | 'zh' = 'en') => {
  const { io, printed } = fakeIo(language)
  return { exit: await lock.run(options({ file, flags, offline: true }), io), ...printed }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-lock-'))
  file = join(folder, 'cluster.yml')
  await writeFile(
    file,
    'cluster_name: lab\nkubernetes_version: v1.37.2\nmirrors: cn\nnodes:\n- {address: 10.0.0.1, role: [control-plane, etcd]}\n',
  )
})

afterEach(() => void vi.unstubAllGlobals())

const KUBELET = 'dl.k8s.io/release/v1.37.2/bin/linux/amd64/kubelet'

describe('lock', () => {
  test('checksums of two places that agree: no bytes are fetched', async () => {
    internet({ 'files.m.daocloud.io': onlyChecksums, ...upstreamFiles(() => onlyChecksums), ...registries })
    const { exit } = await run()
    expect(exit).toBe(0)
    const text = await lockText()
    expect(parse(text).files[KUBELET]).toBe(`sha256:${hex(bytesOf(KUBELET))}`)
    expect(text).toContain('# sha256 from files.m.daocloud.io, sha256 from dl.k8s.io')
    expect(asked.filter((url) => url.endsWith('/kubelet'))).toEqual([])
    expect(parse(text).images['registry.k8s.io/pause:3.10.2']).toBe(digestOf('pause'))
    expect(text).toContain('# manifest at m.daocloud.io, the same manifest at registry.k8s.io')
  })

  test('a checksum of one place and the bytes of another', async () => {
    internet({ 'files.m.daocloud.io': onlyBytes(), ...upstreamFiles(() => onlyChecksums), ...registries })
    expect((await run()).exit).toBe(0)
    expect(await lockText()).toContain('# sha256 from dl.k8s.io, bytes from files.m.daocloud.io')
  })

  test('one place alone is refused, and taken with --trust-first', async () => {
    internet({ 'files.m.daocloud.io': filesAt(), ...registries })
    const refused = await run({}, 'zh')
    expect(refused.exit).toBe(5)
    expect(refused.err).toContain(`${KUBELET} 未锁定：只有 files.m.daocloud.io 提供`)
    expect(parse(await lockText()).files).toBeUndefined()
    const trusted = await run({ 'trust-first': true })
    expect(trusted.exit).toBe(0)
    expect(await lockText()).toContain('# bytes from files.m.daocloud.io, trusted at first sight')
  })

  test('places that differ are never outvoted, and never trusted', async () => {
    const evil = (path: string) => `evil ${path}`
    internet({ 'files.m.daocloud.io': filesAt(evil), ...upstreamFiles(() => filesAt()), ...registries })
    const { exit, err } = await run({ 'trust-first': true })
    expect(exit).toBe(5)
    expect(err).toContain('the places do not agree (files.m.daocloud.io: sha256:')
  })

  test('what stands in the lock stays, comments too; only what is missing is asked for', async () => {
    const pin = `sha256:${'1'.repeat(64)}`
    await writeFile(join(folder, 'cluster.lock.yml'), `# ours\nversion: 1\nfiles:\n  ${KUBELET}: ${pin} # by hand\n`)
    internet({ 'files.m.daocloud.io': filesAt(), ...upstreamFiles(() => filesAt()), ...registries })
    expect((await run()).exit).toBe(0)
    const text = await lockText()
    expect(text).toContain(`# ours\nversion: 1\n`)
    expect(text).toContain(`${KUBELET}: ${pin} # by hand\n`)
    expect(asked.some((url) => url.includes('/kubelet'))).toBe(false)
    expect(asked.some((url) => url.includes('containerd'))).toBe(false)
    internet({})
    const again = await run()
    expect({ exit: again.exit, err: again.err }).toEqual({ exit: 0, err: 'Everything is pinned.\n' })
    expect(await lockText()).toBe(text)
  })

  test('nobody can be reached: each host is waited for once', async () => {
    internet({})
    const { exit, err } = await run({ arch: 'amd64,arm64' })
    expect(exit).toBe(5)
    const fix = 'run slipway lock where one of them answers and copy cluster.lock.yml, or write the digest by hand.'
    expect(err).toContain(
      `! ${KUBELET} stays without a pin: no place delivered it (files.m.daocloud.io: ENOTFOUND; kubekey.pek3b.qingstor.com: ENOTFOUND; kubernetes.oss-cn-hangzhou.aliyuncs.com: ENOTFOUND; dl.k8s.io: ENOTFOUND): ${fix}\n`,
    )
    expect(err).toMatch(
      /^! registry\.k8s\.io\/pause:\S+ stays without a pin: no place delivered it \(.*registry\.k8s\.io: ENOTFOUND\): run/m,
    )
    expect(asked.filter((url) => url.includes('files.m.daocloud.io'))).toHaveLength(1)
    await expect(lockText()).rejects.toThrow()
  })

  test('a file and an image that no place has: each place says why', async () => {
    const none: Reply = () => undefined
    internet({
      'files.m.daocloud.io': none,
      'kubekey.pek3b.qingstor.com': none,
      ...upstreamFiles(() => none),
      ...registries,
      'm.daocloud.io': none,
      'registry.k8s.io': none,
    })
    const { exit, err } = await run({}, 'zh')
    expect(exit).toBe(5)
    expect(err).toContain(
      `! ${KUBELET} 未锁定：所有来源均未提供（files.m.daocloud.io：HTTP 404；kubekey.pek3b.qingstor.com：HTTP 404；kubernetes.oss-cn-hangzhou.aliyuncs.com：ENOTFOUND；dl.k8s.io：HTTP 404）：请在`,
    )
    expect(err).toMatch(
      /^! registry\.k8s\.io\/pause:\S+ 未锁定：所有来源均未提供（m\.daocloud\.io：HTTP 404；.*registry\.k8s\.io：HTTP 404）：请在/m,
    )
  })

  test('an architecture that is not supported is refused before anything is asked', async () => {
    internet({})
    const { exit, err } = await run({ arch: 'amd64,mips' })
    expect(exit).toBe(2)
    expect(err).toContain('--arch mips: this architecture is not supported.')
    expect(asked).toEqual([])
  })

  test('every image that a binary may come out of, and every name whose copies have digests of their own', async () => {
    const files = { 'files.m.daocloud.io': filesAt(), ...upstreamFiles(() => filesAt()) }
    internet({ ...files, ...daocloud, 'ghcr.io': registry(), 'registry.cn-hangzhou.aliyuncs.com': registry('aliyun') })
    const { exit, err } = await run()
    expect(exit, err).toBe(5)
    const { images } = parse(await lockText())
    // Two operators, one image: that is two witnesses, although the manifests differ.
    expect(images['registry.k8s.io/pause:3.10.2']).toBe(digestOf('pause'))
    expect(await lockText()).toContain('# manifest at m.daocloud.io, the same layers at registry.cn-hangzhou.aliyuncs.com')
    const flat = 'registry.cn-hangzhou.aliyuncs.com/google_containers'
    for (const image of ['pause:3.10.2', 'coredns:v1.14.6', 'kube-apiserver:v1.37.2', 'kube-proxy:v1.37.2', 'etcd:3.7.3-0'])
      expect(images[`${flat}/${image}`], image).toBe(digestOf(image.split(':')[0] ?? '', 'aliyun'))
    expect(images['registry.k8s.io/kube-scheduler:v1.37.2']).toBe(digestOf('kube-scheduler'))
    expect(await lockText()).toContain('# the same layers as registry.k8s.io/coredns/coredns:v1.14.6')
    // agnhost is not at Aliyun.
    expect(err).toContain('! registry.k8s.io/e2e-test-images/agnhost:2.59 stays without a pin: only m.daocloud.io speaks for it')
    const trusted = await run({ 'trust-first': true })
    expect(trusted.exit).toBe(0)
    expect(await lockText()).toContain(`agnhost:2.59: ${digestOf('agnhost')} # manifest at m.daocloud.io, trusted at first sight`)
  })

  test('a copy that is made of something else gets no pin, and that is no failure', async () => {
    const other: Reply = (path) => registry('aliyun')(path.replace('/pause/', '/other/'))
    const files = { 'files.m.daocloud.io': filesAt(), ...upstreamFiles(() => filesAt()) }
    internet({ ...files, ...registries, 'registry.cn-hangzhou.aliyuncs.com': other })
    const { exit, err } = await run()
    expect(exit, err).toBe(0)
    expect(err).toContain(
      '- registry.cn-hangzhou.aliyuncs.com/google_containers/pause:3.10.2 stays without a pin: its layers are not those of',
    )
    expect(parse(await lockText()).images['registry.cn-hangzhou.aliyuncs.com/google_containers/pause:3.10.2']).toBeUndefined()
  })

  test('registries that differ are never outvoted', async () => {
    const files = { 'files.m.daocloud.io': filesAt(), ...upstreamFiles(() => filesAt()) }
    internet({ ...files, ...registries, 'registry.k8s.io': registry('evil') })
    const { exit, err } = await run({ 'trust-first': true })
    expect(exit).toBe(5)
    expect(err).toContain(
      `! registry.k8s.io/pause:3.10.2 stays without a pin: the places do not agree (m.daocloud.io: ${digestOf('pause')}`,
    )
  })
})

describe('lock --verify', () => {
  const pause = 'registry.k8s.io/pause:3.10.2'
  const write = (file: string, image: string) =>
    writeFile(join(folder, 'cluster.lock.yml'), `version: 1\nfiles:\n  ${KUBELET}: ${file}\nimages:\n  ${pause}: ${image}\n`)
  const heads =
    (writer = 'source'): Reply =>
    (path) => {
      const answer = registry(writer)(path)
      const name = imageAt(/^v2\/(.+)\/manifests\//.exec(path)?.[1] ?? '')
      answer?.headers.set('docker-content-digest', digestOf(name, writer))
      return answer
    }
  const right = `sha256:${hex(bytesOf(KUBELET))}`

  test('a lock that is as published: exit 0, and nothing is written', async () => {
    internet({ 'files.m.daocloud.io': filesAt(), ...upstreamFiles(() => filesAt()), 'm.daocloud.io': heads(), 'registry.k8s.io': heads() })
    await write(right, digestOf('pause'))
    const before = await lockText()
    const { exit, err } = await run({ verify: true })
    expect([exit, err]).toEqual([0, expect.stringContaining(`= ${KUBELET}: as files.m.daocloud.io, dl.k8s.io has it`)])
    expect(err).toContain('2 as published, 0 that differ, 0 of which nobody says anything.')
    expect(await lockText()).toBe(before)
    expect(asked.filter((url) => url.endsWith('/kubelet'))).toEqual([])
  })

  test('a file and an image that are published otherwise now: exit 5, with both digests', async () => {
    internet({ ...upstreamFiles(() => filesAt()), 'registry.k8s.io': heads() })
    await write(`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`)
    const { exit, err } = await run({ verify: true }, 'zh')
    expect(exit).toBe(5)
    expect(err).toContain(`! ${KUBELET}：锁定为 sha256:1111`)
    expect(err).toContain(`dl.k8s.io: ${right}`)
    expect(err).toContain('0 项与发布内容一致，2 项不同，0 项无来源可查。')
  })

  test('where nobody answers nothing is proven, and nothing is wrong', async () => {
    internet({})
    await write(right, digestOf('pause'))
    const { exit, err } = await run({ verify: true })
    expect(exit).toBe(0)
    expect(err).toContain('0 as published, 0 that differ, 2 of which nobody says anything.')
  })
})

test.each([
  [[], ['arm64'], ['arm64']],
  [[], ['arm64', 'amd64', 'arm64'], ['amd64', 'arm64']],
  [[], [], ['amd64']],
  [['arm64'], ['amd64'], ['arm64']],
])('--arch %j with hosts of %j: pins for %j', (named, hosts, wanted) => {
  const world = Object.fromEntries(hosts.map((arch, index) => [`h${index}`, { arch }])) as unknown as Parameters<typeof archesOf>[1]
  expect(archesOf(named, world)).toEqual(wanted)
})
