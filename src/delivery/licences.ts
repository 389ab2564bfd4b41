import { ADDONS } from '../addons/index.ts'
import type { Resolved } from './packages.ts'

// Licences of the projects, from the LICENSE file of each.
const PROJECTS: readonly (readonly [project: string, licence: string, source: string])[] = [
  [
    'Kubernetes (kube-apiserver, kube-controller-manager, kube-scheduler, kube-proxy, kubelet, kubectl, pause, agnhost)',
    'Apache-2.0',
    'https://github.com/kubernetes/kubernetes',
  ],
  ['etcd', 'Apache-2.0', 'https://github.com/etcd-io/etcd'],
  ['containerd', 'Apache-2.0', 'https://github.com/containerd/containerd'],
  ['runc', 'Apache-2.0', 'https://github.com/opencontainers/runc'],
  ['CNI plugins', 'Apache-2.0', 'https://github.com/containernetworking/plugins'],
  ...ADDONS.map(({ licence: { project, licence, source } }) => [project, licence, source] as const),
]

const packagesOf = ([system, { debs }]: readonly [string, Resolved]): string =>
  [
    `${system}: ${debs.length} packages, each with its licence in /usr/share/doc/NAME/copyright inside of it`,
    ...debs.map(({ name, version }) => `  ${name} ${version}`),
  ].join('\n')

/** The list of licences of what a bundle holds. */
export const licencesText = (systems: Readonly<Record<string, Resolved>>): string =>
  `${[
    'Licences of what this archive holds',
    PROJECTS.map(([project, licence, source]) => `${project}\n  ${licence}, ${source}`).join('\n'),
    'Images hold the base layers their projects chose beside these; their licences lie in them.',
    ...Object.entries(systems).map(packagesOf),
  ].join('\n\n')}\n`
