import type { Artifact, Release } from './types.ts'

type Make = (release: Release, arch: string) => Artifact

// Canonical paths: kubernetes.io "Download Kubernetes"; the GitHub releases of etcd, containerd, runc and the CNI plugins.
const kubernetes =
  (name: string): Make =>
  ({ kubernetes }, arch) => ({
    component: 'kubernetes',
    version: kubernetes,
    name,
    path: `dl.k8s.io/release/${kubernetes}/bin/linux/${arch}/${name}`,
    packing: { kind: 'binary' },
  })

const CNI_PLUGINS = ['bandwidth', 'bridge', 'firewall', 'host-local', 'loopback', 'portmap', 'tuning']
const CONTAINERD = ['containerd', 'containerd-shim-runc-v2', 'ctr']
const ETCD = ['etcd', 'etcdctl', 'etcdutl']

const members = (names: readonly string[], path: (name: string) => string) => Object.fromEntries(names.map((name) => [path(name), name]))

/** Every file a host may need, by name: how it is called, where upstream publishes it, what of it is wanted. */
export const ARTIFACTS = {
  'kube-apiserver': kubernetes('kube-apiserver'),
  'kube-controller-manager': kubernetes('kube-controller-manager'),
  'kube-scheduler': kubernetes('kube-scheduler'),
  kubelet: kubernetes('kubelet'),
  'kube-proxy': kubernetes('kube-proxy'),
  kubectl: kubernetes('kubectl'),
  etcd: ({ etcd }, arch) => ({
    component: 'etcd',
    version: etcd,
    name: 'etcd',
    path: `github.com/etcd-io/etcd/releases/download/v${etcd}/etcd-v${etcd}-linux-${arch}.tar.gz`,
    packing: { kind: 'tar.gz', members: members(ETCD, (name) => `etcd-v${etcd}-linux-${arch}/${name}`) },
  }),
  containerd: ({ containerd }, arch) => ({
    component: 'containerd',
    version: containerd,
    name: 'containerd',
    path: `github.com/containerd/containerd/releases/download/v${containerd}/containerd-${containerd}-linux-${arch}.tar.gz`,
    packing: { kind: 'tar.gz', members: members(CONTAINERD, (name) => `bin/${name}`) },
  }),
  runc: ({ runc }, arch) => ({
    component: 'runc',
    version: runc,
    name: 'runc',
    path: `github.com/opencontainers/runc/releases/download/v${runc}/runc.${arch}`,
    packing: { kind: 'binary' },
  }),
  'cni-plugins': ({ cni }, arch) => ({
    component: 'cni-plugins',
    version: cni,
    name: 'cni-plugins',
    path: `github.com/containernetworking/plugins/releases/download/v${cni}/cni-plugins-linux-${arch}-v${cni}.tgz`,
    packing: { kind: 'tar.gz', members: members(CNI_PLUGINS, (name) => `./${name}`) },
  }),
} as const satisfies Record<string, Make>

export type ArtifactName = keyof typeof ARTIFACTS

/** The CNI plugins a node links into /opt/cni/bin. */
export const CNI_PLUGIN_NAMES: readonly string[] = CNI_PLUGINS
