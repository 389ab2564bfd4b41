import { z } from 'zod'
import { key } from './key.ts'

/** A value for a flag: text, several (the flag repeated), or null (the flag is left out). */
const flagValue = z.union([z.string(), z.array(z.string()).min(1), z.null()])
const extraArgs = z
  .record(z.string().regex(/^[a-z0-9][a-zA-Z0-9-]*$/, 'must be the name of a flag without the leading dashes'), flagValue)
  .default({})

const service = (unit: string, example: Record<string, string>) =>
  z
    .strictObject({
      extra_args: extraArgs.meta(key('restart', `Flags of ${unit}: text, a list for a repeated flag, null to remove one of ours`, example)),
    })
    .prefault({})
    .meta(key('restart', `Settings of ${unit}`))

/** Flags and configuration of each component. */
export const services = z.strictObject({
  etcd: service('etcd', { 'quota-backend-bytes': '8589934592' }),
  'kube-apiserver': service('kube-apiserver', { 'max-requests-inflight': '800' }),
  'kube-controller-manager': service('kube-controller-manager', { 'kube-api-qps': '50' }),
  'kube-scheduler': service('kube-scheduler', { 'kube-api-qps': '100' }),
  kubelet: z
    .strictObject({
      extra_args: extraArgs.meta(
        key('restart', 'Flags of kubelet: text, a list for a repeated flag, null to remove one of ours', { v: '3' }),
      ),
      config: z
        .record(z.string(), z.json())
        .default({})
        .meta(key('restart', 'Fields of KubeletConfiguration; yours win', { maxPods: 200 })),
    })
    .prefault({})
    .meta(key('restart', 'Settings of kubelet')),
  'kube-proxy': z
    .strictObject({
      config: z
        .record(z.string(), z.json())
        .default({})
        .meta(key('restart', 'Fields of KubeProxyConfiguration; yours win', { metricsBindAddress: '127.0.0.1:10249' })),
    })
    .prefault({})
    .meta(key('restart', 'Settings of kube-proxy')),
})
