import { manifest } from '../templates/manifest.ts'
import type { Step } from './types.ts'

const MANIFEST = '/etc/slipway/manifests/bootstrap-rbac.yaml'

const binding = (name: string, role: string, subject: Record<string, string>) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', ...subject }],
})

/**
 * What must exist before anything else asks: who may speak to kubelets, who the administrators are, and that nodes may renew their own
 * certificates. kubelet remembers a refusal for 30 s, so this comes before the first kubelet.
 */
const OBJECTS = [
  binding('kube-apiserver-kubelet-client', 'system:kubelet-api-admin', { kind: 'User', name: 'kube-apiserver-kubelet-client' }),
  binding('kubeadm:cluster-admins', 'cluster-admin', { kind: 'Group', name: 'kubeadm:cluster-admins' }),
  binding('slipway:renew-node-certificates', 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', {
    kind: 'Group',
    name: 'system:nodes',
  }),
]

/** Every control plane holds it, so that any of them can see whether the cluster does. */
export const bootstrapManifest: Step = {
  id: 'bootstrap-manifest',
  title: { en: 'Manifest of the first permissions', zh: '初始权限清单' },
  on: 'control-plane',
  resources: () => [{ kind: 'file', path: MANIFEST, text: manifest(OBJECTS), mode: '0600' }],
}

export const bootstrapRbac: Step = {
  id: 'bootstrap-rbac',
  title: { en: 'First permissions', zh: '初始权限' },
  on: 'one-control-plane',
  resources: () => [{ kind: 'objects', name: 'bootstrap-rbac', manifest: MANIFEST, as: 'system:masters' }],
}
