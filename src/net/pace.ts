import { type Limits, type RequestError, tooSlow } from './limits.ts'

/** Watches the bytes of one direction. Only the time between `wait` and `moved` counts: the other side cannot help what is slow here. */
export type Pace = Readonly<{ wait(): void; moved(bytes: number): void }>

/** Calls `end` when the first byte is not there in time (`first`: it is still to come), or fewer bytes move in a window than the lowest rate has. */
export const createPace = ({ firstByte, window, rate }: Limits, first: boolean, end: (error: RequestError) => void): Pace => {
  let timer: NodeJS.Timeout | undefined
  let silent = first
  let [since, waited, bytes] = [0, 0, 0]
  const judge = (): void => {
    if (silent) end(tooSlow(`no byte within ${firstByte / 1000} s`))
    else if (bytes < (rate * window) / 1000) end(tooSlow(`only ${bytes} bytes in ${window / 1000} s`))
    else {
      waited = 0
      bytes = 0
      since = performance.now()
      timer = setTimeout(judge, window)
    }
  }
  return {
    wait: () => {
      since = performance.now()
      timer = setTimeout(judge, silent ? firstByte : Math.max(1, window - waited))
    },
    moved: (count) => {
      clearTimeout(timer)
      if (!silent) waited += performance.now() - since
      bytes += count
      silent = silent && count === 0
    },
  }
}
