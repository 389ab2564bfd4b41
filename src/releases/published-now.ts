import type { Text } from '../text.ts'

/** What a place says of a pin at the moment: the digest, or why nothing. */
export type Said = Readonly<{ host: string } & ({ digest: string } | { why: string })>

/** A pin against what is published now. `differs` wins: one place that says something else is worth a person's look, whoever agrees. */
export type Verdict = Readonly<{ key: string; pin: string; state: 'same' | 'differs' | 'silent'; said: readonly Said[] }>

/** Judges a pin by what the places say of it. */
export const judge = (key: string, pin: string, said: readonly Said[]): Verdict => {
  const digests = said.flatMap((one) => ('digest' in one ? [one.digest] : []))
  const state = digests.some((digest) => digest !== pin) ? 'differs' : digests.length > 0 ? 'same' : 'silent'
  return { key, pin, state, said }
}

const list = (said: readonly Said[], stop: string): string =>
  said.map((one) => `${one.host}: ${'digest' in one ? one.digest : one.why}`).join(stop)

/** One line for people. */
export const verdictText = ({ key, pin, state, said }: Verdict): Text => {
  const hosts = said.flatMap((one) => ('digest' in one ? [one.host] : []))
  switch (state) {
    case 'same':
      return { en: `= ${key}: as ${hosts.join(', ')} has it`, zh: `= ${key}：与 ${hosts.join('、')} 一致` }
    case 'differs':
      return { en: `! ${key}: the lock has ${pin}; ${list(said, '; ')}`, zh: `! ${key}：锁定为 ${pin}；${list(said, '；')}` }
    case 'silent':
      return { en: `- ${key}: nobody says anything of it (${list(said, '; ')})`, zh: `- ${key}：所有来源均未提供（${list(said, '；')}）` }
  }
}
