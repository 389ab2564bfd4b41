import { z } from 'zod'
import { key } from './key.ts'
import { duration } from './values.ts'

const authority = (what: string, base: string) =>
  z
    .strictObject({
      certificate: z
        .string()
        .min(1)
        .meta(key('immutable', `Certificate file of ${what}`, `pki/${base}.crt`)),
      key: z
        .string()
        .min(1)
        .meta(key('immutable', `Key file of ${what}; it is copied to the control planes alone`, `pki/${base}.key`)),
    })
    .optional()
    .meta(key('immutable', `A CA of your own as ${what}; \`slipway certs rotate\` changes over to another one`))

/** Lifetimes, and CAs of the user's own. */
export const certificates = z.strictObject({
  lifetime: duration.default('3650d').meta(key('restart', 'How long certificates on the hosts live; never longer than their CA')),
  admin_lifetime: duration.default('365d').meta(key('live', "How long the administrators' certificate in admin.conf lives")),
  renew_before: duration
    .optional()
    .meta(key('live', 'How long before its end any run renews a certificate (default: the last quarter of its lifetime)', '90d')),
  ca: authority("the cluster's CA", 'ca'),
  etcd_ca: authority("etcd's CA", 'etcd-ca'),
  front_proxy_ca: authority("the API aggregation's CA", 'front-proxy-ca'),
})
