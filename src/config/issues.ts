import type { core } from 'zod'
import type { Problem } from '../problem.ts'
import { badFlagName, unknownKey } from './issues/unknown-key.ts'
import { FORMATS } from './issues/wrong-format.ts'
import { unquoted, wrongType } from './issues/wrong-type.ts'
import { bound, provider, wrongWord } from './issues/wrong-value.ts'
import { foundAt, isSecret, NODES_FIX, SECRET_FIX, see, type Words } from './issues/words.ts'
import { mistake, type Path, pathText, type Source } from './source.ts'
import { schemaAt, valueAt } from './walk.ts'
import { found, say } from './words.ts'

type Issue = core.$ZodIssue

const missing = (path: Path): Words => {
  const type = schemaAt(path)
  const example = type?.meta()?.example
  const written = typeof example === 'string' ? example : JSON.stringify(example)?.replaceAll('"', '')
  const line = written === undefined ? '' : `${String(path.at(-1))}: ${written}`
  if (pathText(path) === 'nodes') return [say('This key is missing.', '缺少这个键。'), NODES_FIX]
  return [say('This key is missing.', '缺少这个键。'), line ? say(`Add it: ${line}.`, `请加上：${line}。`) : say('Add it.', '请加上。')]
}

/** "Take the key out" is no way out for a key that has to be there. */
const needed = (path: Path): boolean => typeof path.at(-1) === 'string' && schemaAt(path)?.safeParse(undefined).success === false

const unfilled = ([what, fix]: Words, value: unknown, path: Path): Words =>
  (value === null || value === '') && needed(path) ? [what, missing(path)[1]] : [what, fix]

const union = (value: unknown, path: Path, source: Source): Words => {
  if (path[0] === 'mirrors') return provider(value)
  if (path.includes('extra_args')) {
    if (unquoted(value)) return wrongType('string', value, path, source)
    const is = found(value)
    return [
      say(`A flag cannot be ${is.en}.`, `参数值不能是${is.zh}。`),
      say(
        'Write a text, a list of texts for a repeated flag, or null to leave the flag out.',
        '请写文本；重复的参数写成文本列表；写 null 表示去掉该参数。',
      ),
    ]
  }
  const is = foundAt(value, path)
  return [say(`${is.en} does not fit here.`, `${is.zh} 不能用在这里。`), see(path)]
}

const general = (issue: Issue, value: unknown, path: Path, source: Source): Words => {
  const known = FORMATS[issue.message]
  if (known) return known(value)
  if (isSecret(path)) {
    return [say('A password itself stands here (it is not shown).', '这里直接写了密码（不予显示）。'), SECRET_FIX]
  }
  if (path[0] === 'mirrors' && path.length > 1) return provider(value)
  return union(value, path, source)
}

const wordsOf = (issue: Issue, value: unknown, path: Path, source: Source): Words => {
  switch (issue.code) {
    case 'invalid_type':
      return value === undefined ? missing(path) : unfilled(wrongType(issue.expected, value, path, source), value, path)
    case 'invalid_value':
      return value === undefined ? missing(path) : wrongWord(issue.values, value, path)
    case 'too_big':
    case 'too_small':
      return unfilled(bound(issue, value, path), value, path)
    case 'invalid_union':
      return value === undefined ? missing(path) : (FORMATS[issue.message]?.(value) ?? union(value, path, source))
    default:
      return general(issue, value, path, source)
  }
}

const notAMap = (raw: unknown, source: Source): Problem =>
  mistake(
    source.at([]),
    raw === null || raw === undefined
      ? say('The file is empty.', '文件是空的。')
      : say(`Expected a map of keys, found ${found(raw).en}.`, `应为由键组成的映射，实际是${found(raw).zh}。`),
    say(
      'Start from cluster.example.yml: kubernetes_version and nodes are needed.',
      '请从 cluster.example.yml 开始：至少需要 kubernetes_version 和 nodes。',
    ),
  )

/** One issue of zod as Problems in plain words: where, what, how to mend it. `raw` is the value zod was given. */
export const problemsOf = (issue: Issue, raw: unknown, source: Source): Problem[] => {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') return issue.keys.map((name) => unknownKey(name, path, source))
  if (issue.code === 'invalid_key') return [badFlagName(String(path.at(-1)), path, source)]
  // `mirrors: cn` is a text where a map is read: words about maps would lead astray.
  const profile = valueAt(raw, ['mirrors'])
  if (path[0] === 'mirrors' && typeof profile === 'string')
    return [mistake(source.at(['mirrors']), ...wrongWord(['none', 'cn'], profile, path))]
  if (path.length === 0 && (raw === null || typeof raw !== 'object' || Array.isArray(raw))) return [notAMap(raw, source)]
  return [mistake(source.at(path), ...wordsOf(issue, valueAt(raw, path), path, source))]
}

/** Every place zod found fault with, an unknown key with its name. */
export const brokenPaths = (issues: readonly Issue[]): Path[] =>
  issues.flatMap((issue): Path[] => (issue.code === 'unrecognized_keys' ? issue.keys.map((name) => [...issue.path, name]) : [issue.path]))
