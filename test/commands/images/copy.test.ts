import { createReadStream, existsSync, readdirSync, symlinkSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readTar } from '../../../src/archive/read.ts'
import { images } from '../../../src/commands/images/index.ts'
import { collisions } from '../../../src/images/rewrite.ts'
import { mirrorOfRegistry, privateRegistries } from '../../../src/mirrors/private.ts'
import { releaseOf, SUPPORTED } from '../../../src/releases/index.ts'
import { FakeRegistry, imageOf } from '../../net/fake-registry.ts'
import { fakeIo, options } from '../support.ts'
import { withoutShippedImages } from '../unshipped.ts'

withoutShippedImages()

const LOGIN = Buffer.from('puller:pass word').toString('base64')
const OURS = Object.values(releaseOf('v1.36.3').images)
const wholeImage = (ref: string, only = false) => imageOf(ref, ['amd64', 'arm64'], only)

let folder: string
let first: FakeRegistry
let second: FakeRegistry
let own: FakeRegistry

/** The registry as a mirror in host-first layout: HOST/docker.io/library/nginx. */
const fill = (registry: FakeRegistry, refs: readonly string[] = OURS): void => {
  for (const ref of refs) {
    const [name = '', tag = ''] = ref.split(/:(?=[^:/]+$)/)
    registry.put(name, tag, wholeImage(ref))
  }
}

const write = (more = '', images = [first, second]): Promise<void> =>
  writeFile(
    join(folder, 'cluster.yml'),
    [
      'kubernetes_version: v1.36.3\nnodes: [{address: 10.0.0.1, role: [control-plane, worker]}]\n',
      `mirrors: {images: [${images.map(({ host }) => `"http://${host}"`).join(', ')}]}\n`,
      more,
    ].join(''),
  )
const pin = (pins: Readonly<Record<string, string>>): Promise<void> =>
  writeFile(
    join(folder, 'cluster.lock.yml'),
    `version: 1\nimages:\n${Object.entries(pins)
      .map(([ref, digest]) => `  ${ref}: ${digest}\n`)
      .join('')}`,
  )
const registry = (more = '') =>
  `private_registries: [{url: "http://${own.host}/mirror", user: puller, password: env:PW, is_default: true${more}}]\n`

const run = async (
  rest: readonly string[],
  flags: Record<string, string | string[]> = {},
  env: Record<string, string> = { PW: 'pass word' },
) => {
  const { io, printed } = fakeIo()
  const exit = await images.run(options({ files: [join(folder, 'cluster.yml')], rest: [...rest], flags }), { ...io, env })
  return { exit, ...printed }
}

const read = async (path: string) => {
  const found = new Map<string, Buffer>()
  for await (const { name, content } of readTar(createReadStream(path))) {
    const chunks: Uint8Array[] = []
    for await (const chunk of content) chunks.push(chunk)
    found.set(name, Buffer.concat(chunks))
  }
  return found
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-copy-'))
  first = await new FakeRegistry().start()
  second = await new FakeRegistry().start()
  own = await new FakeRegistry({ auth: 'basic', login: LOGIN }).start()
  await write()
})
afterEach(async () => {
  for (const one of [first, second, own]) await one[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

describe('images save', () => {
  const file = () => join(folder, 'out.tar')

  test('an archive with every image under both names, for one architecture', async () => {
    fill(first)
    const { exit, err } = await run(['save', file()])
    expect(exit, err).toBe(0)
    const found = await read(file())
    const index = JSON.parse(found.get('index.json')?.toString() ?? '') as {
      manifests: { digest: string; annotations: Record<string, string> }[]
    }
    const names = index.manifests.map(({ annotations }) => annotations['io.containerd.image.name'])
    expect(names).toHaveLength(2 * OURS.length)
    expect(names).toContain('registry.k8s.io/pause:3.10.2')
    expect(names).toContain(`${first.host}/registry.k8s.io/pause:3.10.2`)
    const layers = [...found.values()].map(String)
    expect(layers.some((text) => text.includes('pause:3.10.2 for amd64'))).toBe(true)
    expect(layers.some((text) => text.includes('for arm64'))).toBe(false)
    // The index stays what it is, so that its digest is the pinned one.
    expect(index.manifests.map(({ digest }) => digest)).toContain(wholeImage('registry.k8s.io/pause:3.10.2').digest)
    expect(err).toContain('not pinned')
    expect(readdirSync(folder).filter((name) => name.startsWith('.') || name.endsWith('.part'))).toEqual([])
  })

  test("what a manifest of one's own names, for two architectures", async () => {
    fill(first, [...OURS, 'docker.io/library/nginx:1.27'])
    await writeFile(join(folder, 'pod.yaml'), 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{image: nginx:1.27}]}\n')
    expect((await run(['save', file()], { manifest: [join(folder, 'pod.yaml')], arch: 'amd64,arm64' })).exit).toBe(0)
    const text = [...(await read(file())).values()].map(String).join()
    expect(text).toContain('docker.io/library/nginx:1.27 for arm64')
  })

  test('a place with other bytes than the pinned ones is passed over, for manifests and for layers', async () => {
    fill(second)
    fill(first)
    await pin(Object.fromEntries(OURS.map((ref) => [ref, wholeImage(ref).digest])))
    const pause = 'registry.k8s.io/pause'
    first.manifests.set(`${pause}@${wholeImage(`${pause}:3.10.2`).digest}`, { bytes: Buffer.from('{"manifests":[]}'), type: 'x' })
    for (const [key, bytes] of first.blobs)
      if (bytes.includes('coredns:v1.14.6 for amd64')) first.blobs.set(key, Buffer.from(bytes.map((one) => one ^ 1)))
    const { exit, err } = await run(['save', file()])
    expect(exit, err).toBe(0)
    expect(err).toMatch(new RegExp(`pause:3\\.10\\.2 +sha256:\\w+ +${second.host}`))
    expect(err).not.toContain('not pinned')
    expect([...(await read(file())).values()].some((bytes) => bytes.includes('coredns:v1.14.6 for amd64'))).toBe(true)
  })

  test('what no place has is named with the reasons, and nothing is written', async () => {
    fill(
      first,
      OURS.filter((ref) => !ref.includes('coredns')),
    )
    const { exit, err } = await run(['save', file()])
    expect(exit).toBe(5)
    expect(err).toMatch(/! registry\.k8s\.io\/coredns\/coredns:v1\.14\.6: .*HTTP 404 NAME_UNKNOWN; .*HTTP 404/)
    expect(existsSync(file())).toBe(false)
  })

  test('a layer that no place has right leaves no file behind, and an older one in peace', async () => {
    fill(first)
    await write('', [first])
    for (const [key, bytes] of first.blobs)
      if (bytes.includes('coredns:v1.14.6 for amd64')) first.blobs.set(key, Buffer.from(bytes.map((one) => one ^ 1)))
    await writeFile(file(), 'older')
    const { exit, err } = await run(['save', file()])
    expect(exit).toBe(5)
    expect(err).toContain('Nothing was written: ')
    expect(err).toContain('the bytes are not those of sha256:')
    expect(readdirSync(folder).toSorted()).toEqual(['cluster.yml', 'out.tar'])
  })

  test('a full disk is told of as such, and leaves nothing behind', async () => {
    fill(first)
    symlinkSync('/dev/full', `${file()}.part`)
    const full = { at: file(), exit: 5, what: { en: 'there is no room for this file (ENOSPC)' } }
    await expect(run(['save', file()])).rejects.toMatchObject({ name: 'DiskError', problem: full })
    expect(readdirSync(folder)).toEqual(['cluster.yml'])
    const lost = join(folder, 'none', 'out.tar')
    await expect(run(['save', lost])).rejects.toMatchObject({ name: 'DiskError', problem: { at: lost, exit: 5 } })
  })

  test('an architecture that an image does not have', async () => {
    fill(first)
    expect((await run(['save', file()], { arch: 'riscv64' })).err).toContain('there is no image for riscv64')
    first.put('registry.k8s.io/pause', '3.10.2', wholeImage('registry.k8s.io/pause:3.10.2', true))
    expect((await run(['save', file()], { arch: 'arm64' })).err).toContain('pause:3.10.2: ')
    expect((await run(['save', file()], { arch: 'arm64' })).err).toContain('it is for amd64 only')
  })
})

describe('images sync', () => {
  beforeEach(() => write(registry()))

  test('copies what is not there, whole, by the layout; a second run sends nothing', async () => {
    fill(first)
    const one = await run(['sync'])
    expect(one.exit, one.err).toBe(0)
    for (const ref of OURS) {
      const [name = '', tag = ''] = ref.split(/:(?=[^:/]+$)/)
      expect(own.manifests.get(`mirror/${name}@${tag}`)?.bytes.equals(wholeImage(ref).root.bytes), ref).toBe(true)
    }
    own.asked.splice(0)
    const two = await run(['sync'])
    expect(two.exit).toBe(0)
    expect(two.err).toContain('was there')
    expect(own.asked.filter((line) => !line.startsWith('HEAD'))).toEqual([])
    expect(two.err + one.err).not.toContain('pass word')
  })

  test('blobs that are there are not sent again', async () => {
    fill(first)
    const ref = 'registry.k8s.io/pause:3.10.2'
    for (const bytes of wholeImage(ref).blobs.slice(0, 3)) own.blobs.set(`mirror/registry.k8s.io/pause@${imageDigest(bytes)}`, bytes)
    expect((await run(['sync'])).err).toMatch(/pause:3\.10\.2 +sha256:\w+ +2 blobs sent, 3 were there/)
  })

  test('a pinned image that is there costs its sources nothing', async () => {
    fill(first)
    await pin(Object.fromEntries(OURS.map((ref) => [ref, wholeImage(ref).digest])))
    await run(['sync'])
    first.asked.splice(0)
    expect((await run(['sync'])).exit).toBe(0)
    expect(first.asked).toEqual([])
  })

  test('one architecture: its own manifest, under the tag', async () => {
    fill(first)
    expect((await run(['sync'], { arch: 'arm64' })).exit).toBe(0)
    const { bytes } = own.manifests.get('mirror/registry.k8s.io/pause@3.10.2') ?? { bytes: Buffer.alloc(0) }
    expect(bytes.equals(wholeImage('registry.k8s.io/pause:3.10.2').below[1]?.bytes ?? Buffer.alloc(0))).toBe(true)
  })

  test('wrong bytes from one source are refused by the registry, and come from the next', async () => {
    fill(first)
    fill(second)
    for (const [key, bytes] of first.blobs) if (bytes.includes('for amd64')) first.blobs.set(key, Buffer.from(bytes.map((one) => one ^ 1)))
    const { exit, err } = await run(['sync'])
    expect(exit, err).toBe(0)
  })

  test('two images that a flat registry would mix up', async () => {
    await write(registry(', layout: flat'))
    await writeFile(
      join(folder, 'two.yaml'),
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{image: "calico/node:v3"}, {image: "quay.io/other/node:v1"}]}\n',
    )
    const { exit, err } = await run(['sync'], { manifest: [join(folder, 'two.yaml')] })
    expect(exit).toBe(2)
    expect(err).toContain(`docker.io/calico/node and quay.io/other/node would both be ${own.host}/mirror/node.`)
  })

  test('no registry, another one, no password', async () => {
    await write()
    expect((await run(['sync'])).err).toContain('no private registry is the default one.')
    await write(registry())
    expect((await run(['sync', 'other.corp'])).err).toContain('cluster.yml does not name this registry.')
    const { exit, err } = await run(['sync'], {}, {})
    expect(exit).toBe(2)
    expect(err).toContain('private_registries[0].password')
    expect((await run(['sync'], {}, { PW: 'wrong' })).err).toContain('HTTP 401')
  })
})

test('a registry that gives tokens: asked once, with the login', async () => {
  await own[Symbol.asyncDispose]()
  own = await new FakeRegistry({ auth: 'bearer', login: LOGIN }).start()
  await write(registry())
  fill(first)
  const { exit, err } = await run(['sync', own.host])
  expect(exit, err).toBe(0)
  const tokens = own.asked.filter((line) => line === 'GET /token')
  // One for looking and one for writing, of each repository.
  expect(tokens).toHaveLength(2 * OURS.length)
})

test.each(SUPPORTED)("%s: a flat registry keeps the cluster's own images apart", (version) => {
  const flat = mirrorOfRegistry(privateRegistries([{ url: 'harbor.corp', is_default: true, layout: 'flat' }])[0]!)
  expect(collisions(Object.values(releaseOf(version).images), (ref) => flat.image(ref) ?? ref)).toEqual([])
})

test('images rewrite for a flat registry: what it would mix up is refused', async () => {
  await write(registry(', layout: flat'))
  const manifest = join(folder, 'two.yaml')
  const pod = (...refs: string[]) =>
    writeFile(
      manifest,
      refs.map((ref) => `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{image: "${ref}"}]}\n`).join('---\n'),
    )
  const rewrite = async () => {
    const { io, printed } = fakeIo()
    const flags = { cluster: join(folder, 'cluster.yml') }
    return { exit: await images.run(options({ files: [manifest], rest: ['rewrite'], flags }), io), ...printed }
  }
  await pod('calico/node:v3', 'quay.io/other/node:v1')
  expect(await rewrite()).toMatchObject({ exit: 2, out: '' })
  await writeFile(manifest, `${await readFile(manifest, 'utf8')}---\nimage: [unclosed\n`)
  expect(await rewrite()).toMatchObject({ exit: 2, out: '', err: expect.stringContaining('would both be') })
  await pod('calico/node:v3', `${own.host}/mirror/node:v3`)
  expect((await rewrite()).out.match(/mirror\/node:v3"/g)).toHaveLength(2)
})

test('images check asks the private registry with its login', async () => {
  fill(first)
  await write(registry(), [first])
  await run(['sync'])
  const { exit, out } = await run(['check'])
  expect(exit, out).toBe(0)
  expect(out).toMatch(new RegExp(`pause:3.10.2 +${own.host}/mirror +yes`))
})

const imageDigest = (bytes: Buffer): string => [...own.blobs, ...first.blobs].find(([, one]) => one.equals(bytes))?.[0].split('@')[1] ?? ''
