import { type AptKey, endsSoon, extendedKey, keyOf, type RepositoryName } from '../../mirrors/keys/index.ts'
import type { AptRepo, Os } from '../../mirrors/types.ts'
import { upstream } from '../../mirrors/upstream.ts'
import type { Http } from '../../net/http.ts'
import type { NewKey } from '../../releases/lock-text.ts'
import type { Intent } from '../../run/session.ts'
import type { Text } from '../../text.ts'

/** A key lies at the same place for every system. */
const ANY: Os = { id: 'debian', version: '12', codename: 'bookworm', arch: 'amd64' }

const REPOSITORIES: readonly RepositoryName[] = ['kubernetes', 'docker']

/** Where a repository publishes its key: the configured mirrors, then upstream (kubernetes.io and docs.docker.com, "Install"). */
const keyUrls = (name: RepositoryName, { cluster }: Intent): readonly string[] => {
  const repo: AptRepo = name === 'kubernetes' ? { kind: name, minor: cluster.release.minor } : { kind: name }
  const all = [...cluster.sources.apt(repo, ANY), upstream.apt(repo, ANY)]
  const uris = all.flatMap((source) => (source ? [source.uri.replace(/\/?$/, '/')] : []))
  return [...new Set(uris)].map((uri) => uri + (name === 'kubernetes' ? 'Release.key' : 'gpg'))
}

/** Keys that upstream has extended, and keys that end soon and are nowhere extended. */
export type FoundKeys = Readonly<{
  keys: readonly NewKey[]
  waiting: readonly Readonly<{ name: RepositoryName; ends: string; why: Text }>[]
}>

const dateOf = ({ ends = 0 }: AptKey): string => new Date(ends * 1000).toISOString().slice(0, 10)

/** The first answer that is the known key with a later end; the last reason where there is none. */
const seek = async (name: RepositoryName, urls: readonly string[], http: Http, now: number): Promise<NewKey | Text> => {
  let why: Text = { en: 'no place has it', zh: '所有来源均未提供' }
  for (const url of urls) {
    const text = await http.text(url)
    if (text === undefined) continue
    const key = extendedKey(name, text, now)
    const { host } = new URL(url)
    if ('text' in key)
      return { name, text: key.text, because: `from ${host}, fingerprint ${key.fingerprint}, ends ${key.ends ? dateOf(key) : 'never'}` }
    why = { en: `${host}: ${key.refused.en}`, zh: `${host}：${key.refused.zh}` }
  }
  return why
}

/** Looks for later ends of the repositories' keys that end within 30 days; keys of the user's own are theirs to renew. */
export const lockKeys = async (intent: Intent, http: Http, now: number): Promise<FoundKeys> => {
  const { config, cluster } = intent
  const keys: NewKey[] = []
  const waiting: FoundKeys['waiting'][number][] = []
  for (const name of REPOSITORIES) {
    const key = keyOf(name, config.mirrors.apt.keys, cluster.files, cluster.keys)
    if (!endsSoon(key, now)) continue
    const found = await seek(name, keyUrls(name, intent), http, now)
    if ('name' in found) keys.push(found)
    else waiting.push({ name, ends: dateOf(key), why: found })
  }
  return { keys, waiting }
}
