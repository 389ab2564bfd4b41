import type { Change, Plan } from '../engine/change.ts'
import { escapeRemote } from '../hosts/lines.ts'
import type { Verb } from '../resources/types.ts'
import type { Language } from '../text.ts'
import { type HostName, hostsText, phaseTitle, stepTitle, thingText, verbText } from './names.ts'
import { shownDiff } from './plan-diff.ts'
import type { Style } from './style.ts'
import { chop, width, wrap } from './width.ts'

const COLUMNS = 80
const MARKS: Readonly<Record<Verb, '+' | '~' | '-'>> = { create: '+', start: '+', update: '~', restart: '~', reload: '~', remove: '-' }

type Look = Readonly<{ language: Language; style: Style; verbose: boolean }>

const colourOf = (mark: string, style: Style) =>
  mark === '+' ? style.green : mark === '-' ? style.red : mark === '~' ? style.yellow : style.dim

const colon = (language: Language): string => (language === 'zh' ? '：' : ': ')

const reasonOf = (change: Change, language: Language): string => {
  const { verb, reason } = change.difference
  // A restart interrupts something that works, so the word is said; the mark is enough for the others.
  const word = verb === 'restart' || verb === 'reload' ? `${verbText(verb, language)}${language === 'zh' ? '，' : ', '}` : ''
  const hidden = change.want.kind === 'file' && change.want.secret ? (language === 'zh' ? '（内容保密）' : ' (secret, not shown)') : ''
  return escapeRemote(`${word}${reason[language]}${hidden}`)
}

const diffText = (change: Change, { style, verbose }: Look): string[] =>
  shownDiff(change, verbose).flatMap((line) => {
    const paint = colourOf(line.charAt(0), style)
    // Marks stand apart: "- --v=2" reads better than "---v=2".
    const clean = escapeRemote(`${line.charAt(0)} ${line.slice(1)}`).replaceAll('\t', '  ')
    return chop(clean, COLUMNS - 12).map((piece, at) => `        ${at > 0 ? '    ' : ''}${paint(piece)}`)
  })

const changeLines = (change: Change, look: Look): string[] => {
  const mark = MARKS[change.difference.verb]
  const thing = `${thingText(change, look.language)}${colon(look.language)}`
  const reason = reasonOf(change, look.language)
  const fits = width(thing) + width(reason) <= COLUMNS - 6
  const [first = '', ...more] = fits ? [`${thing}${reason}`] : [thing, reason].flatMap((text) => wrap(text, COLUMNS - 8))
  return [`    ${colourOf(mark, look.style)(mark)} ${first}`, ...more.map((line) => `        ${line}`), ...diffText(change, look)]
}

const hostLines = (changes: readonly Change[], look: Look): string[] => {
  const groups = Map.groupBy(changes, ({ phase, step }) => `${phase} ${step}`)
  return [...groups.values()].flatMap((group) => {
    const [first] = group as [Change]
    const title = `${phaseTitle(first.phase, look.language)} / ${stepTitle(first, look.language)}`
    return [`  ${look.style.cyan(title)}`, ...group.flatMap((change) => changeLines(change, look))]
  })
}

const headingOf = (host: string, members: readonly HostName[], style: Style): string => {
  const member = members.find(({ key }) => key === host)
  return member ? `${style.bold(member.nodeName)}  ${member.label}` : style.bold(host)
}

const totalsText = (changes: readonly Change[], hosts: number, language: Language): string => {
  const count = (...verbs: Verb[]): number => changes.filter(({ difference }) => verbs.includes(difference.verb)).length
  const [made, changed, restarted, removed] = [count('create', 'start'), count('update', 'reload'), count('restart'), count('remove')]
  const on = hostsText(hosts, language)
  return language === 'zh'
    ? `计划：在 ${on}上新建 ${made} 项，更改 ${changed} 项，重启 ${restarted} 项，移除 ${removed} 项。`
    : `Plan: ${made} to create, ${changed} to change, ${restarted} to restart, ${removed} to remove on ${on}.`
}

/**
 * A plan for people: every host with what changes on it and why. What is new gets one line, unless `verbose`; what changes is shown as
 * a diff. Hosts on which exactly the same is done share one list.
 */
export const planText = (plan: Plan, members: readonly HostName[], language: Language, style: Style, verbose = false): string => {
  if (plan.changes.length === 0)
    return language === 'zh' ? '没有更改。主机与 cluster.yml 一致。\n' : 'No changes. The hosts are as cluster.yml says.\n'
  const look: Look = { language, style, verbose }
  const byHost = [...Map.groupBy(plan.changes, ({ host }) => host)].map(([host, changes]) => ({
    host,
    body: hostLines(changes, look).join('\n'),
  }))
  const alike = [...Map.groupBy(byHost, ({ body }) => body)]
  const parts = alike.map(([body, hosts]) => `${hosts.map(({ host }) => headingOf(host, members, style)).join('\n')}\n${body}\n`)
  return `${[...parts, style.bold(totalsText(plan.changes, byHost.length, language))].join('\n')}\n`
}
