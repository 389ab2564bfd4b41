// Makes OCI images from tar files and pushes them to a registry.
// stdin: { registry, images: [{ refs, flat?, layers, config }] }
// stdout: { "<ref>": "sha256:<manifest digest>" }
// The same input gives the same digests: no clock, sorted keys, fixed gzip header.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'

interface Config {
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  readonly Env?: readonly string[]
  readonly User?: string
  readonly WorkingDir?: string
}
interface Image {
  readonly refs: readonly string[]
  readonly flat?: readonly string[]
  readonly layers: readonly string[]
  readonly config: Config
}
interface Plan {
  readonly registry: string
  readonly images: readonly Image[]
}
interface Blob {
  readonly bytes: Buffer
  readonly digest: string
}
interface Layer extends Blob {
  readonly diffId: string
}
interface Flavour {
  readonly manifest: string
  readonly config: string
  readonly layer: string
}

const OCI: Flavour = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
}
// What a registry that re-pushes images writes: the same layers, another manifest, another digest.
const DOCKER: Flavour = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
}

const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

function blob(value: unknown): Blob {
  const bytes = Buffer.from(JSON.stringify(value))
  return { bytes, digest: sha256(bytes) }
}

const layersRead = new Map<string, Layer>()

function readLayer(tar: string): Layer {
  const known = layersRead.get(tar)
  if (known !== undefined) return known
  const packed = `${tar}.gz`
  if (!existsSync(packed) || statSync(packed).mtimeMs < statSync(tar).mtimeMs) {
    writeFileSync(packed, gzipSync(readFileSync(tar), { level: 1 }))
  }
  const bytes = readFileSync(packed)
  const layer = { bytes, digest: sha256(bytes), diffId: sha256(gunzipSync(bytes)) }
  layersRead.set(tar, layer)
  return layer
}

async function call(url: string, init: RequestInit, expected: readonly number[]): Promise<Response> {
  const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(120_000) })
  if (!expected.includes(answer.status)) {
    throw new Error(`${init.method ?? 'GET'} ${url}: ${answer.status} ${await answer.text()}`)
  }
  return answer
}

async function pushBlob(registry: string, repository: string, { bytes, digest }: Blob): Promise<void> {
  const base = `http://${registry}/v2/${repository}/blobs`
  const known = await call(`${base}/${digest}`, { method: 'HEAD' }, [200, 404])
  if (known.status === 200) return
  const started = await call(`${base}/uploads/`, { method: 'POST' }, [202])
  const location = new URL(started.headers.get('location') ?? '', base)
  location.searchParams.set('digest', digest)
  const headers = { 'content-type': 'application/octet-stream' }
  await call(location.href, { method: 'PUT', headers, body: new Uint8Array(bytes) }, [201])
}

function splitRef(ref: string): readonly [string, string] {
  const colon = ref.lastIndexOf(':')
  return [ref.slice(0, colon), ref.slice(colon + 1)]
}

async function pushImage(registry: string, ref: string, image: Image, flavour: Flavour): Promise<string> {
  const [repository, tag] = splitRef(ref)
  const layers = image.layers.map(readLayer)
  const config = blob({
    architecture: 'amd64',
    config: image.config,
    created: '1970-01-01T00:00:00Z',
    history: layers.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'slipway lab' })),
    os: 'linux',
    rootfs: { diff_ids: layers.map((layer) => layer.diffId), type: 'layers' },
  })
  const manifest = blob({
    schemaVersion: 2,
    mediaType: flavour.manifest,
    config: { mediaType: flavour.config, digest: config.digest, size: config.bytes.length },
    layers: layers.map((layer) => ({
      mediaType: flavour.layer,
      digest: layer.digest,
      size: layer.bytes.length,
    })),
  })
  for (const part of [...layers, config]) await pushBlob(registry, repository, part)
  await call(
    `http://${registry}/v2/${repository}/manifests/${tag}`,
    { method: 'PUT', headers: { 'content-type': flavour.manifest }, body: new Uint8Array(manifest.bytes) },
    [201],
  )
  return manifest.digest
}

const plan = JSON.parse(readFileSync(0, 'utf8')) as Plan
const digests: Record<string, string> = {}
for (const image of plan.images) {
  for (const ref of image.refs) digests[ref] = await pushImage(plan.registry, ref, image, OCI)
  for (const ref of image.flat ?? []) digests[ref] = await pushImage(plan.registry, ref, image, DOCKER)
}
process.stdout.write(`${JSON.stringify(digests, null, 2)}\n`)
