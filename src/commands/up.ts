import { converge } from './converge.ts'
import { exitOf, openSession, readIntent, sayProblems } from './session.ts'
import type { Command } from './types.ts'

/** `slipway up`: makes the hosts what cluster.yml says. */
export const up: Command = {
  name: 'up',
  summary: { en: 'Make the hosts what cluster.yml says', zh: '使主机与 cluster.yml 一致' },
  run: async (options, io) => {
    const intent = await readIntent(options)
    if ('problems' in intent) {
      sayProblems(intent.problems, io)
      return exitOf(intent.problems)
    }
    const session = await openSession(intent, io)
    await using _ = session.fleet
    return await converge(session, options, io)
  },
}
