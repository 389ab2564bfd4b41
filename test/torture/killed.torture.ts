// Ten points spread over a first install. `make torture`.
import { test } from 'vitest'
import { type Point, survives } from '../e2e/killed.ts'

const POINTS: readonly Point[] = [
  { host: 'cp1', id: 'shared-secret etcd-ca' },
  { host: 'w2', id: 'apt-sources /etc/apt/sources.list.d/debian.sources' },
  { host: 'cp1', id: 'artifact kubernetes v1.36.3 kube-apiserver' },
  { host: 'w1', id: 'unit containerd' },
  { host: 'cp1', id: 'unit etcd' },
  { host: 'cp1', id: 'certificate /etc/kubernetes/admin.conf' },
  { host: 'cp1', id: 'objects bootstrap-rbac' },
  { host: 'w2', id: 'unit kubelet' },
  { host: 'cp1', id: 'objects flannel' },
  { host: 'cp1', id: 'functional-check nodes' },
]

test.each(POINTS)(
  'killed when $id begins on $host',
  async (point) => {
    await survives(point)
  },
  900_000,
)
