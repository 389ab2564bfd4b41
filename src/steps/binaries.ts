import type { Os } from '../mirrors/types.ts'
import { alternatesOf } from '../releases/alternates.ts'
import { ARTIFACTS, type ArtifactName } from '../releases/artifacts.ts'
import type { ArtifactResource } from '../resources/types.ts'
import type { Context, Step } from './types.ts'

/** What each role needs. Fetched before anything waits for another host, so that slow mirrors are waited for side by side. */
const namesFor = ({ member: { roles } }: Context): ArtifactName[] => [
  ...(roles.controlPlane || roles.worker ? (['runc', 'containerd', 'cni-plugins', 'kubelet', 'kube-proxy'] as const) : []),
  ...(roles.etcd ? (['etcd'] as const) : []),
  ...(roles.controlPlane ? (['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'] as const) : []),
]

export const binaries: Step = {
  id: 'binaries',
  title: { en: 'Binaries', zh: '二进制文件' },
  on: 'every',
  resources: (context) => {
    const { config, release, facts, sources, pins, files } = context
    const os = { ...facts.os, arch: facts.arch } as Os
    const around = { release, os, sources, pins, keys: config.mirrors.apt.keys, files }
    return namesFor(context).map((name): ArtifactResource => {
      const artifact = ARTIFACTS[name](release, facts.arch)
      const others = alternatesOf(name, around)
      return { kind: 'artifact', artifact, urls: sources.files(artifact.path), pin: pins[artifact.path] ?? '', others }
    })
  },
}
