import { mkdtemp, rm } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { layoutEntries, type LayoutImage } from '../../archive/oci.ts'
import { writeTar } from '../../archive/tar.ts'
import { ensureWritable, fill, forFile, writeOut } from '../../delivery/out-file.ts'
import type { Descriptor } from '../../images/oci.ts'
import { nameOf, readReference } from '../../images/reference.ts'
import { knownRegistries } from '../../mirrors/private.ts'
import { EXIT } from '../../problem.ts'
import { same } from '../../text.ts'
import { NowhereError, type Picture, repositoriesOf, resolveImage, withBlob } from '../../net/image-pull.ts'
import { manifestImages, type Wanted } from './set.ts'
import { registryFor } from '../../run/outbound.ts'
import type { RawManifest, Registry, Repository } from '../../net/registry-client.ts'
import { exitOf, type Intent, readIntent, sayProblems } from '../../run/session.ts'
import { tell } from '../../run/tell.ts'
import type { Io, Options } from '../../run/types.ts'

type Resolved = Wanted & Readonly<{ picture: Picture; places: readonly Repository[] }>

/** containerd knows an image that is named by a digest under that digest alone. */
const storedName = (ref: string): string => {
  const reference = readReference(ref)
  return reference?.digest === undefined ? ref : `${nameOf(reference)}@${reference.digest}`
}

const tagOf = (ref: string): string => readReference(ref)?.tag ?? 'latest'

const tagged = (ref: string): string => {
  const reference = readReference(ref)
  return reference === undefined || reference.tag !== undefined || reference.digest !== undefined ? ref : `${ref}:latest`
}

const descriptorOf = ({ mediaType, digest, bytes }: RawManifest): Descriptor => ({ mediaType, digest, size: bytes.length })

/** Where blobs are kept on their way into the archive. */
type Way = Readonly<{ folder: string; archive: string }>

/** One blob by way of a file that is gone again when it has been read: what stands in an archive cannot be taken back. */
async function* fetched(
  registry: Registry,
  places: readonly Repository[],
  blob: Descriptor,
  { folder, archive }: Way,
): AsyncGenerator<Uint8Array, void> {
  const path = join(folder, blob.digest.replace(':', '-'))
  await withBlob(registry, places, blob, async (content) => {
    await fill(path, content, archive, 0o600)
  })
  try {
    yield* createReadStream(path)
  } finally {
    await rm(path, { force: true })
  }
}

/** An image under the names it is asked for by: upstream's, and the one our own objects and rewritten manifests use. */
const layoutOf = ({ ref, picture, places }: Resolved, intent: Intent, registry: Registry, way: Way): LayoutImage[] => {
  const first = [picture.from, ...places.filter(({ base }) => base !== picture.from.base)]
  const documents = [picture.root, ...picture.manifests].map((raw) => ({ ...descriptorOf(raw), content: () => [raw.bytes] }))
  const blobs = [...documents, ...picture.blobs.map((blob) => ({ ...blob, content: () => fetched(registry, first, blob, way) }))]
  const names = new Set([tagged(ref), intent.cluster.sources.image(tagged(ref))].map(storedName))
  return [...names].map((name) => ({ name, root: descriptorOf(picture.root), blobs }))
}

const resolveAll = async (wanted: readonly Wanted[], intent: Intent, registry: Registry, arches: readonly string[], io: Io) => {
  const registries = knownRegistries(intent.config)
  const resolved: Resolved[] = []
  const missing: string[] = []
  // One after the other: mirrors count requests, and ban who asks for too much at once (mirrors.md §4).
  for (const { ref, pin } of wanted) {
    const places = repositoriesOf(ref, intent.cluster.sources, registries)
    try {
      const picture = await resolveImage(registry, places, { reference: tagOf(ref), pin, arches })
      resolved.push({ ref, pin, picture, places })
      const from = new URL(picture.from.base).host
      const note = pin === undefined ? { en: ' (not pinned: as it came)', zh: '（未锁定，以收到的为准）' } : same('')
      tell(io, { en: `${ref}  ${picture.root.digest}  ${from}${note.en}`, zh: `${ref}  ${picture.root.digest}  ${from}${note.zh}` })
    } catch (error) {
      if (!(error instanceof NowhereError)) throw error
      missing.push(`${ref}: ${error.message}`)
    }
  }
  return { resolved, missing }
}

/** `slipway images save [FILE]`: what cluster.yml (and --manifest) needs as one OCI archive that `ctr -n k8s.io images import` takes. */
export const saveImages = async (options: Options, io: Io, imagesOf: (intent: Intent) => readonly Wanted[]): Promise<number> => {
  const intent = await readIntent(options)
  const more = 'problems' in intent ? intent : await manifestImages(intent, options, io)
  const registry = 'problems' in intent ? intent : await registryFor(intent, io)
  if ('problems' in intent || 'problems' in more || 'problems' in registry) {
    const problems = [intent, more, registry].flatMap((one) => ('problems' in one ? one.problems : []))
    sayProblems([...new Set(problems)], io)
    return exitOf(problems)
  }
  const path = resolve(options.rest[1] ?? `images-${intent.cluster.release.kubernetes}.tar`)
  await ensureWritable(path)
  const arches = typeof options.flags.arch === 'string' ? options.flags.arch.split(',') : ['amd64']
  const wanted = [...new Map([...imagesOf(intent), ...more].map((one) => [one.ref, one])).values()]
  const { resolved, missing } = await resolveAll(wanted, intent, registry, arches, io)
  for (const line of missing) tell(io, { en: `! ${line}`, zh: `! ${line}` })
  if (missing.length > 0) {
    tell(io, { en: 'Nothing was written: these images could not be had.', zh: '未写入任何内容：以上镜像无法获取。' })
    return EXIT.failed
  }
  const folder = await forFile(path, () => mkdtemp(join(dirname(path), '.slipway-images-')))
  try {
    const images = resolved.flatMap((one) => layoutOf(one, intent, registry, { folder, archive: path }))
    const { size } = await writeOut(path, writeTar(layoutEntries(images)))
    const mib = (size / 1024 / 1024).toFixed(1)
    if (options.output === 'json')
      io.out(
        `${JSON.stringify({ file: path, size, images: resolved.map(({ ref, picture }) => ({ ref, digest: picture.root.digest })) })}\n`,
      )
    else
      tell(io, {
        en: `${path}: ${resolved.length} images, ${mib} MiB. On a node: ctr -n k8s.io images import FILE`,
        zh: `${path}：${resolved.length} 个镜像，${mib} MiB。在节点上：ctr -n k8s.io images import 文件`,
      })
    return EXIT.done
  } catch (error) {
    if (!(error instanceof NowhereError)) throw error
    tell(io, { en: `Nothing was written: ${error.message}`, zh: `未写入任何内容：${error.message}` })
    return EXIT.failed
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
