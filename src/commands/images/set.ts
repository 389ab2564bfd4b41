import { collisions, type Rename } from '../../images/rewrite.ts'
import { formatReference, readReference } from '../../images/reference.ts'
import { imagesIn, type Note } from '../../images/yaml.ts'
import { EXIT, type Problem } from '../../problem.ts'
import { readManifests } from './manifests.ts'
import { fetchOf } from '../../run/outbound.ts'
import { parsePath } from '../../images/paths.ts'
import type { Intent } from '../../run/session.ts'
import type { Io, Options } from '../../run/types.ts'

/** An image that is wanted, by its full upstream name, with its digest where one is pinned. */
export type Wanted = Readonly<{ ref: string; pin: string | undefined }>

const flagged = (value: unknown): string[] => [value ?? []].flat().map(String)

const badPaths = (paths: readonly string[]): Problem[] =>
  paths
    .filter((path) => parsePath(path) === undefined)
    .map((path) => ({
      at: `--path ${path}`,
      what: { en: 'this is no path to an image.', zh: '镜像路径格式不对。' },
      fix: { en: 'Write KIND:path, such as Prometheus:spec.image.', zh: '格式为 KIND:路径，例如 Prometheus:spec.image。' },
      severity: 'error',
      exit: EXIT.config,
    }))

/** What the text of a manifest called `at` made somebody note. */
export const noteProblems = (at: string, notes: readonly Note[]): Problem[] =>
  notes.map(({ line, what, kind, name, severity }) => ({
    at: `${at}:${line}${kind === '' ? '' : ` ${kind}/${name}`}`,
    what: { en: `${what.en}.`, zh: `${what.zh}。` },
    fix:
      severity === 'error'
        ? { en: 'Mend it there.', zh: '请修正该处。' }
        : {
            en: 'Name a mirror that carries it under mirrors.images, or give --rule FROM=TO.',
            zh: '请在 mirrors.images 中加入提供它的镜像站，或使用 --rule FROM=TO。',
          },
    severity,
    exit: EXIT.config,
  }))

/** The images that --manifest names, each once; those that are no references are left out. */
export const manifestImages = async (
  intent: Intent,
  options: Options,
  io: Io,
): Promise<readonly Wanted[] | { problems: readonly Problem[] }> => {
  const paths = flagged(options.flags.path)
  const wrong = badPaths(paths)
  if (wrong.length > 0) return { problems: wrong }
  const { manifests, problems } = await readManifests(
    flagged(options.flags.manifest),
    process.stdin,
    io.signal,
    intent.cluster.sources.files,
    fetchOf(intent, io),
  )
  const read = manifests.map(({ name, text }) => ({ name, ...imagesIn(text, paths) }))
  const unread = [...problems, ...read.flatMap(({ name, notes }) => noteProblems(name, notes))]
  if (unread.length > 0) return { problems: unread }
  const named = new Set(read.flatMap(({ images }) => images))
  const found = [...named].flatMap((ref) => {
    const reference = readReference(ref)
    return reference === undefined ? [] : [{ ref: formatReference(reference), pin: reference.digest ?? intent.cluster.pins[ref] }]
  })
  return [...new Map(found.map((one) => [one.ref, one])).values()]
}

/** Two images that a flat registry would give one name: refused, for one of them would be served as the other. */
export const collisionProblems = (refs: readonly string[], rename: Rename, at = 'private_registries'): readonly Problem[] =>
  collisions(refs, rename).map(({ to, from }) => ({
    at,
    what: { en: `${from.join(' and ')} would both be ${to}.`, zh: `${from.join(' 和 ')} 会同名：${to}。` },
    fix: { en: 'Use layout: host or path for this registry.', zh: '请对该仓库使用 layout: host 或 path。' },
    severity: 'error',
    exit: EXIT.config,
  }))
