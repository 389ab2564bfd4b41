import { readReference } from '../../images/reference.ts'
import { canonical } from '../../images/registries.ts'
import { knownRegistries } from '../../mirrors/private.ts'
import { originByName } from '../../mirrors/carriers.ts'
import type { Mirror } from '../../mirrors/types.ts'
import type { Head, Registry } from '../../net/registry-client.ts'
import type { Problem } from '../../problem.ts'
import type { Intent } from '../../run/session.ts'
import type { Wanted } from './set.ts'

/** What one mirror says of one image. `reached`: it answered, whatever it said. */
export type Row = Readonly<{
  image: string
  provider: string
  name: string
  has: boolean
  reached: boolean
  digest: string | null
  why: string
}>

export type Answers = Readonly<{ rows: readonly Row[] }> | Readonly<{ problems: readonly Problem[] }>

/** A question to a mirror: under which URL of the registry API it would have the image. `at` is undefined for what it does not carry. */
export type Question = Readonly<{
  mirror: Mirror
  wanted: Wanted
  name: string
  at?: Readonly<{ base: string; path: string; reference: string }>
}>

/** After as many refusals a mirror is left in peace: DaoCloud bans who collects them (mirrors.md §4). */
const PATIENCE = 3

const sourceOf = (ref: string): string => {
  const reference = readReference(ref)
  return reference === undefined ? '' : canonical(reference).domain
}

export const questionOf = (mirror: Mirror, wanted: Wanted, { config }: Intent): Question => {
  const name = mirror.image(wanted.ref)
  const reference = name === undefined ? undefined : readReference(name)
  if (name === undefined || reference === undefined) return { mirror, wanted, name: '' }
  const own = knownRegistries(config).find(({ domain }) => domain === reference.domain)
  const base = `${own?.origin ?? originByName(mirror, sourceOf(wanted.ref), reference.domain)}/v2`
  return { mirror, wanted, name, at: { base, path: reference.path, reference: reference.digest ?? reference.tag ?? 'latest' } }
}

/** What an answer means; no answer says nothing of the image. */
export const rowOf = ({ mirror, wanted: { ref, pin }, name }: Question, { digest, status, error }: Head): Row => {
  const row = { image: ref, provider: mirror.name, name, has: false, reached: status > 0, digest: null }
  if (error !== undefined) return { ...row, why: error }
  // Aliyun's copies have digests of their own (kubernetes/minikube#21778).
  const other = pin !== undefined && digest !== undefined && digest !== pin && mirror.name !== 'aliyun'
  return { ...row, has: !other, digest: digest ?? null, why: other ? `another image: ${digest}` : '' }
}

/** What is answered without a question. */
export const notCarried = ({ mirror, wanted: { ref }, name }: Question): Row => ({
  image: ref,
  provider: mirror.name,
  name,
  has: false,
  reached: true,
  digest: null,
  why: 'not carried',
})

const isRefusal = ({ status }: Head): boolean => status === 0 || status === 403 || status === 429 || status >= 500

/** One mirror's answers, one after the other. */
const askMirror = async (questions: readonly Question[], registry: Registry): Promise<Row[]> => {
  const rows: Row[] = []
  const refusals: Head[] = []
  for (const question of questions) {
    const { at } = question
    if (at === undefined) rows.push(notCarried(question))
    else if (refusals.length >= PATIENCE) rows.push(rowOf(question, { status: refusals.at(-1)?.status ?? 0, error: 'not asked any more' }))
    else {
      const head = await registry.head(at, at.reference)
      if (isRefusal(head)) refusals.push(head)
      rows.push(rowOf(question, head))
    }
  }
  return rows
}

/** Asks from this machine. */
export const askHere = async (
  intent: Intent,
  mirrors: readonly Mirror[],
  images: readonly Wanted[],
  registry: Registry,
): Promise<readonly Row[]> =>
  (
    await Promise.all(
      mirrors.map((mirror) =>
        askMirror(
          images.map((image) => questionOf(mirror, image, intent)),
          registry,
        ),
      ),
    )
  ).flat()
