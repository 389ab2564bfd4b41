import { SHARED } from './shared-flags.ts'
import type { Command, Flag } from '../run/types.ts'
import type { Language, Text } from '../text.ts'
import { wrap } from '../ui/width.ts'

const COLUMNS = 80

/** A command that help is asked of, or one word of it. */
export type Topic = Readonly<{ command: Command; word?: string }>

type Row = readonly [string, Text]

const EVERYWHERE: readonly Row[] = [
  ['-f, --file FILE', { en: 'the cluster file (default cluster.yml; - is stdin)', zh: '集群文件（默认 cluster.yml；- 表示标准输入）' }],
  ['-y, --yes', { en: 'do not ask before changing', zh: '更改前不询问' }],
  ['-o, --output text|json', { en: 'for people or for scripts', zh: '面向人或脚本的输出' }],
]

/** Options of single commands, as the general help tells them. */
const SOMEWHERE: readonly Row[] = [
  ['--exit-code', { en: 'plan: end with 6 when there are changes', zh: 'plan：有更改时以 6 退出' }],
  ['--offline', { en: 'check: look at the file only', zh: 'check：仅检查文件' }],
  [
    '--verify',
    {
      en: 'check, plan, up: read every installed file and hold it against its digest',
      zh: 'check、plan、up：读取每个已安装文件并核对摘要',
    },
  ],
  ['--strict', { en: 'up: stop when any host does not answer', zh: 'up：任一主机无响应即停止' }],
  ['--keep-failed', { en: 'up: leave a unit that fails as it is, to look at it', zh: 'up：保留启动失败的单元以便排查，不还原' }],
]

const SPEECH: readonly Row[] = [
  ['--lang en|zh', { en: 'language (default: LANG)', zh: '语言（默认取自 LANG）' }],
  ['--no-color', { en: 'no colours', zh: '不使用颜色' }],
  ['-v, --verbose', { en: 'show more', zh: '显示更多' }],
]

const rowsText = (list: readonly Row[], wide: number, language: Language): string =>
  list
    .map(([left, right]) => `  ${left.padEnd(wide)}${wrap(right[language], COLUMNS - 2 - wide).join(`\n${' '.repeat(2 + wide)}`)}\n`)
    .join('')

const widest = (rows: readonly Row[]): number => Math.max(...rows.map(([left]) => left.length)) + 2

/** The help of the command line. */
export const helpText = (commands: readonly Command[], language: Language): string => {
  const listed = commands.map(({ name, summary }): Row => [name, summary])
  const options = [...EVERYWHERE, ...SOMEWHERE, ...SPEECH]
  const wide = widest([...listed, ...options])
  return [
    language === 'zh' ? '用法：slipway 命令 [选项]\n\n命令：\n' : 'Usage: slipway COMMAND [OPTIONS]\n\nCommands:\n',
    rowsText(listed, wide, language),
    language === 'zh' ? '\n选项：\n' : '\nOptions:\n',
    rowsText(options, wide, language),
    language === 'zh' ? '\n运行 slipway help 命令 查看该命令的用法。\n' : '\nslipway help COMMAND tells more of one.\n',
    `\n${wrap(
      language === 'zh'
        ? '退出码：0 完成或无需更改，1 Slipway 的缺陷，2 配置，3 主机不合要求，4 无法连接或未授权，5 应用失败，6 有更改（plan --exit-code），130 中断'
        : 'Exit codes: 0 done or nothing to do, 1 our bug, 2 configuration, 3 unfit host, 4 unreachable or not authorised, 5 applying failed, 6 changes (plan --exit-code), 130 interrupted',
      COLUMNS,
    ).join('\n')}\n`,
  ].join('')
}

const flagText = ([name, { type, multiple }]: readonly [string, Flag]): string =>
  `[--${name}${type === 'string' ? ' VALUE' : ''}]${multiple ? '...' : ''}`

const usageOf = ({ usage, flags = {}, shared = [] }: Command): readonly string[] => {
  if (usage) return usage
  const all = [...Object.entries(flags), ...shared.map((name) => [name, SHARED[name]] as const)]
  return [all.map(flagText).join(' ')]
}

const firstWord = (line: string): string => line.split(' ')[0] ?? ''

/** The words of a command that have a use of their own: "list", "renew". */
export const wordsOf = (command: Command): readonly string[] => [
  ...new Set(
    usageOf(command)
      .map(firstWord)
      .filter((word) => /^[a-z]/.test(word)),
  ),
]

/** The help of one command, or of one word of it. */
export const topicText = ({ command, word }: Topic, language: Language): string => {
  const indent = ' '.repeat(6)
  const lines = usageOf(command)
    .filter((line) => word === undefined || firstWord(line) === word)
    .map((line) => wrap(`slipway ${command.name} ${line}`.trimEnd(), COLUMNS - indent.length).join(`\n${indent}`))
  const options = [...EVERYWHERE, ...SPEECH]
  return [
    ...(language === 'zh' ? ['用法：\n'] : ['Usage:\n']),
    ...lines.map((line) => `  ${line}\n`),
    `\n${wrap(command.summary[language], COLUMNS).join('\n')}\n`,
    language === 'zh' ? '\n所有命令的选项：\n' : '\nOptions of every command:\n',
    rowsText(options, widest(options), language),
  ].join('')
}
