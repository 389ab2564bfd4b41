import { secondsOf } from '../duration.ts'
import { quote, say } from '../words.ts'
import type { Rule } from './types.ts'

/** Below this a run of its own would not be over before what it signed. */
const SHORTEST = '5m'

/** Lifetimes that cannot work: shorter than a run, or due for renewal as soon as they are made. */
export const lifetimes: Rule = {
  id: 'lifetimes',
  reads: ['certificates'],
  check: ({ certificates }) =>
    (['lifetime', 'admin_lifetime'] as const).flatMap((name) => {
      const text = certificates[name]
      const before = certificates.renew_before
      if (secondsOf(text) < secondsOf(SHORTEST))
        return [
          {
            path: ['certificates', name],
            what: say(
              `${quote(text)} is too short: it would end before a run does.`,
              `${quote(text)} 太短：一次运行还没结束证书就会过期。`,
            ),
            fix: say(`Write at least ${SHORTEST}; a real cluster wants weeks or more.`, `请至少写 ${SHORTEST}；正式集群应以周或更长计。`),
          },
        ]
      if (before === undefined || secondsOf(before) < secondsOf(text)) return []
      return [
        {
          path: ['certificates', 'renew_before'],
          what: say(
            `${quote(before)} is not shorter than ${name} (${text}): every run would renew everything.`,
            `${quote(before)} 不短于 ${name}（${text}）：每次运行都会续期全部证书。`,
          ),
          fix: say('Write a part of it, or take it out for a quarter.', '请写其中的一部分，或删除以使用默认值（四分之一）。'),
        },
      ]
    }),
}
