import type { Failure } from '../engine/events.ts'
import type { Language } from '../text.ts'
import { changeText } from './names.ts'

/** What a person needs besides the failure itself: where everything is written down, and how to go on. */
export type FailureContext = Readonly<{ language: Language; logPath: string; again: string }>

const LAST_LINES = 20

const headline = ({ label, change, exit }: Failure, language: Language): string => {
  if (language === 'zh') return `${label}: ${change ? `${changeText(change, language)} 失败` : '脚本在开始更改之前失败'}，退出码 ${exit}。`
  return `${label}: ${change ? `${changeText(change, language)} failed` : 'the script failed before its first change'} with exit code ${exit}.`
}

const said = (lines: readonly string[], language: Language): string[] => {
  if (lines.length === 0) return [language === 'zh' ? '没有任何输出。' : 'It printed nothing.']
  const title =
    language === 'zh'
      ? `最后 ${lines.length} 行输出：`
      : lines.length === 1
        ? 'The last line it printed:'
        : `The last ${lines.length} lines it printed:`
  return [title, ...lines.map((line) => `  | ${line}`)]
}

/** A failure on a host: host, step, exit code, its last lines, the log, and the command to run again. */
export const failureText = (failure: Failure, { language, logPath, again }: FailureContext): string =>
  [
    headline(failure, language),
    ...said(failure.lines.slice(-LAST_LINES), language),
    language === 'zh' ? `完整日志：${logPath}` : `Whole log: ${logPath}`,
    language === 'zh' ? `排除原因后从此处继续：${again}` : `To go on from here: ${again}`,
  ].join('\n')
