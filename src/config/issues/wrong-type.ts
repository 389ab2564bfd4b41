import type { Text } from '../../text.ts'
import { type Path, pathText, type Source } from '../source.ts'
import { quote, say } from '../words.ts'
import { isRoles, rolesFix } from './role.ts'
import { foundAt, GIVE_OR_REMOVE, isSecret, SECRET_FIX, see, type Words } from './words.ts'

const KINDS: Readonly<Record<string, Text>> = {
  string: say('text', '文本'),
  number: say('a number', '数字'),
  int: say('a whole number', '整数'),
  boolean: say('true or false', ' true 或 false'),
  array: say('a list', '列表'),
  object: say('a map', '映射'),
  record: say('a map', '映射'),
  enum: say('a word', '单词'),
}

/** Text that YAML read as something else. */
export const unquoted = (value: unknown): value is number | boolean => typeof value === 'number' || typeof value === 'boolean'

const versionFix = (written: string): Text => {
  const minor = /^1\.\d+$/.test(written) ? written : '1.36'
  return say(
    `YAML reads ${written} as a number (1.30 would be 1.3). Put it in quotes ("${minor}"), or name the release: v1.36.3.`,
    `YAML 把 ${written} 读成了数字（1.30 会变成 1.3）。请加引号写成 "${minor}"，或写完整版本：v1.36.3。`,
  )
}

const digits = (value: unknown): Text | undefined =>
  typeof value === 'string' ? say('Write digits, without quotes.', '请只写数字，不加引号。') : undefined

/** How a value becomes what is expected, where that can be told from the value; `written` is how it stands in the file. */
const CONVERSIONS: Readonly<Record<string, (value: unknown, written: string | undefined) => Text | undefined>> = {
  string: (value, written) => {
    if (!unquoted(value)) return undefined
    const text = quote(written ?? String(value))
    return say(`Put it in quotes: ${text}.`, `请加上引号：${text}。`)
  },
  boolean: (value) =>
    typeof value === 'string' ? say('Write true or false, without quotes.', '请写 true 或 false，不加引号。') : undefined,
  number: digits,
  int: digits,
  array: (value) => {
    if (value === null || typeof value === 'object') return undefined
    const text = typeof value === 'string' ? quote(value).slice(1, -1) : String(value)
    return say(`Write it as a list: [${text}].`, `请写成列表：[${text}]。`)
  },
}

const fixOf = (expected: string, value: unknown, path: Path, source: Source): Text => {
  if (isSecret(path)) return SECRET_FIX
  if (isRoles(path) && typeof value === 'string' && value.trim() !== '') return rolesFix(value)
  const written = source.written(path)
  if (pathText(path) === 'kubernetes_version' && typeof value === 'number') return versionFix(written ?? String(value))
  return CONVERSIONS[expected]?.(value, written) ?? (value === null || value === undefined ? GIVE_OR_REMOVE : see(path))
}

/** A value of another type than the key wants. */
export const wrongType = (expected: string, value: unknown, path: Path, source: Source): Words => {
  const kind = KINDS[expected] ?? say(expected, expected)
  const is = foundAt(value, path)
  return [say(`Expected ${kind.en}, found ${is.en}.`, `应为${kind.zh}，实际是${is.zh}。`), fixOf(expected, value, path, source)]
}
