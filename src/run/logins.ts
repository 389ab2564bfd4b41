import { dirname, resolve } from 'node:path'
import { resolveSecret } from '../config/hosts.ts'
import type { Folders } from '../config/source.ts'
import { secret as readRef } from '../hosts/secrets.ts'
import { Secret } from '../shell/quote.ts'
import { type Environment, TransportError } from '../hosts/transport.ts'
import { createShare } from '../hosts/share.ts'
import { readRegistryUrl } from '../images/registry-url.ts'
import { loginText } from '../steps/etcd-backup.ts'
import type { Problem } from '../problem.ts'
import type { Intent } from './session.ts'
import type { Io } from './types.ts'

const basic = (user: string, password: string): Secret => new Secret(`Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`)

type S3 = NonNullable<NonNullable<Intent['config']['etcd_backup']>['s3']>

/** The login of the backups' storage; undefined where it cannot be read here: whether that matters is for steps/etcd-backup.ts to say. */
const storageLogin = async (s3: S3, folders: Folders, environment: Environment): Promise<string | undefined> => {
  const value = (name: 'access_key' | 'secret_key') => readRef(`etcd_backup.s3.${name}`, resolveSecret(s3[name], folders), environment)
  try {
    return loginText(await value('access_key'), await value('secret_key'))
  } catch (error) {
    if (error instanceof TransportError) return undefined
    throw error
  }
}

/** Reads the passwords of the private registries and of the backups' storage, on this machine; those that cannot be read are Problems, all at once. */
export const withLogins = async (
  intent: Intent,
  { env, home }: Pick<Io, 'env' | 'home'>,
): Promise<Readonly<{ intent: Intent; problems: readonly Problem[] }>> => {
  const { file, config, cluster } = intent
  await using share = createShare()
  const folders = { folder: file === '-' ? process.cwd() : dirname(resolve(file)), home }
  const problems: Problem[] = []
  const logins: Record<string, Secret> = {}
  for (const [index, { url, user, password }] of config.private_registries.entries()) {
    const domain = readRegistryUrl(url)?.domain
    if (domain === undefined || user === undefined || password === undefined) continue
    try {
      const value = await readRef(`private_registries[${index}].password`, resolveSecret(password, folders), {
        env,
        home,
        ask: undefined,
        share,
      })
      logins[domain] = basic(user, value)
    } catch (error) {
      if (!(error instanceof TransportError)) throw error
      problems.push(error.problem)
    }
  }
  const s3 = config.etcd_backup?.s3 && (await storageLogin(config.etcd_backup.s3, folders, { env, home, ask: undefined, share }))
  return { intent: { ...intent, cluster: { ...cluster, logins, ...(s3 === undefined ? {} : { s3Login: s3 }) } }, problems }
}

/** The same for a run that only looks: what cannot be read is a warning, and is then not compared. */
export const withLoginsIfAny = async (intent: Intent, io: Io): Promise<Readonly<{ intent: Intent; problems: readonly Problem[] }>> => {
  const read = await withLogins(intent, io)
  return {
    intent: read.intent,
    problems: read.problems.map((problem) => ({
      ...problem,
      what: {
        en: `${problem.what.en}; whether the hosts hold this password was not compared`,
        zh: `${problem.what.zh}；未比较主机上的密码是否一致`,
      },
      severity: 'warning',
    })),
  }
}
