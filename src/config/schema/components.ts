import { z } from 'zod'
import type { Applied } from './key.ts'
import { key } from './key.ts'

const version = z.string().regex(/^\d+\.\d+(\.\d+)?$/, 'is not a version number')

const component = (applied: Applied, what: string, example: string) => version.optional().meta(key(applied, what, example))

/** Versions of the parts beside Kubernetes, where the release's own are not wanted. */
export const components = z
  .strictObject({
    etcd: component('restart', 'Version of etcd', '3.6.14'),
    containerd: component('restart', 'Version of containerd', '2.3.6'),
    runc: component('live', 'Version of runc; running pods keep theirs', '1.5.1'),
    cni: component('live', 'Version of the CNI plugins', '1.9.1'),
    coredns: component('live', 'Version of CoreDNS', '1.14.6'),
    flannel: component('live', 'Version of flannel', '0.28.7'),
    pause: component('restart', 'Version of the pause image', '3.10.2'),
  })
  .prefault({})
  .meta(key('restart', 'Versions of the parts beside Kubernetes, instead of those that go along with the release'))
