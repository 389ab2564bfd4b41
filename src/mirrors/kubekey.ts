import { nothing } from './apt.ts'
import type { Mirror } from './types.ts'

// Source: kubesphere/kubekey builtin/core/roles/defaults/defaults/main/10-download.yaml (download.cn_host, put before each canonical path in zone cn):
// the files of Kubernetes, etcd, containerd, runc and the CNI plugins. It carries the versions that KubeKey installs, not every patch.
const FILES = 'https://kubekey.pek3b.qingstor.com/'
const CARRIED = [
  'dl.k8s.io/',
  'github.com/etcd-io/etcd/',
  'github.com/containerd/containerd/',
  'github.com/opencontainers/runc/',
  'github.com/containernetworking/plugins/',
]

/** The store of KubeSphere's installer at QingCloud: release files only. */
export const kubekey: Mirror = {
  name: 'kubekey',
  file: (path) => (CARRIED.some((folder) => path.startsWith(folder)) ? FILES + path : undefined),
  apt: nothing,
  image: nothing,
  endpoint: nothing,
}
