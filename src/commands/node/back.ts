import { setTimeout } from 'node:timers/promises'
import type { Member } from '../../cluster/types.ts'
import { connect } from '../../hosts/connect.ts'
import { targetOf } from '../../hosts/target.ts'
import { capture, type Environment, RefusedError, type Transport, TransportError } from '../../hosts/transport.ts'
import { EXIT } from '../../problem.ts'
import { sayProblems } from '../../run/session.ts'
import type { Io } from '../../run/types.ts'
import { runTasks } from './run.ts'
import { say } from './say.ts'
import { BOOT_SCRIPT, rebootScript, upScript } from './scripts.ts'

/** How long a host may take from the order to reboot until ssh answers again, and from there until all is up. */
const BACK_S = 900
const UP_S = 300

/** Which boot of a host answers. */
export const bootOf = async (transport: Transport, io: Io): Promise<string> =>
  (await capture(transport, BOOT_SCRIPT, { signal: io.signal })).stdout

/** How long until the next try: what boots is not asked more often than it can answer. */
const PAUSES_MS = [3000, 3000, 5000, 8000, 13_000]
const pauseBefore = (attempt: number): number => PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)] ?? 0

/** Another boot of the host, once it answers; undefined when it does not in time. Throws RefusedError: nobody is let in by asking again. */
const newBoot = async (member: Member, boot: string, environment: Environment, io: Io): Promise<Transport | undefined> => {
  const deadline = performance.now() + BACK_S * 1000
  for (let attempt = 0; performance.now() < deadline; attempt++) {
    await setTimeout(pauseBefore(attempt), undefined, { signal: io.signal })
    let transport: Transport | undefined
    try {
      transport = await connect(targetOf(member), environment)
      if ((await bootOf(transport, io)) !== boot) return transport
    } catch (error) {
      // Not up yet, or it went down under the question.
      if (!(error instanceof TransportError) || error instanceof RefusedError) throw error
    }
    await transport?.[Symbol.asyncDispose]()
  }
  return undefined
}

/** Waits for another boot of the host, and there until all its parts are up; the exit code. */
export const comesBack = async (member: Member, boot: string, environment: Environment, io: Io): Promise<number> => {
  const { nodeName, key } = member
  try {
    await using transport = await newBoot(member, boot, environment, io)
    if (!transport) {
      say(io, `${nodeName} did not come back within ${BACK_S} s.`, `${nodeName} 在 ${BACK_S} 秒内没有恢复。`)
      return EXIT.unreachable
    }
    const waited = {
      member,
      en: `${nodeName} is back; waiting for its parts.`,
      zh: `${nodeName} 已恢复，等待其组件就绪。`,
      script: upScript(UP_S),
    }
    return await runTasks([waited], { fleet: { transports: new Map([[key, transport]]) } }, io)
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    sayProblems([error.problem], io)
    return error.problem.exit
  }
}

/** Orders a reboot, over which the connection breaks. */
export const order = async (transport: Transport, io: Io): Promise<void> => {
  await capture(transport, rebootScript(), { signal: io.signal }).catch((error) => {
    if (!(error instanceof TransportError)) throw error
  })
}
