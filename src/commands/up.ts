import { converge } from './converge.ts'
import { withSession } from './session.ts'
import type { Command } from './types.ts'

/** `slipway up`: makes the hosts what cluster.yml says. */
export const up: Command = {
  name: 'up',
  summary: { en: 'Make the hosts what cluster.yml says', zh: '使主机与 cluster.yml 一致' },
  flags: { 'keep-failed': { type: 'boolean' } },
  run: (options, io) => withSession(options, io, (session) => converge(session, options, io)),
}
