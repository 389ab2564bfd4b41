import { drainsOf, type MovedPod, parseMovedPods, withPods } from '../engine/drain-pods.ts'
import type { Plan } from '../engine/change.ts'
import { capture, type Transport } from '../hosts/transport.ts'
import { escapeRemote } from '../hosts/lines.ts'
import { EXIT, ProblemError, refusal } from '../problem.ts'
import { quote } from '../shell/quote.ts'
import { onHost } from '../shell/script.ts'
import { planOf, type Session } from './session.ts'

/** Prints the pods that drains of these nodes would move; changes nothing on the host. */
export const podsScript = (nodes: readonly string[]): string =>
  onHost(`RUN=$(mktemp -d)\ntrap 'rm -rf "$RUN"' EXIT\npods_of ${nodes.map(quote).join(' ')}\n`, { enters: false })

/** The pods that drains of these nodes would move, as a control plane tells. Throws ProblemError. */
export const podsOn = async (transport: Transport, nodes: readonly string[], signal: AbortSignal): Promise<readonly MovedPod[]> => {
  const { exit, stdout, stderr } = await capture(transport, podsScript(nodes), { signal })
  if (exit === 0) return parseMovedPods(stdout)
  const said = escapeRemote(stderr.trim().split('\n').at(-1) ?? '')
  throw new ProblemError(
    refusal(
      transport.label,
      { en: `it could not list the pods that a drain would move: ${said}`, zh: `无法列出排空时要迁走的 Pod：${said}` },
      { en: 'See `slipway status`, and run the same command again.', zh: '请查看 `slipway status`，然后再次运行同一命令。' },
      EXIT.unfit,
    ),
  )
}

/** The plan for what a session saw, with what its drains delete. */
export const planWithPods = async (session: Pick<Session, 'intent' | 'world' | 'fleet'>, signal: AbortSignal): Promise<Plan> => {
  const plan = planOf(session)
  const drains = drainsOf(plan)
  const [first] = drains
  const transport = first && session.fleet.transports.get(first.host)
  if (!transport) return plan
  const nodes = drains.map(({ want }) => want.node)
  try {
    return withPods(plan, await podsOn(transport, nodes, signal))
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    return { ...plan, problems: [...plan.problems, error.problem] }
  }
}
