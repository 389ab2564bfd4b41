/** What requests may take, in milliseconds and bytes a second, in both directions. `tries`: requests in a row that bring nothing. */
export type Limits = Readonly<{ connect: number; firstByte: number; window: number; rate: number; pause: number; tries?: number }>

/** The same as the hosts' own (shell/fetch.sh). */
export const LIMITS: Limits = { connect: 5_000, firstByte: 60_000, window: 10_000, rate: 20_480, pause: 2_000, tries: 2 }

/** Why a request brought nothing or not all. `hard`: its host need not be asked again in this run; `mend`: asking again may help. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly status: number
  readonly hard: boolean
  readonly mend: boolean
  /** Ended by a limit of ours. */
  readonly slow: boolean
  constructor(message: string, about: { status?: number; hard?: boolean; mend?: boolean; slow?: boolean } = {}) {
    super(message)
    this.status = about.status ?? 0
    this.hard = about.hard ?? false
    this.mend = about.mend ?? false
    this.slow = about.slow ?? false
  }
}

/** 478 is DaoCloud's word for busy. */
export const statusError = (status: number): RequestError =>
  new RequestError(`HTTP ${status}`, {
    status,
    hard: status === 429 || status >= 500,
    mend: [408, 429, 478].includes(status) || status >= 500,
  })

export const tooSlow = (message: string): RequestError => new RequestError(message, { hard: true, slow: true })

/** A failed request in a few words: the system's code where there is one, else what it says. */
export const reasonOf = (error: unknown): string => {
  const { message, code } = error as Error & { code?: string }
  return code !== undefined && /^E[A-Z]+$/.test(code) ? code : message
}

/** What went wrong below HTTP, as a RequestError. A connection that breaks before its answer: the server may be restarting. */
export const failure = (error: unknown): RequestError => {
  if (error instanceof RequestError) return error
  const reason = reasonOf(error)
  return new RequestError(reason, { hard: true, mend: reason === 'ECONNRESET' })
}
