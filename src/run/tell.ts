import type { Text } from '../text.ts'
import type { Io } from './types.ts'

/** One line for the person, in their language, on stderr. */
export const tell = (io: Pick<Io, 'err' | 'language'>, text: Text): void => io.err(`${text[io.language]}\n`)
