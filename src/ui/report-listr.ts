import type { Reporter, ReporterOptions } from './reporter.ts'
import { plainReporter } from './report-plain.ts'

/** Until the drawn one is here, the lines of the plain one. */
export const listrReporter = (options: ReporterOptions): Reporter => plainReporter(options)
