import type { Text } from './text.ts'

/** Exit codes of the CLI, in one place; the README says what each means. */
export const EXIT = {
  done: 0,
  bug: 1,
  config: 2,
  unfit: 3,
  unreachable: 4,
  failed: 5,
  changes: 6,
  interrupted: 130,
} as const

/**
 * Something the user has to know before anything is changed: where, what, and how to mend it.
 * `at` is a position ("cluster.yml:14:9 nodes[1].hostname_override") or a host's label ("root@10.0.0.11:22").
 * Warnings are printed and never change the exit code.
 */
export type Problem = Readonly<{
  at: string
  what: Text
  fix: Text
  severity: 'error' | 'warning'
  exit: typeof EXIT.config | typeof EXIT.unfit | typeof EXIT.unreachable | typeof EXIT.failed
}>

/** A Problem that stops the run; the fault is the user's words or files, unless `exit` says otherwise. */
export const refusal = (at: string, what: Text, fix: Text, exit: Problem['exit'] = EXIT.config): Problem => ({
  at,
  what,
  fix,
  severity: 'error',
  exit,
})

/** A Problem that is thrown: the run ends with it, unless somebody goes on after an error of this kind, which then has a class of its own. */
export class ProblemError extends Error {
  override readonly name: string = 'ProblemError'
  readonly problem: Problem
  constructor(problem: Problem, options?: ErrorOptions) {
    super(`${problem.at}: ${problem.what.en}. ${problem.fix.en}`, options)
    this.problem = problem
  }
}
