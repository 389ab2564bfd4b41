import { readReference } from '../../images/reference.ts'
import { imageMirrorsOf } from '../../mirrors/sources.ts'
import { type PrivateRegistry, privateRegistries } from '../../mirrors/private.ts'
import type { Mirror } from '../../mirrors/types.ts'
import { EXIT } from '../../problem.ts'
import { table } from '../../ui/table.ts'
import { manifestImages, type Wanted } from './set.ts'
import { registryFor } from '../../run/outbound.ts'
import type { Registry } from '../../net/registry-client.ts'
import { exitOf, type Intent, readIntent, refuse, sayProblems } from '../../run/session.ts'
import { tell } from '../../run/tell.ts'
import type { Io, Options } from '../../run/types.ts'

type Row = Readonly<{ image: string; provider: string; name: string; has: boolean; digest: string | null; why: string }>

/** After as many refusals a mirror is left in peace: DaoCloud bans who collects them (mirrors.md §4). */
const PATIENCE = 3

/** Where a name is asked for: a private registry where it says it answers. */
const originOf = (domain: string, registries: readonly PrivateRegistry[]): string =>
  registries.find((own) => own.domain === domain)?.origin ?? `https://${domain === 'docker.io' ? 'registry-1.docker.io' : domain}`

type Asking = Readonly<{ registry: Registry; registries: readonly PrivateRegistry[] }>

const ask = async (mirror: Mirror, { ref, pin }: Wanted, { registry, registries }: Asking): Promise<Row> => {
  const name = mirror.image(ref)
  const reference = name === undefined ? undefined : readReference(name)
  const row = { image: ref, provider: mirror.name, name: name ?? '', has: false, digest: null }
  if (name === undefined || reference === undefined) return { ...row, why: 'not carried' }
  const wanted = reference.digest ?? reference.tag ?? 'latest'
  const { digest, error } = await registry.head({ base: `${originOf(reference.domain, registries)}/v2`, path: reference.path }, wanted)
  if (error !== undefined) return { ...row, why: error }
  // Aliyun's copies have digests of their own (kubernetes/minikube#21778).
  const other = pin !== undefined && digest !== undefined && digest !== pin && mirror.name !== 'aliyun'
  return { ...row, has: !other, digest: digest ?? null, why: other ? `another image: ${digest}` : '' }
}

/** One mirror's answers, one after the other. */
const askMirror = async (mirror: Mirror, images: readonly Wanted[], asking: Asking): Promise<Row[]> => {
  const rows: Row[] = []
  let refused = 0
  for (const image of images) {
    if (refused >= PATIENCE) {
      rows.push({
        image: image.ref,
        provider: mirror.name,
        name: mirror.image(image.ref) ?? '',
        has: false,
        digest: null,
        why: 'not asked any more',
      })
      continue
    }
    const row = await ask(mirror, image, asking)
    if (/^HTTP (403|429|5\d\d)$/.test(row.why) || (row.why !== '' && row.why !== 'not carried' && !row.why.startsWith('HTTP'))) refused++
    rows.push(row)
  }
  return rows
}

/** `slipway images check`: does each configured mirror really have each image? One HEAD each. */
export const checkImages = async (options: Options, io: Io, imagesOf: (intent: Intent) => readonly Wanted[]): Promise<number> => {
  const intent = await readIntent(options)
  if ('problems' in intent) return refuse(intent.problems, io, options)
  const named = options.flags.manifest === undefined ? imagesOf(intent) : await manifestImages(intent, options, io)
  const registry = await registryFor(intent, io)
  if ('problems' in named || 'problems' in registry) {
    const problems = [named, registry].flatMap((one) => ('problems' in one ? one.problems : []))
    sayProblems(problems, io)
    return exitOf(problems)
  }
  const wanted: readonly Wanted[] = named
  const asking = { registry, registries: privateRegistries(intent.config.private_registries) }
  const rows = (await Promise.all(imageMirrorsOf(intent.config).map((mirror) => askMirror(mirror, wanted, asking)))).flat()
  const byImage = wanted.flatMap(({ ref }) => rows.filter(({ image }) => image === ref))
  if (options.output === 'json') io.out(`${JSON.stringify({ images: byImage })}\n`)
  else
    io.out(
      table(
        io.language === 'zh' ? ['镜像', '镜像站', '有', '原因'] : ['IMAGE', 'PROVIDER', 'HAS IT', 'WHY NOT'],
        byImage.map(({ image, provider, has, why }) => [image, provider, has ? 'yes' : 'no', why]),
      ),
    )
  const nowhere = wanted.filter(({ ref }) => !rows.some(({ image, has }) => image === ref && has))
  for (const { ref } of nowhere) tell(io, { en: `No configured mirror has ${ref}.`, zh: `已配置的镜像站均没有 ${ref}。` })
  return nowhere.length > 0 ? EXIT.unfit : EXIT.done
}
