import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { textEntry, writeTar } from '../../../src/archive/tar.ts'
import { type Asking, witnessesOf } from '../../../src/commands/lock/witnesses.ts'
import type { Http } from '../../../src/net/http.ts'
import type { Registry, Repository } from '../../../src/net/registry-client.ts'
import type { ArtifactName } from '../../../src/releases/artifacts.ts'
import { findPin } from '../../../src/releases/evidence.ts'
import { memberOf, readChangelog, serverTarball } from '../../../src/releases/server-tarball.ts'
import { clusterOf } from '../../engine/scenarios.ts'

const hash = (algorithm: string, bytes: string | Buffer) => createHash(algorithm).update(bytes).digest('hex')

const tarOf = async (files: Readonly<Record<string, string>>): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of writeTar(Object.entries(files).map(([name, text]) => textEntry(name, text)))) chunks.push(chunk)
  return gzipSync(Buffer.concat(chunks))
}

const TARBALL = serverTarball('v1.36.6', 'amd64')
const CHANGELOG = 'raw.githubusercontent.com/kubernetes/kubernetes/master/CHANGELOG/CHANGELOG-1.36.md'
const KUBELET = 'dl.k8s.io/release/v1.36.6/bin/linux/amd64/kubelet'
const tarball = await tarOf({ [memberOf('kubelet')]: 'kubelet', [memberOf('kube-proxy')]: 'kube-proxy', 'kubernetes/LICENSES': 'x' })
const changelog = (digest: string) => `[kubernetes-server-linux-amd64.tar.gz](https://${TARBALL}) | ${digest}\n`

const intentOf = (mirrors: string) => {
  const { cluster, hosts } = clusterOf(
    `kubernetes_version: v1.36.6\nmirrors: ${mirrors}\nnodes:\n  - {address: 10.0.0.11, role: [control-plane, worker]}\n`,
  )
  return { file: 'cluster.yml', config: cluster.config, hosts, cluster, warnings: [], ownAuthorities: {} }
}

type World = Readonly<{
  texts?: Readonly<Record<string, string>>
  bytes?: Readonly<Record<string, Buffer>>
  images?: Readonly<Record<string, Buffer>>
  mirrors?: string
}>

/** Places by their URLs; an image is its only layer, by the registry's host. */
const asking = ({ texts = {}, bytes = {}, images = {}, mirrors = 'cn' }: World): Asking & { asked: string[] } => {
  const asked: string[] = []
  const http: Http = {
    text: async (url) => texts[url],
    digest: async (url) => (bytes[url] ? `sha256:${hash('sha256', bytes[url])}` : undefined),
    why: () => 'HTTP 404',
  }
  const layerOf = ({ base }: Repository): Buffer => {
    const found = images[new URL(base).host]
    if (!found) throw new Error('no image')
    return found
  }
  const config = JSON.stringify({ architecture: 'amd64' })
  const registry = {
    manifest: async (repository: Repository) => {
      const layer = layerOf(repository)
      const text = JSON.stringify({
        config: { digest: `sha256:${hash('sha256', config)}`, size: config.length },
        layers: [{ digest: `sha256:${hash('sha256', layer)}`, size: layer.length }],
      })
      return { bytes: Buffer.from(text), mediaType: '', digest: `sha256:${hash('sha256', text)}` }
    },
    blob: async function* (repository: Repository, digest: string) {
      yield digest === `sha256:${hash('sha256', config)}` ? Buffer.from(config) : layerOf(repository)
    },
  } as unknown as Registry
  return {
    asked,
    intent: intentOf(mirrors),
    http,
    registry,
    signal: new AbortController().signal,
    ask: async (url) => {
      asked.push(url)
      return bytes[url] ? new Response(new Uint8Array(bytes[url])) : new Response('', { status: 404 })
    },
  }
}

const find = (world: ReturnType<typeof asking>, name: ArtifactName, urls: readonly string[]) =>
  findPin(
    {
      path: `dl.k8s.io/release/v1.36.6/bin/linux/amd64/${name}`,
      urls,
      checksumUrls: [],
      read: () => undefined,
      others: witnessesOf(world)(name, 'amd64'),
    },
    world.http,
    false,
  )

describe('the server tarball', () => {
  const daocloud = `https://files.m.daocloud.io/${TARBALL}`
  const right = { [`https://${CHANGELOG}`]: changelog(hash('sha512', tarball)) }

  test('bytes of one operator, its SHA-512 in the CHANGELOG of another: every binary in it has a pin', async () => {
    const world = asking({ texts: right, bytes: { [daocloud]: tarball } })
    expect(await find(world, 'kubelet', [])).toEqual({
      pin: `sha256:${hash('sha256', 'kubelet')}`,
      because: "server tarball from files.m.daocloud.io, the tarball's sha512 from raw.githubusercontent.com",
    })
  })

  test('it is read once for all binaries', async () => {
    const world = asking({ texts: right, bytes: { [daocloud]: tarball } })
    const witnesses = witnessesOf(world)
    for (const name of ['kubelet', 'kube-proxy', 'kubectl'] as const) for (const ask of witnesses(name, 'amd64')) await ask()
    expect(world.asked).toEqual([daocloud])
  })

  test('tarball and CHANGELOG of one operator are one witness', async () => {
    const texts = { [`https://files.m.daocloud.io/${CHANGELOG}`]: changelog(hash('sha512', tarball)) }
    expect(await find(asking({ texts, bytes: { [daocloud]: tarball } }), 'kubelet', [])).toHaveProperty('refused')
  })

  test.each([
    ['another SHA-512', tarball, changelog('0'.repeat(128))],
    ['no gzip', Buffer.from('<html>'), changelog(hash('sha512', '<html>'))],
    ['cut off', tarball.subarray(0, 90), changelog(hash('sha512', tarball.subarray(0, 90)))],
  ])('%s: nothing is taken out of it', async (_, bytes, text) => {
    const world = asking({ texts: { [`https://${CHANGELOG}`]: text }, bytes: { [daocloud]: bytes as Buffer } })
    expect(await find(world, 'kubelet', [])).toHaveProperty('refused')
  })

  test('a CHANGELOG that says two things of it says nothing', () => {
    expect(readChangelog(changelog('1'.repeat(128)) + changelog('2'.repeat(128)), TARBALL)).toBeUndefined()
    expect(readChangelog(changelog('1'.repeat(128)), TARBALL)).toBe('1'.repeat(128))
    expect(readChangelog(changelog('1'.repeat(128)), serverTarball('v1.36.6', 'arm64'))).toBeUndefined()
  })
})

describe('equal bytes from two unrelated places', () => {
  const name = 'kube-apiserver'
  const url = `https://files.m.daocloud.io/dl.k8s.io/release/v1.36.6/bin/linux/amd64/${name}`
  const image = (text: string) => tarOf({ [`usr/local/bin/${name}`]: text })
  const bytes = { [url]: Buffer.from('same') }

  test('a file of a mirror, and the same binary out of the image of another operator', async () => {
    const world = asking({ bytes, images: { 'registry.cn-hangzhou.aliyuncs.com': await image('same') } })
    expect(await find(world, name, [url])).toEqual({
      pin: `sha256:${hash('sha256', 'same')}`,
      because: 'bytes from files.m.daocloud.io, the binary in the image from registry.cn-hangzhou.aliyuncs.com',
    })
  })

  test('an image of the same operator is no second witness', async () => {
    const world = asking({ bytes, images: { 'm.daocloud.io': await image('same') } })
    expect(await find(world, name, [url])).toHaveProperty('refused')
  })

  test('another binary in an image is no vote but a conflict', async () => {
    const world = asking({
      bytes,
      images: { 'registry.cn-hangzhou.aliyuncs.com': await image('other'), 'm.daocloud.io': await image('same') },
    })
    const found = await find(world, name, [url])
    expect('refused' in found && found.refused.en).toContain('the places do not agree')
  })

  test('kubelet is in no image, and etcd is another file there', async () => {
    const world = asking({ bytes: { [`https://files.m.daocloud.io/${KUBELET}`]: Buffer.from('same') } })
    expect(await find(world, 'kubelet', [`https://files.m.daocloud.io/${KUBELET}`])).toHaveProperty('refused')
    expect(witnessesOf(world)('etcd', 'amd64')).toEqual([])
  })
})
