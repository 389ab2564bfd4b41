import { z } from 'zod'
import { key } from './key.ts'

/** The mirrors that cluster.yml may name. */
export const PROVIDERS = ['upstream', 'aliyun', 'aliyun-vpc', 'tuna', 'ustc', 'tencent', 'daocloud', 'kubekey', 'github'] as const
export type ProviderName = (typeof PROVIDERS)[number]

/** A mirror by its name, or one's own by its URL. */
const provider = z.union([z.enum(PROVIDERS), z.url({ protocol: /^https?$/ })])

const mirrorsShape = z.strictObject({
  profile: z.enum(['none', 'cn']).default('none').meta(key('restart', 'cn: everything from mirrors in China; none: from upstream')),
  apt: z
    .strictObject({
      base: z
        .array(provider)
        .optional()
        .meta(key('live', "Debian's or Ubuntu's own archive, in order; [] leaves the host's sources alone", ['aliyun', 'tuna'])),
      kubernetes: z
        .array(provider)
        .optional()
        .meta(key('live', 'The Kubernetes packages, in order', ['aliyun', 'tuna', 'ustc'])),
      docker: z
        .array(provider)
        .optional()
        .meta(key('live', 'The docker-ce packages (containerd.io), in order', ['aliyun', 'tuna'])),
      mirror_security: z.boolean().default(false).meta(key('live', 'Take the security suite from the mirror too (mirrors lag behind)')),
      keys: z
        .strictObject({
          kubernetes: z
            .string()
            .min(1)
            .optional()
            .meta(key('live', "Armored key file of the Kubernetes repository, instead of upstream's", 'keys/kubernetes.asc')),
          docker: z
            .string()
            .min(1)
            .optional()
            .meta(key('live', "Armored key file of the docker-ce repository, instead of upstream's", 'keys/docker.asc')),
        })
        .prefault({})
        .meta(key('live', 'Keys of your own repositories')),
    })
    .prefault({})
    .meta(key('live', "The hosts' apt sources")),
  files: z
    .array(provider)
    .optional()
    .meta(key('live', 'Release files (binaries), in order; a URL is a base in host-first layout', ['daocloud', 'upstream'])),
  images: z
    .array(provider)
    .optional()
    .meta(key('restart', 'Images, in order', ['daocloud', 'upstream'])),
})

/** Where bytes come from; a word alone is the profile. */
export const mirrors = z.preprocess((v) => (typeof v === 'string' ? { profile: v } : v), mirrorsShape)
