import { z } from 'zod'
import { key } from './key.ts'
import { secretRef } from './values.ts'

const s3 = z.strictObject({
  endpoint: z.url({ protocol: /^https?$/ }).meta(key('live', 'URL of the S3-compatible service', 'https://s3.example.com')),
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is not the name of a bucket')
    .meta(key('live', 'The bucket, which must exist', 'backups')),
  prefix: z
    .string()
    .regex(/^([A-Za-z0-9_.-]+\/)*[A-Za-z0-9_.-]*$/, 'may hold letters, digits, "_", ".", "-" and "/", and does not begin with "/"')
    .default('')
    .meta(key('live', 'What the names in the bucket begin with', 'etcd/')),
  region: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'is not the name of a region')
    .default('us-east-1')
    .meta(key('live', 'Region that requests are signed for')),
  access_key: secretRef.meta(key('live', 'Where the access key is: env:NAME, file:PATH or cmd:COMMAND', 'env:S3_ACCESS_KEY')),
  secret_key: secretRef.meta(key('live', 'Where the secret key is', 'env:S3_SECRET_KEY')),
  ca_file: z
    .string()
    .min(1)
    .optional()
    .meta(key('live', "PEM file of the CA that signed the service's certificate", 'certs/s3-ca.pem')),
  path_style: z
    .boolean()
    .default(true)
    .meta(key('live', 'true: ENDPOINT/BUCKET/NAME; false: the bucket is part of the host name (Aliyun OSS, Tencent COS)')),
})

/** Backups of etcd and of the keys. */
export const etcdBackup = z.strictObject({
  recipient: z
    .string()
    .min(1)
    .meta(key('live', 'File of the public key that backups are encrypted to (slipway etcd recipient makes one)', 'backup.pub')),
  schedule: z
    .string()
    .regex(/^[A-Za-z0-9*:,./ ~-]+$/, 'must be a calendar expression of systemd, such as daily or *-*-* 03:30:00')
    .default('daily')
    .meta(key('live', 'When, as systemd.time(7) writes it: hourly, daily, *-*-* 00/6:30:00')),
  retention: z.int().min(1).max(900).default(7).meta(key('live', 'How many backups are kept in each place')),
  directory: z
    .string()
    .regex(/^\/[A-Za-z0-9_./-]+$/, 'must be an absolute path')
    .optional()
    .meta(key('live', 'Directory on the control planes (default: /var/backups/slipway, unless s3 is given)', '/var/backups/slipway')),
  s3: s3.optional().meta(key('live', 'S3-compatible storage')),
})
