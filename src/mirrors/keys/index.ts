import type { Text } from '../../text.ts'
import { DOCKER_KEY } from './docker.ts'
import { KUBERNETES_KEY } from './kubernetes.ts'
import { readKey } from './openpgp.ts'

/** A repository of signed packages. */
export type RepositoryName = 'kubernetes' | 'docker'

/** The key a repository is signed with. `ends` is in seconds since 1970; a key of the user's own has neither fingerprint nor end here. */
export type AptKey = Readonly<{ text: string; fingerprint?: string; ends?: number }>

/** Keys by the repository they are for. */
export type AptKeys = Readonly<Partial<Record<RepositoryName, AptKey>>>

/** Upstream's keys, shipped so that no key has to come from where the packages come from. Fingerprints: mirrors.md §1 decision 2. */
export const SHIPPED_KEYS: Readonly<Record<RepositoryName, AptKey>> = {
  kubernetes: { text: KUBERNETES_KEY, fingerprint: 'DE15B14486CD377B9E876E1A234654DA9A296436', ends: 1_798_508_024 },
  docker: { text: DOCKER_KEY, fingerprint: '9DC858229FC7DD38854AE2D88D81803C0EBFCD88' },
}

/** The key in force: the file cluster.yml names (its text is in `files`), else the one the lock has extended, else upstream's as shipped. */
export const keyOf = (
  repository: RepositoryName,
  named: Readonly<Partial<Record<RepositoryName, string>>>,
  files: Readonly<Record<string, string>>,
  extended: AptKeys = {},
): AptKey => {
  const text = files[named[repository] ?? '']
  if (text === undefined) return extended[repository] ?? SHIPPED_KEYS[repository]
  return { text: text.endsWith('\n') ? text : `${text}\n` }
}

const DAY = 86_400

/** Whether signatures made with a key are good at a time, in seconds since 1970. apt refuses a repository whose key has ended. */
export const isAlive = ({ ends }: AptKey, now: number): boolean => ends === undefined || now < ends

/** Whether a key ends within 30 days, or has ended. */
export const endsSoon = ({ ends }: AptKey, now: number): boolean => ends !== undefined && ends - now < 30 * DAY

const no = (en: string, zh: string): { refused: Text } => ({ refused: { en, zh } })

/**
 * A text as the known key of a repository, or why it is not (docs/adr/0021-extended-keys.md). It needs no trust in whoever delivers it: it is
 * the known key, and what it says of its end is signed by the key itself.
 */
export const knownKey = (repository: RepositoryName, text: string): (AptKey & { signed: number }) | { refused: Text } => {
  const known = SHIPPED_KEYS[repository]
  const [facts, before] = [readKey(text), readKey(known.text)]
  if (!facts || !before) return no('it is no key that can be read', '无法识别的公钥')
  if (facts.fingerprint !== known.fingerprint) return no(`its fingerprint is ${facts.fingerprint}`, `其指纹为 ${facts.fingerprint}`)
  if (facts.keys !== before.keys) return no('it has other subkeys than the known key', '其子密钥与已知公钥不同')
  if (facts.revoked) return no('it has been revoked', '该公钥已被吊销')
  const { fingerprint, ends, signed } = facts
  return { text: text.endsWith('\n') ? text : `${text}\n`, fingerprint, signed, ...(ends === undefined ? {} : { ends }) }
}

/** A key as upstream has extended it, to be used from `now` on, or why it is not taken. */
export const extendedKey = (repository: RepositoryName, text: string, now: number): AptKey | { refused: Text } => {
  const key = knownKey(repository, text)
  if ('refused' in key) return key
  if (key.signed > now + DAY) return no('its signature is from the future', '其签名时间在未来')
  const before = SHIPPED_KEYS[repository].ends ?? Number.POSITIVE_INFINITY
  const extended = key.ends === undefined ? before !== Number.POSITIVE_INFINITY : key.ends > before && key.ends > now
  return extended ? key : no('upstream has not extended it yet', '上游尚未延长其有效期')
}
