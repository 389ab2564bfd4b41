import { z } from 'zod'
import { key } from './key.ts'

const proxyUrl = z.string().min(1)

/** An HTTP proxy, and who uses it. */
export const proxy = z.strictObject({
  http: proxyUrl.optional().meta(key('restart', 'Proxy for http:// URLs', 'http://proxy.corp:3128')),
  https: proxyUrl.optional().meta(key('restart', 'Proxy for https:// URLs (asked by CONNECT)', 'http://proxy.corp:3128')),
  no_proxy: z
    .array(z.string().min(1))
    .default([])
    .meta(key('restart', "Reached without it, besides the cluster's own names and ranges", ['.corp', '10.0.0.0/8'])),
  scope: z
    .array(z.enum(['hosts', 'containerd', 'operator']))
    .min(1)
    .default(['hosts'])
    .meta(
      key(
        'restart',
        "Who uses it: hosts (what Slipway fetches there, and containerd), containerd alone, operator (your machine's own fetches)",
      ),
    ),
})
