import type { Os } from '../mirrors/types.ts'
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

const aroundOf = ({ config, release, facts, sources, pins, files, keys = {} }: Context): Surroundings => ({
  release,
  os: { ...facts.os, arch: facts.arch } as Os,
  sources,
  pins,
  keys: config.mirrors.apt.keys,
  files,
  byOperator: config.delivery === 'push',
  extended: keys,
  now: facts.now,
})

export const binaries: Step = {
  id: 'binaries',
  title: { en: 'Binaries', zh: '二进制文件' },
  on: 'every',
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
