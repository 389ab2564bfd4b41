import type { Minor } from './types.ts'

/** Kubernetes 1.37. CHANGELOG-1.37: etcd 3.7.0 by default. The others: the newest with digests of two architectures in data/. */
export const v1_37: Minor = {
  minor: 'v1.37',
  ends: '2027-10-28',
  components: {
    etcd: '3.7.1',
    containerd: '2.3.4',
    runc: '1.4.3',
    cni: '1.9.1',
    coredns: '1.14.6',
    flannel: '0.28.7',
    pause: '3.10.2',
  },
  patches: { 'v1.37.2': { etcd: '3.7.3' } },
  newerFlannel: ['0.28.10'],
}
