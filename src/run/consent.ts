import { EXIT } from '../problem.ts'
import { tell } from './tell.ts'
import type { Io, Options } from './types.ts'

/** Asks before anything is changed, unless --yes is given: EXIT.done lets it go on. Without a terminal the command line lacks its --yes. */
export const consent = async (options: Options, io: Io, ask: () => Promise<boolean>): Promise<number> => {
  if (options.yes) return EXIT.done
  if (io.interactive) return (await ask()) ? EXIT.done : EXIT.interrupted
  tell(io, { en: 'There is no terminal to ask on: add --yes.', zh: '没有终端可供确认：请加 --yes。' })
  return EXIT.config
}
