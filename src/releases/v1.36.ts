import type { Minor } from './types.ts'

/** Kubernetes 1.36. Pause: kubeadm's constant for 1.36. The others: the newest with digests of two architectures in data/. */
export const v1_36: Minor = {
  minor: 'v1.36',
  ends: '2027-06-28',
  components: {
    etcd: '3.6.14',
    containerd: '2.3.4',
    runc: '1.4.3',
    cni: '1.9.1',
    coredns: '1.14.6',
    flannel: '0.28.7',
    pause: '3.10.2',
  },
  newerFlannel: ['0.28.10'],
}
