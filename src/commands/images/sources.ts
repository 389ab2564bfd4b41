import { access } from 'node:fs/promises'
import { loadConfig, otherSpelling } from '../../config/load.ts'
import { type Config, schema } from '../../config/schema.ts'
import { parsePath } from '../../images/paths.ts'
import type { Rule } from '../../images/rewrite.ts'
import { sourcesOf } from '../../mirrors/sources.ts'
import type { Sources } from '../../mirrors/types.ts'
import { type Problem, refusal } from '../../problem.ts'
import { SUPPORTED } from '../../releases/index.ts'
import { createFetch, type Fetch } from '../../net/request.ts'
import { fetchFor } from '../../run/outbound.ts'
import { tell } from '../../run/tell.ts'
import type { Io, Options } from '../../run/types.ts'

/** What decides how images are renamed: the configured mirrors, and rules and paths from the command line. */
export type Renaming = Readonly<{
  sources: Sources
  rules: readonly Rule[]
  paths: readonly string[]
  /** Whether two images may come to have one name. */
  flat: boolean
  /** How this machine fetches the manifests that are named by URL. */
  ask: Fetch
}>

const strings = (value: unknown): string[] => [value ?? []].flat().map(String)

const rulesOf = (texts: readonly string[]): (Rule | Problem)[] =>
  texts.map((text) => {
    const [from = '', to = '', ...more] = text.split('=')
    if (from !== '' && to !== '' && more.length === 0) return { from, to }
    return refusal(
      `--rule ${text}`,
      { en: 'this is no rule.', zh: '规则格式不对。' },
      {
        en: 'Write FROM=TO, such as quay.io/tigera=harbor.corp/tigera.',
        zh: '格式为 FROM=TO，例如 quay.io/tigera=harbor.corp/tigera。',
      },
    )
  })

const pathProblems = (paths: readonly string[]): Problem[] =>
  paths
    .filter((path) => parsePath(path) === undefined)
    .map((path) =>
      refusal(
        `--path ${path}`,
        { en: 'this is no path to an image.', zh: '镜像路径格式不对。' },
        {
          en: 'Write KIND:path, such as Prometheus:spec.image or "*:spec.jobs[].image".',
          zh: '格式为 KIND:路径，例如 Prometheus:spec.image 或 "*:spec.jobs[].image"。',
        },
      ),
    )

const isFlat = ({ private_registries }: Config): boolean =>
  private_registries.some(({ is_default, layout }) => is_default && layout === 'flat')

const sourcesFrom = async (
  cluster: string | undefined,
  io: Io,
): Promise<Pick<Renaming, 'sources' | 'ask' | 'flat'> | { problems: readonly Problem[] }> => {
  const path = cluster ?? 'cluster.yml'
  const exists = await access(path).then(
    () => true,
    () => false,
  )
  if (cluster === undefined && !exists && otherSpelling(path) === undefined) {
    tell(io, {
      en: 'There is no cluster.yml here: renaming for `mirrors: cn`.',
      zh: '当前目录没有 cluster.yml：按 `mirrors: cn` 改写。',
    })
    const bare = {
      kubernetes_version: SUPPORTED.at(-1),
      nodes: [{ address: '192.0.2.1', role: ['worker'] }],
      mirrors: 'cn',
    }
    return { sources: sourcesOf(schema.parse(bare).mirrors), ask: io.ask ?? createFetch(), flat: false }
  }
  const loaded = await loadConfig(path, { supported: SUPPORTED, option: '--cluster' })
  if (loaded.config === undefined) return { problems: loaded.problems }
  const { config, hosts } = loaded
  return { sources: sourcesOf(config.mirrors, config.private_registries), ask: fetchFor(io, config, hosts), flat: isFlat(config) }
}

/** How images are renamed, from --cluster (or the cluster.yml here, or `mirrors: cn`), --rule and --path. */
export const renamingOf = async (options: Options, io: Io): Promise<Renaming | { problems: readonly Problem[] }> => {
  const { cluster, rule, path } = options.flags
  const rules = rulesOf(strings(rule))
  const paths = strings(path)
  const from = await sourcesFrom(typeof cluster === 'string' ? cluster : undefined, io)
  const problems = [
    ...rules.filter((one): one is Problem => 'what' in one),
    ...pathProblems(paths),
    ...('problems' in from ? from.problems : []),
  ]
  if (problems.length > 0 || 'problems' in from) return { problems }
  return {
    ...from,
    rules: rules.filter((one): one is Rule => 'from' in one),
    paths,
  }
}
