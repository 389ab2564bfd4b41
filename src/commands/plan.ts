import { EXIT } from '../problem.ts'
import type { Plan } from '../engine/change.ts'
import { planText } from '../ui/plan-text.ts'
import { planWithPods } from '../run/drain-look.ts'
import { withLoginsIfAny } from '../run/logins.ts'
import { exitOf, namesOf, openSession, readIntent, sayProblems } from '../run/session.ts'
import type { Command } from '../run/types.ts'

/** The plan as data: what, where and why, never the content of a secret. */
export const planJson = ({ changes, problems }: Plan) => ({
  changes: changes.map(({ host, phase, step, id, want, difference }) => ({ host, phase, step, id, kind: want.kind, ...difference })),
  problems,
})

/** `slipway plan`: what `up` would do. */
export const plan: Command = {
  name: 'plan',
  summary: { en: 'Show what up would change', zh: '显示 up 将进行的更改' },
  shared: ['exit-code', 'verify'],
  run: async (options, io) => {
    const read = await readIntent(options)
    if ('problems' in read) {
      if (options.output === 'json') io.out(`${JSON.stringify({ changes: [], problems: read.problems })}\n`)
      else sayProblems(read.problems, io)
      return exitOf(read.problems)
    }
    const { intent, problems: unread } = await withLoginsIfAny(read, io)
    const session = await openSession(intent, io)
    await using _ = session.fleet
    const decided = await planWithPods(session, io.signal)
    const problems = [...intent.warnings, ...unread, ...session.problems, ...decided.problems]
    if (options.output === 'json') io.out(`${JSON.stringify(planJson({ ...decided, problems }))}\n`)
    else {
      sayProblems(problems, io)
      if (exitOf(problems) === EXIT.done)
        io.out(planText(decided, namesOf(session.intent, session.world), io.language, io.outStyle, options.verbose))
    }
    const exit = exitOf(problems)
    return exit === EXIT.done && options.exitCode && decided.changes.length > 0 ? EXIT.changes : exit
  },
}
