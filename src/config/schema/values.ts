import { z } from 'zod'
import { DURATION } from '../duration.ts'
import { dns1123Subdomain } from '../hostname.ts'

export const ipv4 = z.ipv4('is not an IPv4 address')
export const port = z.int().min(1).max(65535)
export const name = z.string().refine(dns1123Subdomain, 'is not a DNS-1123 subdomain')
export const duration = z.string().regex(DURATION, 'is not a duration')

/** A password is never written in cluster.yml: it is named. */
export const secretRef = z
  .string()
  .regex(
    /^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|cmd:.+)$/,
    'must be env:NAME, file:PATH or cmd:COMMAND, so that no secret stands in the file',
  )
