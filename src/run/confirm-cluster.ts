import { EXIT } from '../problem.ts'
import { askWord } from '../ui/prompt.ts'
import { tell } from './tell.ts'
import type { Io, Options } from './types.ts'

/** Whether the one who asked means this cluster: a word of it typed in, or given with --confirm. A mere yes is too quick. */
export const meant = async (words: readonly [string, ...string[]], text: string, options: Options, io: Io): Promise<number> => {
  const [word] = words
  const { confirm } = options.flags
  if (options.output === 'text') io.err(`${text}\n`)
  if (confirm === undefined && io.interactive) {
    const typed = await askWord({ en: `Type ${word} to go on:`, zh: `请输入 ${word} 以继续：` }, io.language)
    if (words.includes(typed.trim())) return EXIT.done
    tell(io, { en: 'That is not the word. Nothing was changed.', zh: '输入不符，未做任何更改。' })
    return EXIT.interrupted
  }
  if (typeof confirm === 'string' && words.includes(confirm)) return EXIT.done
  tell(io, {
    en: `Nothing was changed. To go on, add --confirm ${word}.`,
    zh: `未做任何更改。要继续执行，请加 --confirm ${word}。`,
  })
  return EXIT.config
}
