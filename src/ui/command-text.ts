import { quote } from '../shell/quote.ts'

/** The command line as it can be typed again. No command that takes the cluster's lock has an argument that holds a secret. */
export const commandText = (words: readonly string[]): string =>
  ['slipway', ...words.map((word) => (/^[\p{L}\p{N}_@%+:,./-][\p{L}\p{N}_@%+:,./=-]*$/u.test(word) ? word : quote(word)))].join(' ')
