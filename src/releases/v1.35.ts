import type { Minor } from './types.ts'

/** Kubernetes 1.35. Pause: kubeadm's constant for 1.35. etcd, CoreDNS, flannel: the newest with digests of two architectures in data/. */
export const v1_35: Minor = {
  minor: 'v1.35',
  ends: '2027-02-28',
  components: {
    etcd: '3.6.14',
    containerd: '2.3.4',
    runc: '1.4.3',
    cni: '1.9.1',
    coredns: '1.14.6',
    flannel: '0.28.7',
    pause: '3.10.1',
  },
}
