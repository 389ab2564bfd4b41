import { jsonReporter } from './report-json.ts'
import { listrReporter } from './report-listr.ts'
import { plainReporter } from './report-plain.ts'
import type { Reporter, ReporterOptions } from './reporter.ts'

const REPORTERS = { json: jsonReporter, listr: listrReporter, plain: plainReporter } as const

/** `listr` for a terminal, `plain` for a log, `json` for a program. */
export const createReporter = (kind: keyof typeof REPORTERS, options: ReporterOptions): Reporter => REPORTERS[kind](options)
