import { escapeRemote } from '../hosts/lines.ts'
import type { Problem } from '../problem.ts'
import type { Language } from '../text.ts'
import type { Style } from './style.ts'

const sentence = (text: string, language: Language): string => {
  const words = text.trim()
  if (words === '' || /[.!?:。！？：]$/.test(words)) return words
  return `${words}${language === 'zh' ? '。' : '.'}`
}

const marked = (severity: Problem['severity'], language: Language, style: Style): string => {
  if (severity === 'error') return ''
  return language === 'zh' ? style.yellow('警告：') : `${style.yellow('warning:')} `
}

/** One problem on one line: where, what, how to mend it. */
export const problemText = (problem: Problem, language: Language, style: Style): string => {
  const [what, fix] = [problem.what, problem.fix].map((text) => escapeRemote(sentence(text[language], language)))
  // Chinese full stops carry their own space.
  const gap = fix === '' || /[。！？：]$/.test(what ?? '') ? '' : ' '
  return `${style.bold(`${escapeRemote(problem.at)}:`)} ${marked(problem.severity, language, style)}${what}${gap}${fix}`
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

const totals = (problems: readonly Problem[], language: Language): string => {
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const warnings = problems.length - errors
  if (language === 'zh') return [...(errors > 0 ? [`${errors} 个错误`] : []), ...(warnings > 0 ? [`${warnings} 个警告`] : [])].join('，')
  return [...(errors > 0 ? [counted(errors, 'error')] : []), ...(warnings > 0 ? [counted(warnings, 'warning')] : [])].join(', ')
}

/** All problems, errors first and otherwise in the order given, and how many there are. Nothing for an empty list. */
export const problemsText = (problems: readonly Problem[], language: Language, style: Style): string => {
  if (problems.length === 0) return ''
  const sorted = problems.toSorted((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'))
  return [...sorted.map((problem) => problemText(problem, language, style)), totals(problems, language)].join('\n')
}
