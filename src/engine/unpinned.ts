import type { Cluster } from '../cluster/types.ts'
import { compareVersions } from '../cluster/versions.ts'
import { type Problem, refusal } from '../problem.ts'
import { RELEASES } from '../releases/index.ts'
import type { Change } from './change.ts'

const lacking = (name: string, section: 'files' | 'images'): Problem =>
  refusal(
    'cluster.lock.yml',
    { en: `${name} has no pinned digest`, zh: `${name} 没有锁定的摘要` },
    {
      en: `Run \`slipway lock\`, which looks for what is missing and says what speaks for it; or add its "sha256:..." under \`${section}:\`.`,
      zh: `请运行 \`slipway lock\` 查找并补全；或在 \`${section}:\` 下自行写入 "sha256:..."。`,
    },
  )

/** The release itself is one of those without shipped digests: said once, with the nearest that needs no lock. */
const unshipped = ({ release, places }: Pick<Cluster, 'release' | 'places'>): Problem[] => {
  const { kubernetes, minor } = release
  const whole = RELEASES.filter((one) => one.minor === minor).map((one) => one.kubernetes)
  if (whole.includes(kubernetes)) return []
  const newest = whole.toSorted(compareVersions).at(-1)
  return [
    refusal(
      places?.kubernetes_version ?? 'kubernetes_version',
      {
        en: `this Slipway does not bring all digests of Kubernetes ${kubernetes}`,
        zh: `此版本的 Slipway 未内置 Kubernetes ${kubernetes} 的全部摘要`,
      },
      {
        en: `Run \`slipway lock\` once, which looks for them${newest ? `; or write ${newest}, which needs no lock` : ''}.`,
        zh: `请运行一次 \`slipway lock\` 查找${newest ? `；或改写 ${newest}，它不需要 lock` : ''}。`,
      },
    ),
  ]
}

/** Bytes without a pin are never fetched, whoever serves them. */
export const unpinned = (cluster: Pick<Cluster, 'release' | 'places'>, changes: readonly Change[]): Problem[] => {
  const paths = new Set(
    changes.flatMap(({ want }) => (want.kind === 'artifact' && want.pin === '' && !want.others?.length ? [want.artifact.path] : [])),
  )
  const images = new Set(changes.flatMap(({ want }) => (want.kind === 'image' && want.places.length === 0 ? [want.ref] : [])))
  const all = [...[...paths].map((path) => lacking(path, 'files')), ...[...images].map((ref) => lacking(ref, 'images'))]
  const ofRelease = [...paths].some((path) => path.includes(`/${cluster.release.kubernetes}/`))
  return ofRelease ? [...unshipped(cluster), ...all] : all
}
