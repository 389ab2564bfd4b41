import type { DefaultRenderer, ListrTask, ListrTaskWrapper, SimpleRenderer } from 'listr2'
import type { Event } from '../engine/events.ts'
import type { Language } from '../text.ts'
import { nodeNameOf } from './names.ts'
import { noteText } from './notes.ts'
import { problemText } from './problems.ts'
import { plainReporter, stageTitle } from './report-plain.ts'
import { createRow, failedText, type Row } from './report-row.ts'
import type { Reporter, ReporterOptions } from './reporter.ts'
import { padTo, trimTo, width } from './width.ts'

type Wrapper = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>
type Task = ListrTask<unknown, typeof DefaultRenderer, typeof SimpleRenderer>
type Screen = NodeJS.WriteStream
/** What is drawn of a stage. */
type Drawing = Readonly<{ title: string; rows: readonly Row[]; changes: number; language: Language }>
/** `simple` prints lines instead of drawing: for tests. */
type Renderer = 'drawn' | 'simple'

/** Lines of the screen that are not a host's. */
const SPARE_ROWS = 6
/** Columns beside a host's title: two of indentation, an icon with its space, and a margin. */
const SPARE_COLUMNS = 6

const fitted = (title: string, screen: Screen): string => trimTo(title, (screen.columns ?? 80) - SPARE_COLUMNS)

/** A line for every host. */
const hostTasks = (rows: readonly Row[], screen: Screen): Task[] =>
  rows.map((row) => ({
    title: fitted(row.title(), screen),
    rendererOptions: { outputBar: Infinity, persistentOutput: true },
    task: (_, wrapper) => {
      row.drawOn({
        title: (text) => {
          wrapper.title = fitted(text, screen)
        },
        note: (text) => {
          wrapper.output = text
        },
      })
      return row.ended
    },
  }))

/** More hosts than lines: how far all of them are, and what was said about some. */
const crowd = async (stage: Drawing, wrapper: Wrapper): Promise<void> => {
  const { title, rows, changes, language } = stage
  let through = 0
  let failed = 0
  const show = (): void => {
    const finished = rows.reduce((sum, row) => sum + row.finished(), 0)
    wrapper.title =
      language === 'zh'
        ? `${title}  ${through}/${rows.length} 台主机，${finished}/${changes} 项更改`
        : `${title}  ${through}/${rows.length} hosts, ${finished}/${changes} changes`
  }
  const say = (text: string): void => {
    wrapper.output = text
  }
  const watch = (row: Row): Promise<void> => {
    row.drawOn({ title: () => {}, note: (text) => say(`${row.name}  ${text}`) })
    return row.ended.then(
      () => {
        through++
      },
      (error: Error) => {
        failed++
        say(error.message)
      },
    )
  }
  show()
  const ticking = setInterval(show, 200)
  await Promise.all(rows.map(watch))
  clearInterval(ticking)
  show()
  if (failed > 0)
    throw new Error(
      language === 'zh' ? `${title}  ${rows.length} 台主机中 ${failed} 台失败` : `${title}  ${failed} of ${rows.length} hosts failed`,
    )
}

const isCrowd = ({ rows }: Drawing, screen: Screen): boolean => rows.length > Math.max(1, (screen.rows ?? 24) - SPARE_ROWS)

const stageTask = (stage: Drawing, screen: Screen): Task => ({
  title: stage.title,
  rendererOptions: { outputBar: 8, persistentOutput: true },
  task: (_, wrapper) =>
    isCrowd(stage, screen) ? crowd(stage, wrapper) : wrapper.newListr(hostTasks(stage.rows, screen), { concurrent: true }),
})

/** Draws one stage until every row has ended. */
const draw = async (stage: Drawing, { stream, style }: ReporterOptions, renderer: Renderer): Promise<void> => {
  const { DefaultRenderer, figures, LISTR_DEFAULT_RENDERER_STYLE, Listr, ListrLogger, ProcessOutput, SimpleRenderer } = await import(
    'listr2'
  )
  // listr2 judges by stdout whether there is a terminal; ours is the stream we were given, and the caller has judged.
  class Drawn extends DefaultRenderer {
    static override nonTTY = true
  }
  const screen = stream as Screen
  const same = (text = ''): string => text
  const colourless = Object.fromEntries(Object.keys(LISTR_DEFAULT_RENDERER_STYLE.color ?? {}).map((level) => [level, same]))
  await new Listr<unknown, typeof DefaultRenderer, typeof SimpleRenderer>([stageTask(stage, screen)], {
    renderer: (renderer === 'simple' ? SimpleRenderer : Drawn) as typeof DefaultRenderer,
    rendererOptions: {
      collapseSubtasks: false,
      logger: new ListrLogger({ processOutput: new ProcessOutput(screen, screen) }),
      icon: { COMPLETED_WITH_FAILED_SUBTASKS: figures.cross },
      color: style.enabled ? { COMPLETED_WITH_FAILED_SUBTASKS: (text = '') => style.red(text) } : colourless,
    },
    exitOnError: false,
    // Its own handler would end the process in the middle of a stage.
    registerSignalListeners: false,
  }).run()
}

/** What is drawn of a stage, and its rows by host, with their names in one column. */
const drawingOf = (
  { number, of, stage }: Extract<Event, { type: 'stage' }>,
  { members, language }: ReporterOptions,
): [Drawing, Map<string, Row>] => {
  const known = members()
  const column = Math.max(0, ...stage.batches.map(({ host }) => width(nodeNameOf(known, host))))
  const rows = new Map(stage.batches.map((batch) => [batch.host, createRow(padTo(nodeNameOf(known, batch.host), column), batch, language)]))
  const changes = stage.batches.reduce((sum, batch) => sum + batch.changes.length, 0)
  return [{ title: stageTitle(number, of, stage, language), rows: [...rows.values()], changes, language }, rows]
}

/** Takes an event about a host into its row. False when the row has no place for it. */
const tell = (row: Row, event: Event, { language, style }: ReporterOptions): boolean => {
  switch (event.type) {
    case 'delivering':
    case 'change-begin':
      row.begin(event.change)
      return true
    case 'change-done':
      row.done(event.seconds)
      return true
    case 'note':
      row.note(noteText(event.text, language))
      return true
    case 'change-failed':
      row.fail(failedText(event.failure, language))
      return true
    case 'host-lost':
      row.fail(problemText(event.problem, language, style))
      return true
    default:
      return event.type === 'output'
  }
}

/** A list that is drawn over while stages go on: for a terminal. */
export const listrReporter = (options: ReporterOptions, renderer: Renderer = 'drawn'): Reporter => {
  const plain = plainReporter(options)
  let rows = new Map<string, Row>()
  let drawn: Promise<void> = Promise.resolve()
  let bug: { error: unknown } | undefined
  // A mistake in drawing must not end the run it draws; it is thrown at the end.
  const then = (work: () => Promise<void> | void): void => {
    drawn = drawn.then(work).catch((error: unknown) => {
      bug ??= { error }
    })
  }
  const stop = (): void => {
    for (const row of rows.values()) row.stop()
  }
  return {
    report: (event) => {
      const row = 'host' in event ? rows.get(event.host) : undefined
      if (event.type === 'stage') {
        stop()
        const [drawing, byHost] = drawingOf(event, options)
        rows = byHost
        then(() => draw(drawing, options, renderer))
      } else if (!row || !tell(row, event, options)) then(() => plain.report(event))
    },
    finish: async (summary) => {
      stop()
      await drawn
      if (bug) throw bug.error
      plain.finish(summary)
    },
  }
}
