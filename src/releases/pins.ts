import { parseDocument } from 'yaml'
import { z } from 'zod'
import { type AptKeys, knownKey, type RepositoryName } from '../mirrors/keys/index.ts'
import { EXIT, type Problem } from '../problem.ts'
import type { Release } from './types.ts'

const digests = z.record(z.string(), z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits')).default({})
const armored = z
  .string()
  .regex(/^-----BEGIN PGP PUBLIC KEY BLOCK-----\n/, 'must be an armored key')
  .optional()
const keys = z.strictObject({ kubernetes: armored, docker: armored }).default({})
const lockSchema = z.strictObject({ version: z.literal(1), files: digests, debs: digests, images: digests, keys })

/** cluster.lock.yml: what every byte must be, by its canonical name. */
export type LockFile = z.output<typeof lockSchema>

/** The lock that belongs to a cluster.yml: `cluster.yml` -> `cluster.lock.yml`. */
export const lockPathOf = (configPath: string): string => `${configPath.replace(/\.ya?ml$/, '')}.lock.yml`

/** Reads a lock file's text. An absent file (undefined) is an empty lock. */
export const parseLock = (text: string | undefined, name: string): LockFile | Problem => {
  if (text === undefined) return { version: 1, files: {}, debs: {}, images: {}, keys: {} }
  const refused = (why: string): Problem => ({
    at: name,
    what: { en: `this is not a lock file: ${why}`, zh: `不是有效的锁定文件：${why}` },
    fix: { en: 'Restore it from version control.', zh: '请从版本库恢复该文件。' },
    severity: 'error',
    exit: EXIT.config,
  })
  const document = parseDocument(text)
  const [error] = document.errors
  if (error) return refused(error.message.split('\n')[0] ?? '')
  const parsed = lockSchema.safeParse(document.toJS())
  if (parsed.success) {
    const [wrong] = Object.entries(parsed.data.keys).flatMap(([name, text]) => {
      const key = text === undefined ? undefined : knownKey(name as RepositoryName, text)
      return key && 'refused' in key ? [`keys.${name}: ${key.refused.en}`] : []
    })
    return wrong === undefined ? parsed.data : refused(wrong)
  }
  return refused(parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '))
}

/** The pins in force: what the release ships, under what the lock says. */
export const pinsOf = (release: Release, lock: LockFile): Readonly<Record<string, string>> => ({
  ...release.pins,
  ...lock.files,
  ...lock.debs,
  ...lock.images,
})

/** The keys of repositories that the lock has extended. */
export const keysOf = (lock: LockFile): AptKeys =>
  Object.fromEntries(
    Object.entries(lock.keys).flatMap(([name, text]) => {
      const key = text === undefined ? undefined : knownKey(name as RepositoryName, text)
      return key && 'text' in key ? [[name, key]] : []
    }),
  )
