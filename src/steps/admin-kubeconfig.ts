import { clientCertificate, installed, leaf, LOCAL_API } from './common.ts'
import type { Step } from './types.ts'

export const adminKubeconfig: Step = {
  id: 'admin-kubeconfig',
  title: { en: 'kubectl and admin.conf', zh: 'kubectl 与 admin.conf' },
  on: 'control-plane',
  resources: (context) => [
    { kind: 'link', path: '/usr/local/bin/kubectl', target: installed('kubectl', 'kubectl', context) },
    clientCertificate(context, {
      path: '/etc/kubernetes/admin.conf',
      form: 'kubeconfig',
      commonName: 'kubernetes-admin',
      organizations: ['kubeadm:cluster-admins'],
      server: LOCAL_API,
      ...leaf(context, 'person'),
    }),
  ],
}
