import { DOCKER_KEY } from './docker.ts'
import { KUBERNETES_KEY } from './kubernetes.ts'

/** The key a repository is signed with. `ends` is in seconds since 1970; a key of the user's own has neither fingerprint nor end here. */
export type AptKey = Readonly<{ text: string; fingerprint?: string; ends?: number }>

/** Upstream's keys, shipped so that no key has to come from where the packages come from. Fingerprints: mirrors.md §1 decision 2. */
export const SHIPPED_KEYS: Readonly<Record<'kubernetes' | 'docker', AptKey>> = {
  kubernetes: { text: KUBERNETES_KEY, fingerprint: 'DE15B14486CD377B9E876E1A234654DA9A296436', ends: 1_798_508_024 },
  docker: { text: DOCKER_KEY, fingerprint: '9DC858229FC7DD38854AE2D88D81803C0EBFCD88' },
}

/** The key in force: the file cluster.yml names (its text is in `files`), else upstream's. */
export const keyOf = (
  repository: keyof typeof SHIPPED_KEYS,
  named: Readonly<Partial<Record<keyof typeof SHIPPED_KEYS, string>>>,
  files: Readonly<Record<string, string>>,
): AptKey => {
  const text = files[named[repository] ?? '']
  return text === undefined ? SHIPPED_KEYS[repository] : { text: text.endsWith('\n') ? text : `${text}\n` }
}

const DAY = 86_400

/** How many days a shipped key still lives, when that is worth a word: less than 30, or over already. undefined otherwise. */
export const endsSoon = (key: AptKey, now: number): number | undefined => {
  const days = key.ends === undefined ? Number.POSITIVE_INFINITY : Math.floor((key.ends - now) / DAY)
  return days < 30 ? days : undefined
}
