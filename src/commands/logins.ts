import { dirname, resolve } from 'node:path'
import { resolveSecret } from '../config/hosts.ts'
import { secret as readRef } from '../hosts/secrets.ts'
import { Secret } from '../hosts/sh.ts'
import { createShare, TransportError } from '../hosts/transport.ts'
import { readRegistryUrl } from '../mirrors/private.ts'
import type { Problem } from '../problem.ts'
import type { Intent } from './session.ts'
import type { Io } from './types.ts'

const basic = (user: string, password: string): Secret => new Secret(`Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`)

/** Reads the passwords of the private registries, on this machine; those that cannot be read are Problems, all at once. */
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
  return { intent: { ...intent, cluster: { ...cluster, logins } }, problems }
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
