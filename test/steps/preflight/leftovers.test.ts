import { WORKER, stops } from './support.ts'

stops([
  ['kubeadm was here', WORKER, { leftovers: [{ tool: 'kubeadm', path: '/etc/kubernetes/manifests' }] }, /kubeadm was here before/, 3],
  ['k3s was here', WORKER, { leftovers: [{ tool: 'k3s', path: '/var/lib/rancher/k3s' }] }, /k3s was here before/, 3],
])
