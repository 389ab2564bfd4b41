import { planWithPods } from '../run/drain-look.ts'
import { withLoginsIfAny } from '../run/logins.ts'
import { exitOf, namesOf, openSession, readIntent, type Session, sayProblems } from '../run/session.ts'
import { EXIT, type Problem, refusal } from '../problem.ts'
import type { Command, Io, Options } from '../run/types.ts'

const report = (problems: readonly Problem[], options: Options, io: Io): number => {
  if (options.output === 'json') io.out(`${JSON.stringify({ problems })}\n`)
  else sayProblems(problems, io)
  const exit = exitOf(problems)
  if (exit === 0 && options.output === 'text') io.err(io.language === 'zh' ? '检查通过。\n' : 'Everything is fit.\n')
  return exit
}

/** Installed files that are not what was verified when they were fetched. */
const damaged = ({ intent, world }: Session): Problem[] =>
  namesOf(intent, world).flatMap(({ key, label }) =>
    [...new Set(world[key]?.damaged ?? [])].map((stamp) =>
      refusal(
        label,
        {
          en: `the files of ${stamp.replace(/.*\//, '')} are not the ones that were verified`,
          zh: `${stamp.replace(/.*\//, '')} 的文件与校验过的不一致`,
        },
        {
          en: '`slipway up --verify` fetches them again and restarts what runs them.',
          zh: '`slipway up --verify` 会重新获取并重启使用它们的服务。',
        },
        EXIT.unfit,
      ),
    ),
  )

/** `slipway check`: the file, then the hosts; changes nothing. */
export const check: Command = {
  name: 'check',
  summary: {
    en: 'Check cluster.yml, then the hosts; changes nothing (--offline: only the file)',
    zh: '检查 cluster.yml 与主机，不做任何更改（--offline：仅检查文件）',
  },
  shared: ['offline', 'verify'],
  run: async (options, io) => {
    const read = await readIntent(options)
    if ('problems' in read) return report(read.problems, options, io)
    if (options.offline) return report(read.warnings, options, io)
    const { intent, problems: unread } = await withLoginsIfAny(read, io)
    const session = await openSession(intent, io)
    await using _ = session.fleet
    const { problems } = await planWithPods(session, io.signal)
    return report(
      [...intent.warnings, ...unread, ...session.problems, ...problems, ...(options.verify ? damaged(session) : [])],
      options,
      io,
    )
  },
}
