import type { Event } from '../engine/events.ts'
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
export const stageSize = ({ batches }: Stage, language: Language): string => {
  const changes = batches.reduce((sum, batch) => sum + batch.changes.length, 0)
  return `${hostsText(batches.length, language)}${language === 'zh' ? '，' : ', '}${changesText(changes, language)}`
}

/** The line for an event; undefined for one that is not worth a line. */
const lineOf = (event: Event, { language, style, members, verbose }: ReporterOptions): string | undefined => {
  const zh = language === 'zh'
  const on = (host: string): string => style.cyan(`[${nodeNameOf(members(), host)}]`)
  switch (event.type) {
    case 'connecting':
      return zh ? `正在连接 ${hostsText(event.hosts.length, language)}` : `Connecting to ${hostsText(event.hosts.length, language)}`
    case 'connected':
      return verbose ? `${event.label} ${zh ? '已连接' : 'connected'}` : undefined
    case 'probed':
      return verbose ? `${on(event.host)} ${zh ? '已检查' : 'looked at'}` : undefined
    case 'locked':
      return verbose
        ? zh
          ? `已在 ${hostsText(event.hosts.length, language)}上加锁`
          : `Locked on ${hostsText(event.hosts.length, language)}`
        : undefined
    case 'stage':
      return style.bold(
        `${stageTitle(event.number, event.of, event.stage, language)}${zh ? '：' : ': '}${stageSize(event.stage, language)}`,
      )
    case 'delivering':
      return verbose ? `${on(event.host)} ${changeText(event.change, language)} ${zh ? '……传送' : '... streamed'}` : undefined
    case 'change-begin':
      return verbose ? `${on(event.host)} ${changeText(event.change, language)} ${zh ? '……' : '...'}` : undefined
    case 'change-done': {
      const done = zh ? `…… ${style.green('完成')}，` : `... ${style.green('done')} `
      return `${on(event.host)} ${changeText(event.change, language)} ${done}${secondsText(event.seconds, language)}`
    }
    case 'note':
      return `${on(event.host)} ${style.yellow(zh ? '注意：' : 'note: ')}${noteText(event.text, language)}`
    case 'output':
      return verbose ? `${on(event.host)} ${style.dim(`| ${event.line}`)}` : undefined
    case 'change-failed': {
      const { change, exit } = event.failure
      const what = change ? `${changeText(change, language)} ${zh ? '……' : '...'} ` : ''
      return `${on(event.host)} ${what}${style.red(zh ? '失败' : 'failed')}${zh ? `，退出码 ${exit}` : `, exit code ${exit}`}`
    }
    case 'host-lost':
      return `${on(event.host)} ${problemText(event.problem, language, style)}`
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
  const { language, style, members } = options
  const write = (line: string | undefined): void => {
    if (line !== undefined) options.stream.write(`${line}\n`)
  }
  const watch = createWatch(({ host, change }) =>
    write(
      `${style.cyan(`[${nodeNameOf(members(), host)}]`)} ${changeText(change, language)} ${language === 'zh' ? '……仍在进行' : '... still at it'}`,
    ),
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
