import type { Language } from '../text.ts'

/** The language to speak: what `--lang` says, else the locale of the environment in the order of POSIX. */
export const languageOf = (env: Readonly<Record<string, string | undefined>>, flag?: string): Language => {
  if (flag === 'en' || flag === 'zh') return flag
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || ''
  return /^zh/i.test(locale) ? 'zh' : 'en'
}
