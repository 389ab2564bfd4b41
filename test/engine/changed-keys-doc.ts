import type { Applied } from '../../src/config/schema/key.ts'
import type { Change, Plan } from '../../src/engine/change.ts'
import type { Language, Text } from '../../src/text.ts'

/** One line of the table in the guide. */
export type DocRow = Readonly<{ key: string; change: string; applied: Applied; plan: Plan }>

const INTRO: Text = {
  en: [
    '# What a change of each key does',
    '',
    'back: [changes](changes.md) · [中文](changed-keys.zh.md)',
    '',
    'Written by `test/engine/changed-keys.test.ts` from plans for a running cluster of three control planes (cp1 cp2 cp3) and two workers',
    '(w1 w2): each line is one changed key and what `slipway plan` then says. The exact lists are in',
    '[changed-keys.txt](../../test/golden/changed-keys.txt). Control planes and drained nodes go one after the other.',
    '',
    '| key | change | | what happens |',
    '|---|---|---|---|',
    '',
  ].join('\n'),
  zh: [
    '# 修改每个键的效果',
    '',
    '上一页：[更改](changes.zh.md) · [English](changed-keys.md)',
    '',
    '本页由 `test/engine/changed-keys.test.ts` 生成：在一个运行中的集群（三个控制平面 cp1 cp2 cp3，两个工作节点 w1 w2）上每次修改一个键，',
    '列出 `slipway plan` 的结果。完整列表见 [changed-keys.txt](../../test/golden/changed-keys.txt)。控制平面和需要排空的节点逐台进行。',
    '',
    '| 键 | 修改 | | 效果 |',
    '|---|---|---|---|',
    '',
  ].join('\n'),
}

type Told = Readonly<{ words: (change: Change) => Text | undefined }>

const unitName = ({ id }: Change): string => id.replace(/^unit(-absent)? /, '')

/** What is worth a word, in the order of weight; files and certificates are only counted. */
const TOLD: readonly Told[] = [
  { words: ({ want }) => (want.kind === 'drain' ? { en: `drains ${want.node}`, zh: `排空 ${want.node}` } : undefined) },
  { words: ({ want }) => (want.kind === 'node-absent' ? { en: `deletes Node ${want.name}`, zh: `删除 Node ${want.name}` } : undefined) },
  {
    words: (change) =>
      change.want.kind === 'unit' && change.difference.verb === 'restart'
        ? { en: `restarts ${unitName(change)}`, zh: `重启 ${unitName(change)}` }
        : undefined,
  },
  {
    words: (change) =>
      change.want.kind === 'unit' && change.difference.verb === 'start'
        ? { en: `starts ${unitName(change)}`, zh: `启动 ${unitName(change)}` }
        : undefined,
  },
  {
    words: (change) =>
      change.want.kind === 'unit' && change.difference.verb === 'reload'
        ? { en: `reloads ${unitName(change)}`, zh: `重新加载 ${unitName(change)}` }
        : undefined,
  },
  { words: ({ want }) => (want.kind === 'objects' ? { en: `applies ${want.name}`, zh: `应用 ${want.name}` } : undefined) },
  {
    words: ({ want }) =>
      want.kind === 'node' ? { en: `sets labels and taints of ${want.name}`, zh: `设置 ${want.name} 的标签与污点` } : undefined,
  },
]

const hostsOf = (changes: readonly Change[], nameOf: (host: string) => string): string =>
  [...new Set(changes.map(({ host }) => nameOf(host)))].join(' ')

const happens = ({ changes, problems }: Plan, nameOf: (host: string) => string, language: Language): string => {
  const zh = language === 'zh'
  if (problems.some(({ severity }) => severity === 'error')) return zh ? '拒绝，退出码 2' : 'refused, exit 2'
  if (changes.length === 0) return zh ? '主机上没有任何变化' : 'nothing on the hosts'
  const parts = TOLD.flatMap(({ words }) => {
    const mine = changes.filter((change) => words(change) !== undefined)
    const texts = [...new Set(mine.map((change) => words(change)?.[language] ?? ''))]
    return texts.map((text) => {
      const those = mine.filter((change) => words(change)?.[language] === text)
      const onHosts = those.some(({ want }) => want.kind === 'unit')
      return onHosts ? (zh ? `${text}（${hostsOf(those, nameOf)}）` : `${text} on ${hostsOf(those, nameOf)}`) : text
    })
  })
  const rest = changes.filter((change) => !TOLD.some(({ words }) => words(change) !== undefined) && change.want.kind !== 'uncordon')
  const counted =
    rest.length === 0
      ? []
      : [zh ? `另有 ${rest.length} 项写入（${hostsOf(rest, nameOf)}）` : `writes ${rest.length} other things on ${hostsOf(rest, nameOf)}`]
  return [...parts, ...counted].join(zh ? '；' : '; ')
}

/** The page of the guide. */
export const changedKeysPage = (rows: readonly DocRow[], nameOf: (host: string) => string, language: Language): string =>
  INTRO[language] +
  rows
    .map(
      ({ key, change, applied, plan }) =>
        `| \`${key}\` | ${change.replaceAll('|', '\\|')} | ${applied} | ${happens(plan, nameOf, language)} |\n`,
    )
    .join('')
