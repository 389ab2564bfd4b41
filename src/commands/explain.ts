import { explain as rowsOf, type Row, rows } from '../config/explain.ts'
import { nearest } from '../config/words.ts'
import { EXIT } from '../problem.ts'
import type { Language } from '../text.ts'
import type { Command, Io } from '../run/types.ts'

const valueText = (value: unknown): string => (typeof value === 'string' && value !== '' ? value : JSON.stringify(value))

/** One key as a paragraph: what it is, what it takes, what a change of it does. */
const rowText = ({ path, type, required, description, applied, meaning, ...row }: Row, language: Language): string => {
  const zh = language === 'zh'
  const [colon, semicolon] = zh ? ['：', '；'] : [': ', '; ']
  const plain = row.default === undefined ? [] : [`${zh ? '默认' : 'default'} ${valueText(row.default)}`]
  const presence = required ? [zh ? '必填' : 'required'] : plain
  const example = row.example === undefined ? [] : [`  ${zh ? '示例' : 'example'}${colon}${valueText(row.example)}`]
  const takes = [type[language], ...presence].join(semicolon)
  return `${[`${path}${colon}${takes}`, `  ${description}.`, `  ${applied}${colon}${meaning[language]}`, ...example].join('\n')}\n`
}

const unknown = (key: string, io: Io): number => {
  const near = nearest(
    key,
    rows().map(({ path }) => path),
  )
  const en = near === undefined ? 'cluster.example.yml lists all of them.' : `Did you mean ${near}?`
  const zh = near === undefined ? '全部键见 cluster.example.yml。' : `是否指 ${near}？`
  io.err(io.language === 'zh' ? `没有键 "${key}"。${zh}\n` : `There is no key "${key}". ${en}\n`)
  return EXIT.config
}

/** `slipway explain KEY`: what the reference says of a key of cluster.yml and of those under it; without KEY, of the keys at the top. */
export const explain: Command = {
  name: 'explain',
  most: 1,
  summary: {
    en: 'explain KEY: what a key of cluster.yml takes, and what a change of it does',
    zh: 'explain 键：说明 cluster.yml 中的键，以及修改它的影响',
  },
  usage: ['[KEY]'],
  run: async ({ rest: [key], output }, io) => {
    const found = key === undefined ? rows().filter(({ path }) => !path.includes('.')) : rowsOf(key)
    if (found.length === 0) return unknown(key ?? '', io)
    io.out(output === 'json' ? `${JSON.stringify({ keys: found })}\n` : found.map((row) => rowText(row, io.language)).join('\n'))
    return EXIT.done
  },
}
