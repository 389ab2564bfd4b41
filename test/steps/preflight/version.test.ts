import { PLANE, passes, stops, unitOf } from './support.ts'

stops([
  ['a newer Kubernetes', PLANE, unitOf('kube-apiserver', 'kubernetes/v1.37.2'), /runs Kubernetes v1\.37\.2, newer than v1\.36\.3/, 2],
  ['a Kubernetes two minors older', PLANE, unitOf('kube-apiserver', 'kubernetes/v1.34.9'), /v1\.36\.3 would skip a minor/, 2],
  ['an etcd two minors older', '10.0.0.1', unitOf('etcd', 'etcd/3.4.30'), /runs etcd 3\.4\.30; 3\.6\.14 cannot follow/, 2],
])

passes([
  ['the same Kubernetes', PLANE, unitOf('kube-apiserver', 'kubernetes/v1.36.3')],
  ['a Kubernetes one minor older', PLANE, unitOf('kube-apiserver', 'kubernetes/v1.35.8')],
])
