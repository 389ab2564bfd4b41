import type { Os } from '../mirrors/types.ts'
import { endsSoon, keyOf } from '../mirrors/keys/index.ts'
import { EXIT, type Problem } from '../problem.ts'
import { alternatesOf, type Surroundings } from '../releases/alternates.ts'
import { ARTIFACTS, type ArtifactName } from '../releases/artifacts.ts'
import type { ArtifactResource } from '../resources/types.ts'
import type { Step } from './types.ts'
import type { Context } from '../cluster/types.ts'

/** What each role needs. Fetched before anything waits for another host, so that slow mirrors are waited for side by side. */
const namesFor = ({ member: { roles }, config }: Context): ArtifactName[] => [
  ...(roles.controlPlane || roles.worker ? (['runc', 'containerd', 'cni-plugins', 'kubelet', 'kube-proxy'] as const) : []),
  // A control plane without etcd takes its backups with etcd's own tools.
  ...(roles.etcd || (roles.controlPlane && config.etcd_backup) ? (['etcd'] as const) : []),
  ...(roles.controlPlane ? (['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'] as const) : []),
]

const aroundOf = ({ config, release, facts, sources, pins, files }: Context): Surroundings => ({
  release,
  os: { ...facts.os, arch: facts.arch } as Os,
  sources,
  pins,
  keys: config.mirrors.apt.keys,
  files,
  byOperator: config.delivery === 'push',
})

/** A key that ends takes the signed packages with it; what upstream publishes as files is not concerned. */
const keyProblems = (context: Context): Problem[] => {
  const packaged = namesFor(context).flatMap((name) => alternatesOf(name, aroundOf(context)))
  const repositories = new Set(packaged.flatMap((one) => (one.kind === 'deb' ? [one.repository] : [])))
  return [...repositories].flatMap((repository): Problem[] => {
    const days = endsSoon(keyOf(repository, context.config.mirrors.apt.keys, context.files), context.facts.now)
    if (days === undefined) return []
    return [
      {
        at: `mirrors.apt.keys.${repository}`,
        what: {
          en: days < 0 ? 'the shipped key of this repository has ended.' : `the shipped key of this repository ends in ${days} days.`,
          zh: days < 0 ? '内置的软件源公钥已过期。' : `内置的软件源公钥将在 ${days} 天后过期。`,
        },
        fix: {
          en: 'Save its Release.key of today and name the file here; signed packages are only asked where release files fail.',
          zh: '请保存当前的 Release.key 并在此指定；仅在发布文件获取失败时才使用签名软件包。',
        },
        severity: 'warning',
        exit: EXIT.config,
      },
    ]
  })
}

export const binaries: Step = {
  id: 'binaries',
  title: { en: 'Binaries', zh: '二进制文件' },
  on: 'every',
  problems: keyProblems,
  resources: (context) => {
    const { release, facts, sources, pins } = context
    const around = aroundOf(context)
    return namesFor(context).map((name): ArtifactResource => {
      const artifact = ARTIFACTS[name](release, facts.arch)
      const others = alternatesOf(name, around)
      const pushed = context.config.delivery === 'push'
      return {
        kind: 'artifact',
        artifact,
        urls: sources.files(artifact.path),
        pin: pins[artifact.path] ?? '',
        others,
        ...(pushed ? { pushed } : {}),
      }
    })
  },
}
