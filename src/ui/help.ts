import type { Command } from '../commands/types.ts'
import type { Language, Text } from '../text.ts'
import { wrap } from './width.ts'

const COLUMNS = 80

const OPTIONS: readonly (readonly [string, Text])[] = [
  ['-f, --file FILE', { en: 'the cluster file (default cluster.yml; - is stdin)', zh: '集群文件（默认 cluster.yml；- 表示标准输入）' }],
  ['-y, --yes', { en: 'do not ask before changing', zh: '更改前不询问' }],
  ['-o, --output text|json', { en: 'for people or for scripts', zh: '面向人或脚本的输出' }],
  ['--exit-code', { en: 'plan: end with 6 when there are changes', zh: 'plan：有更改时以 6 退出' }],
  ['--offline', { en: 'check: look at the file only', zh: 'check：仅检查文件' }],
  ['--strict', { en: 'up: stop when any host does not answer', zh: 'up：任一主机无响应即停止' }],
  ['--keep-failed', { en: 'up: leave a unit that fails as it is, to look at it', zh: 'up：保留启动失败的单元以便排查，不还原' }],
  ['--lang en|zh', { en: 'language (default: LANG)', zh: '语言（默认取自 LANG）' }],
  ['--no-color', { en: 'no colours', zh: '不使用颜色' }],
  ['-v, --verbose', { en: 'show more', zh: '显示更多' }],
]

/** The help of the command line. */
export const helpText = (commands: readonly Command[], language: Language): string => {
  const wide = Math.max(...[...commands.map(({ name }) => name), ...OPTIONS.map(([flag]) => flag)].map((text) => text.length)) + 2
  const rows = (list: readonly (readonly [string, Text])[]) =>
    list
      .map(([left, right]) => `  ${left.padEnd(wide)}${wrap(right[language], COLUMNS - 2 - wide).join(`\n${' '.repeat(2 + wide)}`)}\n`)
      .join('')
  return [
    language === 'zh' ? '用法：slipway 命令 [选项]\n\n命令：\n' : 'Usage: slipway COMMAND [OPTIONS]\n\nCommands:\n',
    rows(commands.map(({ name, summary }) => [name, summary] as const)),
    language === 'zh' ? '\n选项：\n' : '\nOptions:\n',
    rows(OPTIONS),
    `\n${wrap(
      language === 'zh'
        ? '退出码：0 完成或无需更改，1 Slipway 的缺陷，2 配置，3 主机不合要求，4 无法连接或未授权，5 应用失败，6 有更改（plan --exit-code），130 中断'
        : 'Exit codes: 0 done or nothing to do, 1 our bug, 2 configuration, 3 unfit host, 4 unreachable or not authorised, 5 applying failed, 6 changes (plan --exit-code), 130 interrupted',
      COLUMNS,
    ).join('\n')}\n`,
  ].join('')
}
