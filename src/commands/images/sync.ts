import { nameOf, readReference } from '../../images/reference.ts'
import { sourcesOf } from '../../mirrors/sources.ts'
import { knownRegistries, mirrorOfRegistry, type PrivateRegistry, privateRegistries } from '../../mirrors/private.ts'
import { readRegistryUrl } from '../../images/registry-url.ts'
import { EXIT, type Problem } from '../../problem.ts'
import { NowhereError, type Picture, repositoriesOf, resolveImage, withBlob } from '../../net/image-pull.ts'
import { collisionProblems, manifestImages, type Wanted } from './set.ts'
import { registryFor } from '../../run/outbound.ts'
import type { Registry, Repository } from '../../net/registry-client.ts'
import { RegistryError } from '../../net/registry-requests.ts'
import { type Intent, readIntent, refuse } from '../../run/session.ts'
import { tell } from '../../run/tell.ts'
import type { Io, Options } from '../../run/types.ts'

type Place = Repository & Readonly<{ name: string; tag: string }>
type Done = Readonly<{ ref: string; to: string; digest: string; pushed: number; present: number }>

/** The registry that is meant: the one named on the command line, else the default. */
const targetOf = (intent: Intent, named: string | undefined): PrivateRegistry | Problem => {
  const registries = privateRegistries(intent.config.private_registries)
  const domain = named === undefined ? undefined : readRegistryUrl(named)?.domain
  const found = named === undefined ? registries.find(({ isDefault }) => isDefault) : registries.find((one) => one.domain === domain)
  return (
    found ?? {
      at: named ?? 'private_registries',
      what:
        named === undefined
          ? { en: 'no private registry is the default one.', zh: '没有默认的私有仓库。' }
          : { en: 'cluster.yml does not name this registry.', zh: 'cluster.yml 中没有此仓库。' },
      fix: {
        en: 'Add it to private_registries, with its user, password and CA: slipway images sync URL.',
        zh: '请在 private_registries 中加入它及其用户、密码和 CA：slipway images sync URL。',
      },
      severity: 'error',
      exit: EXIT.config,
    }
  )
}

/** Where an image goes in the registry; undefined for what is of no public registry. */
const placeIn = (registry: PrivateRegistry, ref: string): Place | undefined => {
  const name = mirrorOfRegistry(registry).image(ref)
  const reference = name === undefined || name === ref ? undefined : readReference(name)
  if (reference === undefined) return undefined
  return {
    base: `${registry.origin}/v2`,
    path: reference.path,
    name: nameOf(reference),
    tag: reference.tag ?? reference.digest ?? 'latest',
  }
}

/** Puts a picture into a repository: what is there already is not sent again. */
const push = async (
  registry: Registry,
  picture: Picture,
  sources: readonly Repository[],
  to: Place,
): Promise<{ pushed: number; present: number }> => {
  const first = [picture.from, ...sources.filter(({ base }) => base !== picture.from.base)]
  let pushed = 0
  for (const blob of picture.blobs) {
    if (await registry.hasBlob(to, blob.digest)) continue
    await withBlob(registry, first, blob, (content) => registry.pushBlob(to, blob, content))
    pushed++
  }
  for (const manifest of picture.manifests) await registry.pushManifest(to, manifest.digest, manifest)
  await registry.pushManifest(to, to.tag, picture.root)
  return { pushed, present: picture.blobs.length - pushed }
}

const syncOne = async (
  registry: Registry,
  { ref, pin }: Wanted,
  sources: readonly Repository[],
  to: Place,
  arch: string | undefined,
): Promise<Done> => {
  const there = await registry.head(to, to.tag)
  if (there.status !== 200 && there.status !== 404) throw new RegistryError(to.name, there.error ?? 'no answer', there.status)
  if (pin !== undefined && there.digest === pin) return { ref, to: `${to.name}:${to.tag}`, digest: pin, pushed: 0, present: 1 }
  const reference = readReference(ref)?.tag ?? 'latest'
  const whole = await resolveImage(registry, sources, { reference, pin, arches: arch === undefined ? 'all' : [arch] })
  // One platform of several has a digest of its own: the index would name what is not there.
  const [only] = whole.manifests
  const picture: Picture = arch !== undefined && only !== undefined ? { ...whole, root: only, manifests: [] } : whole
  const { digest } = picture.root
  if (there.digest === digest) return { ref, to: `${to.name}:${to.tag}`, digest, pushed: 0, present: picture.blobs.length }
  return { ref, to: `${to.name}:${to.tag}`, digest, ...(await push(registry, picture, sources, to)) }
}

const say = ({ to, digest, pushed, present }: Done, io: Io): void =>
  tell(io, {
    en: `${to}  ${digest}  ${pushed === 0 ? 'was there' : `${pushed} blobs sent, ${present} were there`}`,
    zh: `${to}  ${digest}  ${pushed === 0 ? '已存在' : `发送 ${pushed} 个 blob，已有 ${present} 个`}`,
  })

/** The images one after the other; how many could not be copied. */
const syncAll = async (
  wanted: readonly Wanted[],
  target: PrivateRegistry,
  intent: Intent,
  registry: Registry,
  options: Options,
  io: Io,
): Promise<number> => {
  const { mirrors, private_registries } = intent.config
  // The registry itself is no source of what it is to get.
  const sources = sourcesOf(
    mirrors,
    private_registries.map((entry) => ({ ...entry, is_default: false })),
  )
  const registries = knownRegistries(intent.config)
  const arch = typeof options.flags.arch === 'string' ? options.flags.arch : undefined
  const done: Done[] = []
  let failed = 0
  for (const one of wanted) {
    const to = placeIn(target, one.ref)
    if (to === undefined) {
      tell(io, { en: `${one.ref}: left out, it is of no public registry`, zh: `${one.ref}：跳过，不属于公共仓库` })
      continue
    }
    try {
      const result = await syncOne(registry, one, repositoriesOf(one.ref, sources, registries), to, arch)
      done.push(result)
      if (options.output === 'text') say(result, io)
    } catch (error) {
      if (!(error instanceof NowhereError) && !(error instanceof RegistryError)) throw error
      failed++
      tell(io, { en: `! ${one.ref}: ${error.message}`, zh: `! ${one.ref}：${error.message}` })
    }
  }
  if (options.output === 'json') io.out(`${JSON.stringify({ registry: target.base, images: done })}\n`)
  return failed
}

/** `slipway images sync [URL]`: copies what cluster.yml (and --manifest) needs into a private registry. */
export const syncImages = async (options: Options, io: Io, imagesOf: (intent: Intent) => readonly Wanted[]): Promise<number> => {
  const intent = await readIntent(options)
  if ('problems' in intent) return refuse(intent.problems, io, options)
  const target = targetOf(intent, options.rest[1])
  if ('what' in target) return refuse([target], io, options)
  const more = await manifestImages(intent, options, io)
  if ('problems' in more) return refuse(more.problems, io, options)
  const wanted = [...new Map([...imagesOf(intent), ...more].map((one) => [one.ref, one])).values()]
  const clashes = collisionProblems(
    wanted.map(({ ref }) => ref),
    (ref) => mirrorOfRegistry(target).image(ref) ?? ref,
  )
  if (clashes.length > 0) return refuse(clashes, io, options)
  const registry = await registryFor(intent, io)
  if ('problems' in registry) return refuse(registry.problems, io, options)
  return (await syncAll(wanted, target, intent, registry, options, io)) === 0 ? EXIT.done : EXIT.failed
}
