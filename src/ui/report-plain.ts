import type { Event, Failure } from '../engine/events.ts'
import type { Change } from '../engine/change.ts'
import type { Stage } from '../engine/stages.ts'
import type { Language } from '../text.ts'
import { changesText, changeText, hostsText, nodeNameOf, phaseTitle, secondsText } from './names.ts'
import { noteText } from './notes.ts'
import { problemText } from './problems.ts'
import type { Reporter, ReporterOptions } from './reporter.ts'

type Begin = Extract<Event, { type: 'change-begin' | 'delivering' }>

/** "[2/4] Control plane, Nodes" */
export const stageTitle = (number: number, of: number, { phases }: Stage, language: Language): string =>
  `[${number}/${of}] ${phases.map((id) => phaseTitle(id, language)).join(language === 'zh' ? '、' : ', ')}`

/** "3 hosts, 120 changes" */
const stageSize = ({ batches }: Stage, language: Language): string => {
  const changes = batches.reduce((sum, batch) => sum + batch.changes.length, 0)
  return `${hostsText(batches.length, language)}${language === 'zh' ? '，' : ', '}${changesText(changes, language)}`
}

/** Said only when `verbose`: what begins, what hosts print, and what goes well by itself. */
type Detail = Extract<Event, { type: 'connected' | 'probed' | 'locked' | 'delivering' | 'change-begin' | 'output' }>

const tag = (host: string, { style, members }: ReporterOptions): string => style.cyan(`[${nodeNameOf(members(), host)}]`)

const detailLine = (event: Detail, options: ReporterOptions): string => {
  const { language, style } = options
  switch (event.type) {
    case 'connected':
      return `${event.label} ${{ en: 'connected', zh: '已连接' }[language]}`
    case 'probed':
      return `${tag(event.host, options)} ${{ en: 'looked at', zh: '已检查' }[language]}`
    case 'locked': {
      const hosts = hostsText(event.hosts.length, language)
      return { en: `Locked on ${hosts}`, zh: `已在 ${hosts}上加锁` }[language]
    }
    case 'delivering':
      return `${tag(event.host, options)} ${changeText(event.change, language)} ${{ en: '... streamed', zh: '……传送' }[language]}`
    case 'change-begin':
      return `${tag(event.host, options)} ${changeText(event.change, language)} ${{ en: '...', zh: '……' }[language]}`
    case 'output':
      return `${tag(event.host, options)} ${style.dim(`| ${event.line}`)}`
  }
}

const stageLine = ({ number, of, stage }: Extract<Event, { type: 'stage' }>, { language, style }: ReporterOptions): string =>
  style.bold(`${stageTitle(number, of, stage, language)}${{ en: ': ', zh: '：' }[language]}${stageSize(stage, language)}`)

const doneText = (change: Change, seconds: number, { language, style }: ReporterOptions): string => {
  const done = { en: `... ${style.green('done')} `, zh: `…… ${style.green('完成')}，` }[language]
  return `${changeText(change, language)} ${done}${secondsText(seconds, language)}`
}

const failedText = ({ change, exit }: Failure, { language, style }: ReporterOptions): string => {
  const what = change ? `${changeText(change, language)} ${{ en: '...', zh: '……' }[language]} ` : ''
  return `${what}${{ en: `${style.red('failed')}, exit code ${exit}`, zh: `${style.red('失败')}，退出码 ${exit}` }[language]}`
}

/** The line for an event; undefined for one that is not worth a line. */
const lineOf = (event: Event, options: ReporterOptions): string | undefined => {
  const { language, style, verbose } = options
  switch (event.type) {
    case 'connecting': {
      const hosts = hostsText(event.hosts.length, language)
      return { en: `Connecting to ${hosts}`, zh: `正在连接 ${hosts}` }[language]
    }
    case 'stage':
      return stageLine(event, options)
    case 'change-done':
      return `${tag(event.host, options)} ${doneText(event.change, event.seconds, options)}`
    case 'note':
      return `${tag(event.host, options)} ${style.yellow({ en: 'note: ', zh: '注意：' }[language])}${noteText(event.text, language)}`
    case 'change-failed':
      return `${tag(event.host, options)} ${failedText(event.failure, options)}`
    case 'host-lost':
      return `${tag(event.host, options)} ${problemText(event.problem, language, style)}`
    default:
      return verbose ? detailLine(event, options) : undefined
  }
}

/** A change that takes this long gets a line before it is through, so that nobody takes a download for a hang. */
const SLOW_MS = 15_000

/** Says of each host's current change that it still runs, once. */
const createWatch = (say: (event: Begin) => void) => {
  const timers = new Map<string, NodeJS.Timeout>()
  const forget = (host: string): void => {
    clearTimeout(timers.get(host))
    timers.delete(host)
  }
  return {
    see: (event: Event): void => {
      if (event.type === 'change-begin' || event.type === 'delivering') {
        forget(event.host)
        timers.set(event.host, setTimeout(say, SLOW_MS, event).unref())
      } else if (event.type === 'change-done' || event.type === 'change-failed' || event.type === 'host-lost') forget(event.host)
    },
    end: (): void => [...timers.keys()].forEach(forget),
  }
}

/** One line for each thing that is through: for logs, where nothing can be drawn over. */
export const plainReporter = (options: ReporterOptions): Reporter => {
  const { language } = options
  const write = (line: string | undefined): void => {
    if (line !== undefined) options.stream.write(`${line}\n`)
  }
  const watch = createWatch(({ host, change }) =>
    write(`${tag(host, options)} ${changeText(change, language)} ${{ en: '... still at it', zh: '……仍在进行' }[language]}`),
  )
  return {
    report: (event) => {
      watch.see(event)
      write(lineOf(event, options))
    },
    finish: (summary) => {
      watch.end()
      write(summary)
    },
  }
}
