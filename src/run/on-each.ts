import { createReadStream } from 'node:fs'
import { labelOf } from '../config/hosts.ts'
import { escapeRemote } from '../hosts/lines.ts'
import { capture } from '../hosts/transport.ts'
import { EXIT, type Problem, refusal } from '../problem.ts'
import type { Context } from '../cluster/types.ts'
import type { Session } from './session.ts'
import type { Io } from './types.ts'

/** Runs one script on several hosts at once. What fails there is a Problem of that host. */
export const onEach = async (
  session: Session,
  contexts: readonly Context[],
  script: (context: Context) => string,
  io: Io,
  file?: string,
): Promise<{ outputs: string[]; problems: Problem[] }> => {
  const problems: Problem[] = []
  const outputs = await Promise.all(
    contexts.map(async (context) => {
      const transport = session.fleet.transports.get(context.member.key)
      if (!transport) throw new Error(`no connection to ${context.member.key}`)
      const input = file === undefined ? {} : { input: createReadStream(file) }
      const { exit, stdout, stderr } = await capture(transport, script(context), { signal: io.signal, ...input })
      const said = escapeRemote(stderr.trim().split('\n').slice(-3).join(' ')) || `exit ${exit}`
      if (exit !== 0)
        problems.push(
          refusal(
            labelOf(context.member),
            { en: said, zh: said },
            { en: 'Run the same command again once that is mended.', zh: '排除原因后再次运行同一条命令。' },
            EXIT.unfit,
          ),
        )
      return stdout
    }),
  )
  return { outputs, problems }
}
