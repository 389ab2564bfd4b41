import type { Host } from '../config/hosts.ts'
import { PROBE } from '../shell/texts.ts'
import type { Problem } from '../problem.ts'
import { EXIT } from '../problem.ts'
import { linkIssuers } from '../hosts/certificate-facts.ts'
import type { Facts } from '../hosts/facts.ts'
import { warningsOf } from '../hosts/warnings.ts'
import { parseFacts } from '../hosts/parse-facts.ts'
import { escapeRemote } from '../hosts/lines.ts'
import { quote } from '../shell/quote.ts'
import type { Introduced } from '../hosts/introduce.ts'
import { targetOf } from '../hosts/target.ts'
import { capture, closeAll, type Environment, type Transport, TransportError } from '../hosts/transport.ts'
import { connect } from '../hosts/connect.ts'

/** The hosts of a run: one connection each, and what speaks against those that have none. */
export interface Fleet extends AsyncDisposable {
  readonly transports: ReadonlyMap<string, Transport>
  readonly problems: readonly Problem[]
}

/**
 * Connects to every host at once, but those that were `introduced` before. Hosts that cannot be entered are Problems, not exceptions;
 * on an exception (Ctrl-C in a question) no connection is left open.
 */
export const assemble = async (
  hosts: readonly Host[],
  environment: Environment,
  connected?: (host: Host, label: string) => void,
  introduced?: Introduced,
): Promise<Fleet> => {
  const transports = new Map<string, Transport>()
  // A Set: a file that all hosts need is one Problem.
  const problems = new Set<Problem>()
  let over = false
  const dispose = async (): Promise<void> => {
    over = true
    await closeAll(new Set([...transports.values(), ...(introduced?.transports.values() ?? [])]), environment)
  }
  const enter = async (host: Host): Promise<void> => {
    const failed = introduced?.problems.get(host.key)
    if (failed) return void problems.add(failed)
    try {
      const transport = introduced?.transports.get(host.key) ?? (await connect(targetOf(host), environment))
      if (over) return await transport[Symbol.asyncDispose]()
      transports.set(host.key, transport)
      connected?.(host, transport.label)
    } catch (error) {
      if (!(error instanceof TransportError)) throw error
      problems.add(error.problem)
    }
  }
  try {
    await Promise.all(hosts.map(enter))
  } catch (error) {
    await dispose()
    throw error
  }
  const warnings = await warningsOf(environment)
  return { transports, problems: [...problems, ...warnings.values()], [Symbol.asyncDispose]: dispose }
}

const PROBE_LIMIT_MS = 90_000

/** By how many seconds a clock that was read between two moments of ours is ahead of ours. */
const aheadOf = (now: number, began: number, ended: number): number => (now > ended ? now - ended : now + 1 < began ? now - began : 0)

/** The Kubernetes release that is wanted, and whether every installed file is read and held against its digest. */
export type Asked = Readonly<{ version: string; verify: boolean }>

const probeOne = async (transport: Transport, peers: readonly string[], asked: Asked, stop: AbortSignal): Promise<Facts> => {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(PROBE_LIMIT_MS)])
  const began = Date.now() / 1000
  const settings = `PEERS=${quote(peers.join(' '))}\nVERSION=${quote(asked.version)}\nVERIFY=${asked.verify ? 'yes' : ''}\n`
  const { exit, stdout, stderr } = await capture(transport, settings + PROBE, { signal })
  if (exit !== 0) throw new Error(`the probe ended with ${exit}: ${escapeRemote(stderr.slice(-500))}`)
  const facts = await parseFacts(stdout)
  return { ...facts, ahead: aheadOf(facts.now, began, Date.now() / 1000) }
}

/** Why a host that is connected could not be looked at, and what to do. */
const unseen = ({ name, message }: Error): Pick<Problem, 'what' | 'fix'> =>
  name === 'TimeoutError'
    ? {
        what: {
          en: `looking at the host took more than ${PROBE_LIMIT_MS / 1000} s, and was given up`,
          zh: `探测主机超过 ${PROBE_LIMIT_MS / 1000} 秒，已放弃`,
        },
        fix: {
          en: 'The host is very busy or its disk is slow: see uptime and iostat there, then run the same command again.',
          zh: '主机很忙或磁盘很慢：请在该主机查看 uptime 和 iostat，然后重新运行同一命令。',
        },
      }
    : {
        what: { en: `the host could not be looked at: ${message}`, zh: `无法探测主机：${message}` },
        fix: { en: 'Log in there and see whether a shell works.', zh: '请登录该主机检查 shell 是否正常。' },
      }

/** Probes every connected host at once, one execution each. A host whose probe fails is a Problem (exit 4) and absent from the world. */
export const probe = async (
  fleet: Fleet,
  peersOf: (host: string) => readonly string[],
  asked: Asked,
  signal: AbortSignal,
): Promise<{ world: Readonly<Record<string, Facts>>; problems: readonly Problem[] }> => {
  const world: Record<string, Facts> = {}
  const problems: Problem[] = []
  await Promise.all(
    [...fleet.transports].map(async ([host, transport]) => {
      try {
        world[host] = await probeOne(transport, peersOf(host), asked, signal)
      } catch (error) {
        problems.push(
          error instanceof TransportError
            ? error.problem
            : { at: transport.label, ...unseen(error as Error), severity: 'error', exit: EXIT.unreachable },
        )
      }
    }),
  )
  signal.throwIfAborted()
  return { world: linkIssuers(world), problems }
}
