import { EXIT, type Problem } from '../../problem.ts'
import { parts } from '../../cluster/versions.ts'
import type { Cluster } from '../../cluster/types.ts'

/** What a backup says of itself. `size` of etcd's snapshot in bytes. */
export type Manifest = Readonly<{ fields: Readonly<Record<string, string>>; taken: string; revision: string; keys: string; size: number }>

/** Reads a backup's manifest: "name=value" lines. */
export const parseManifest = (text: string): Manifest => {
  const fields = Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value ?? ''])) as Record<
    string,
    string
  >
  return {
    fields,
    taken: fields.taken ?? '',
    revision: fields.revision ?? '',
    keys: fields.keys ?? '',
    size: Number(fields.size ?? 0) || 0,
  }
}

/** What has to be the same in cluster.yml, or the restored objects would not fit the cluster they come into. */
const fixed = ({ config }: Cluster): Readonly<Record<string, readonly [key: string, value: string]>> => ({
  cluster: ['cluster_name', config.cluster_name],
  pod_cidr: ['network.pod_cidr', config.network.pod_cidr],
  service_cidr: ['network.service_cidr', config.network.service_cidr],
  cluster_domain: ['cluster_domain', config.cluster_domain],
})

/** What speaks against restoring this backup into this cluster. */
export const manifestProblems = (source: string, { fields }: Manifest, cluster: Cluster): Problem[] => {
  const wrong = (en: string, zh: string, fix: Problem['fix']): Problem => ({
    at: source,
    what: { en, zh },
    fix,
    severity: 'error',
    exit: EXIT.config,
  })
  const newer = { en: 'Use a newer Slipway.', zh: '请使用更新版本的 Slipway。' }
  if (fields.format !== '1') return [wrong(`its format is ${fields.format}`, `其格式为 ${fields.format}`, newer)]
  const differing = Object.entries(fixed(cluster)).flatMap(([name, [key, value]]) =>
    fields[name] === value
      ? []
      : [
          wrong(
            `it was taken with ${key}: ${fields[name]}, and cluster.yml says ${value}`,
            `备份时 ${key} 为 ${fields[name]}，而 cluster.yml 为 ${value}`,
            {
              en: `Write \`${key}: ${fields[name]}\`.`,
              zh: `请写 \`${key}: ${fields[name]}\`。`,
            },
          ),
        ],
  )
  const [, had] = parts(fields.kubernetes ?? '')
  const [, has] = parts(cluster.release.kubernetes)
  return had === has
    ? differing
    : [
        ...differing,
        wrong(
          `it is of Kubernetes ${fields.kubernetes}, and cluster.yml says ${cluster.release.kubernetes}`,
          `备份来自 Kubernetes ${fields.kubernetes}，而 cluster.yml 为 ${cluster.release.kubernetes}`,
          {
            en: `Restore with \`kubernetes_version: ${fields.kubernetes}\`, then upgrade.`,
            zh: `请先以 \`kubernetes_version: ${fields.kubernetes}\` 恢复，再升级。`,
          },
        ),
      ]
}
