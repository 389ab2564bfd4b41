import type { core } from 'zod'
import { type Path, pathText } from '../source.ts'
import { PROVIDERS } from '../schema/mirrors.ts'
import { found, nearest, oneOf, quote, say } from '../words.ts'
import { isRoles, roleFix } from './role.ts'
import { foundAt, GIVE_OR_REMOVE, NODES_FIX, type Words } from './words.ts'

/** A word that is not one of those that are valid. */
export const wrongWord = (values: readonly unknown[], value: unknown, path: Path): Words => {
  const words = values.map(String)
  const names = oneOf(words)
  if (typeof value !== 'string') {
    const is = foundAt(value, path)
    return [
      say(`Expected ${names.en}, found ${is.en}.`, `应为 ${names.zh}，实际是${is.zh}。`),
      say(`Write ${names.en}.`, `请写 ${names.zh}。`),
    ]
  }
  const what = say(`${quote(value)} is not one of ${words.join(', ')}.`, `${quote(value)} 不在可选值之内：${words.join('、')}。`)
  if (isRoles(path.slice(0, -1))) return [what, roleFix(value)]
  const near = nearest(value, words)
  return [what, near ? say(`Did you mean ${near}?`, `是否想写 ${near}？`) : say(`Write ${names.en}.`, `请写 ${names.zh}。`)]
}

/** Neither the name of a mirror nor a URL. */
export const provider = (value: unknown): Words => {
  const names = oneOf(PROVIDERS)
  const near = typeof value === 'string' ? nearest(value, PROVIDERS) : undefined
  const is = typeof value === 'string' ? say(quote(value), quote(value)) : found(value)
  return [
    say(`${is.en} is neither a known mirror nor a URL.`, `${is.zh} 既不是已知的镜像站，也不是 URL。`),
    near
      ? say(`Did you mean ${near}?`, `是否想写 ${near}？`)
      : say(`Write ${names.en}, or a URL that starts with https:// or http://.`, `请写 ${names.zh}，或以 https://、http:// 开头的 URL。`),
  ]
}

/** Too small, too large, or empty. */
export const bound = (issue: core.$ZodIssueTooBig | core.$ZodIssueTooSmall, value: unknown, path: Path): Words => {
  const small = issue.code === 'too_small'
  const limit = String(small ? issue.minimum : issue.maximum)
  if (issue.origin === 'string') return [say('This text is empty.', '这个文本是空的。'), GIVE_OR_REMOVE]
  if (issue.origin === 'array')
    return [
      say('This list is empty.', '这个列表是空的。'),
      pathText(path) === 'nodes' ? NODES_FIX : say('Give it at least one element.', '请至少写一项。'),
    ]
  const is = String(value)
  return [
    small ? say(`${is} is too small.`, `${is} 太小。`) : say(`${is} is too large.`, `${is} 太大。`),
    small ? say(`The least is ${limit}.`, `最小为 ${limit}。`) : say(`The most is ${limit}.`, `最大为 ${limit}。`),
  ]
}
