import { PUBLISHED } from './published.ts'
import type { Release } from './types.ts'

// Images: kubeadm's constants for 1.36; etcd and containerd: components.md's sources, "Versions in use".
const base = {
  minor: 'v1.36',
  etcd: '3.6.14',
  containerd: '2.3.4',
  runc: '1.4.3',
  cni: '1.9.1',
  containerdFloor: '2.2.0',
  images: {
    pause: 'registry.k8s.io/pause:3.10.2',
    coredns: 'registry.k8s.io/coredns/coredns:v1.14.6',
    flannel: 'ghcr.io/flannel-io/flannel:v0.28.10',
    flannelCni: 'ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel1',
    agnhost: 'registry.k8s.io/e2e-test-images/agnhost:2.59',
  },
  pins: PUBLISHED,
} as const

/** The patch releases of Kubernetes 1.36, newest first. */
export const v1_36: readonly Release[] = [{ ...base, kubernetes: 'v1.36.3' }]
