import { readReference } from '../images/reference.ts'
import { imagesIn } from '../images/yaml.ts'
import { mirrorOf } from '../mirrors/index.ts'
import { ordersOf } from '../mirrors/ladder.ts'
import type { Mirror } from '../mirrors/types.ts'
import { EXIT } from '../problem.ts'
import { table } from '../ui/table.ts'
import { createHttp, type Http } from './http.ts'
import { readManifests } from './manifests.ts'
import { headManifest } from './registry.ts'
import { exitOf, type Intent, readIntent, sayProblems } from './session.ts'
import { tell } from './tell.ts'
import type { Io, Options } from './types.ts'

type Wanted = Readonly<{ ref: string; pin: string | undefined }>
type Row = Readonly<{ image: string; provider: string; name: string; has: boolean; digest: string | null; why: string }>

/** After as many refusals a mirror is left in peace: DaoCloud bans who collects them (mirrors.md §4). */
const PATIENCE = 3

const registryOf = (domain: string): string => (domain === 'docker.io' ? 'registry-1.docker.io' : domain)

const ask = async (mirror: Mirror, { ref, pin }: Wanted, http: Http): Promise<Row> => {
  const name = mirror.image(ref)
  const reference = name === undefined ? undefined : readReference(name)
  const row = { image: ref, provider: mirror.name, name: name ?? '', has: false, digest: null }
  if (name === undefined || reference === undefined) return { ...row, why: 'not carried' }
  const wanted = reference.digest ?? reference.tag ?? 'latest'
  const { digest, error } = await headManifest(http, `https://${registryOf(reference.domain)}/v2`, reference.path, wanted)
  if (error !== undefined) return { ...row, why: error }
  // Aliyun's copies have digests of their own (kubernetes/minikube#21778).
  const other = pin !== undefined && digest !== undefined && digest !== pin && mirror.name !== 'aliyun'
  return { ...row, has: !other, digest: digest ?? null, why: other ? `another image: ${digest}` : '' }
}

/** One mirror's answers, one after the other. */
const askMirror = async (mirror: Mirror, images: readonly Wanted[], http: Http): Promise<Row[]> => {
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
    const row = await ask(mirror, image, http)
    if (/^HTTP (403|429|5\d\d)$/.test(row.why) || (row.why !== '' && row.why !== 'not carried' && !row.why.startsWith('HTTP'))) refused++
    rows.push(row)
  }
  return rows
}

const wantedOf = async (intent: Intent, listed: readonly Wanted[], options: Options, io: Io): Promise<readonly Wanted[] | number> => {
  const named = [options.flags.manifest ?? []].flat().map(String)
  if (named.length === 0) return listed
  const { manifests, problems } = await readManifests(named, process.stdin, io.signal, intent.cluster.sources.files)
  if (problems.length > 0) {
    sayProblems(problems, io)
    return exitOf(problems)
  }
  return [...new Set(manifests.flatMap(({ text }) => imagesIn(text)))].map((ref) => ({ ref, pin: intent.cluster.pins[ref] }))
}

/** `slipway images check`: does each configured mirror really have each image? One HEAD each. */
export const checkImages = async (options: Options, io: Io, imagesOf: (intent: Intent) => readonly Wanted[]): Promise<number> => {
  const intent = await readIntent(options)
  if ('problems' in intent) {
    sayProblems(intent.problems, io)
    return exitOf(intent.problems)
  }
  const wanted = await wantedOf(intent, imagesOf(intent), options, io)
  if (typeof wanted === 'number') return wanted
  const http = createHttp(io.signal)
  const providers = ordersOf(intent.config.mirrors).images.map(mirrorOf)
  const rows = (await Promise.all(providers.map((mirror) => askMirror(mirror, wanted, http)))).flat()
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
