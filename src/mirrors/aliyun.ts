import { formatReference, readReference } from '../images/reference.ts'
import { canonical, isUnder } from '../images/registries.ts'
import { aptFrom, archivesUnder } from './apt.ts'
import type { Mirror } from './types.ts'

// Source: mirrors.md §2 (kubernetes-new with slashes, no colons), §2b, §2c.
const apt = aptFrom(archivesUnder('https://mirrors.aliyun.com', 'kubernetes-new/core/stable'))

// Source: mirrors.md §3, minikube download.go. Late and incomplete, so it comes after others.
const RELEASES = 'https://kubernetes.oss-cn-hangzhou.aliyuncs.com/kubernetes-release/release/'
const file = (path: string) => (path.startsWith('dl.k8s.io/release/') ? RELEASES + path.slice('dl.k8s.io/release/'.length) : undefined)

const HOST = 'registry.cn-hangzhou.aliyuncs.com'
const BASES = [`${HOST}/google_containers`, 'registry.aliyuncs.com/google_containers']

// Flat namespace, pushed on a schedule: only what is known to be there. Source: minikube deploy/addons/aliyun_mirror.json.
const SAME_NAME = ['pause', 'etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy']
const SIG_STORAGE = [
  'snapshot-controller',
  'csi-attacher',
  'csi-node-driver-registrar',
  'hostpathplugin',
  'livenessprobe',
  'csi-resizer',
  'csi-snapshotter',
  'csi-provisioner',
]
const FLAT: ReadonlyMap<string, string> = new Map([
  ...SAME_NAME.map((name) => [name, name] as const),
  ...SIG_STORAGE.map((name) => [`sig-storage/${name}`, name] as const),
  ['coredns/coredns', 'coredns'],
  ['metrics-server/metrics-server', 'metrics-server'],
  ['ingress-nginx/controller', 'nginx-ingress-controller'],
  ['ingress-nginx/kube-webhook-certgen', 'kube-webhook-certgen'],
  // The next two are inferred: the map lists only their old one-segment names (mirrors.md §12).
  ['dns/k8s-dns-node-cache', 'k8s-dns-node-cache'],
  ['kube-state-metrics/kube-state-metrics', 'kube-state-metrics'],
])

/** A digest of the source means nothing here: Aliyun rewrites manifests when it copies (kubernetes/minikube#21778). */
const image = (text: string): string | undefined => {
  const given = readReference(text)
  if (given === undefined) return undefined
  if (BASES.some((base) => isUnder(given, base))) return text
  const reference = canonical(given)
  const flat = reference.domain === 'registry.k8s.io' && reference.digest === undefined ? FLAT.get(reference.path) : undefined
  return flat && formatReference({ ...reference, domain: HOST, path: `google_containers/${flat}` })
}

/** Alibaba Cloud: apt, and the core images of Kubernetes under the flat namespace google_containers. */
export const aliyun: Mirror = {
  name: 'aliyun',
  file,
  apt,
  image,
  // Serves one-segment names only, and never a whole multi-tenant host (mirrors.md §1 decision 12, §7).
  endpoint: (registry) =>
    registry === 'registry.k8s.io' || registry === 'k8s.gcr.io'
      ? { url: `https://${HOST}/v2/google_containers`, overridePath: true }
      : undefined,
}
