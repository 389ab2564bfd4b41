import { escapeRemote } from '../../hosts/lines.ts'
import type { Io } from '../../run/types.ts'

/** One line for people, in their language. */
export const say = (io: Io, en: string, zh: string): void => io.err(`${io.language === 'zh' ? zh : en}\n`)

/** What a host printed, line by line and escaped. */
export const quoteLines = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('::slipway '))
    .map((line) => `  | ${escapeRemote(line)}\n`)
    .join('')
