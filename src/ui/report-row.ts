import type { Failure } from '../engine/events.ts'
import type { Change } from '../engine/change.ts'
import type { Batch } from '../engine/stages.ts'
import type { Language } from '../text.ts'
import { changesText, changeText, secondsText } from './names.ts'

/** Where a row is drawn. */
export type Canvas = Readonly<{ title(text: string): void; note(text: string): void }>

/** One host's part of a stage. Events may come before drawing has begun, so a row keeps what it was told. */
export type Row = Readonly<{
  name: string
  /** Rejects with the words to show when the host did not get through. */
  ended: Promise<void>
  title(): string
  /** How many changes are through. */
  finished(): number
  drawOn(canvas: Canvas): void
  begin(change: Change): void
  done(seconds: number): void
  note(text: string): void
  fail(words: string): void
  /** The run is over: what has not ended by now was interrupted. */
  stop(): void
}>

/** Changes can take a millisecond each; drawing every one would slow down the run. */
const REDRAW_MS = 100

/** A failure on one line; the whole of it is printed after the run. */
export const failedText = ({ change, exit }: Failure, language: Language): string => {
  const what = change ? `${changeText(change, language)}${language === 'zh' ? '，' : ', '}` : ''
  return language === 'zh' ? `${what}退出码 ${exit}` : `${what}exit code ${exit}`
}

/** How far a host is. */
type Progress = Readonly<{ finished: number; of: number; seconds: number; current?: Change }>

const progressText = ({ finished, of, seconds, current }: Progress, language: Language): string => {
  if (finished === of) return `${changesText(finished, language)}${language === 'zh' ? '，' : ', '}${secondsText(seconds, language)}`
  return `${String(finished).padStart(String(of).length)}/${of}${current ? `  ${changeText(current, language)}` : ''}`
}

/** Draws at once or soon; what is asked for in between is one drawing. */
const createRedraw = (draw: () => void) => {
  let timer: NodeJS.Timeout | undefined
  const now = (): void => {
    clearTimeout(timer)
    timer = undefined
    draw()
  }
  return {
    now,
    soon: (): void => {
      timer ??= setTimeout(now, REDRAW_MS)
    },
  }
}

/** The row of a batch. `name` is padded by the caller, so that the rows line up. */
export const createRow = (name: string, { changes }: Batch, language: Language): Row => {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // Nobody listens yet when a host fails while the drawing library is being loaded.
  promise.catch(() => {})
  const notes: string[] = []
  let canvas: Canvas | undefined
  let progress: Progress = { finished: 0, of: changes.length, seconds: 0 }
  let over = false

  const title = (): string => `${name}  ${progressText(progress, language)}`
  const redraw = createRedraw(() => canvas?.title(title()))
  const end = (how: () => void): void => {
    if (over) return
    over = true
    redraw.now()
    how()
  }
  return {
    name,
    ended: promise,
    title,
    finished: () => progress.finished,
    drawOn: (where) => {
      canvas = where
      redraw.now()
      for (const text of notes) canvas.note(text)
    },
    begin: (current) => {
      progress = { ...progress, current }
      redraw.soon()
    },
    done: (took) => {
      progress = { ...progress, finished: progress.finished + 1, seconds: progress.seconds + took }
      if (progress.finished === progress.of) end(resolve)
      else redraw.soon()
    },
    note: (text) => {
      notes.push(text)
      canvas?.note(text)
    },
    fail: (words) => end(() => reject(new Error(`${name}  ${words}`))),
    stop: () => end(() => reject(new Error(`${title()}${language === 'zh' ? '，已中断' : ', interrupted'}`))),
  }
}
