import type { Text } from '../../text.ts'
import type { Path } from '../source.ts'
import { found, say } from '../words.ts'

/** What is wrong, and how to mend it. */
export type Words = readonly [what: Text, fix: Text]

const SECRET = /^(sudo_)?password$/

/** Whether a password belongs at a path: what stands there is never shown. */
export const isSecret = (path: Path): boolean => SECRET.test(String(path.at(-1)))

/** A value in words, unless it may be a password. */
export const foundAt = (value: unknown, path: Path): Text =>
  isSecret(path) ? say('a value that is not shown here', '一个不在此显示的值') : found(value)

export const SECRET_FIX = say(
  'Name where it is instead: env:NAME, file:PATH or cmd:COMMAND.',
  '请改为写明它在哪里：env:变量名、file:路径 或 cmd:命令。',
)

export const NODES_FIX = say(
  'Name at least one host: - {address: 10.0.0.11, role: [control-plane, worker]}.',
  '请至少写一台主机：- {address: 10.0.0.11, role: [control-plane, worker]}。',
)

export const GIVE_OR_REMOVE = say('Give it a value, or take the key out.', '请填上值，或删除这个键。')

/** Where the right shape of a key can be seen. */
export const see = (path: Path): Text => {
  const key = path.filter((part) => typeof part === 'string').join('.') || 'nodes'
  return say(`See ${key} in cluster.example.yml.`, `请参考 cluster.example.yml 中的 ${key}。`)
}
