import type { Failure } from '../engine/events.ts'
import type { Change } from '../engine/plan.ts'
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

/** The row of a batch. `name` is padded by the caller, so that the rows line up. */
export const createRow = (name: string, { changes }: Batch, language: Language): Row => {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // Nobody listens yet when a host fails while the drawing library is being loaded.
  promise.catch(() => {})
  const notes: string[] = []
  let canvas: Canvas | undefined
  let current: Change | undefined
  let finished = 0
  let seconds = 0
  let over = false
  let timer: NodeJS.Timeout | undefined

  const title = (): string => {
    if (finished === changes.length)
      return `${name}  ${changesText(finished, language)}${language === 'zh' ? '，' : ', '}${secondsText(seconds, language)}`
    const place = `${String(finished).padStart(String(changes.length).length)}/${changes.length}`
    return `${name}  ${place}${current ? `  ${changeText(current, language)}` : ''}`
  }
  const draw = (): void => {
    clearTimeout(timer)
    timer = undefined
    canvas?.title(title())
  }
  const soon = (): void => {
    timer ??= setTimeout(draw, REDRAW_MS)
  }
  const end = (how: () => void): void => {
    if (over) return
    over = true
    draw()
    how()
  }
  return {
    name,
    ended: promise,
    title,
    finished: () => finished,
    drawOn: (where) => {
      canvas = where
      draw()
      for (const text of notes) canvas.note(text)
    },
    begin: (change) => {
      current = change
      soon()
    },
    done: (took) => {
      finished++
      seconds += took
      if (finished === changes.length) end(resolve)
      else soon()
    },
    note: (text) => {
      notes.push(text)
      canvas?.note(text)
    },
    fail: (words) => end(() => reject(new Error(`${name}  ${words}`))),
    stop: () => end(() => reject(new Error(`${title()}${language === 'zh' ? '，已中断' : ', interrupted'}`))),
  }
}
