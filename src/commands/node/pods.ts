import type { Member } from '../../cluster/types.ts'
import { drainProblems, type MovedPod } from '../../engine/drain-pods.ts'
import { drainOf } from '../../resources/drain.ts'
import { podsOn } from '../../run/drain-look.ts'
import { exitOf, type Session, sayProblems } from '../../run/session.ts'
import type { Io } from '../../run/types.ts'
import { say } from './say.ts'

const shown = (node: string, pods: readonly MovedPod[], io: Io): void => {
  const here = pods.filter((pod) => pod.node === node)
  const naked = here.filter((pod) => pod.naked).map(({ name }) => name)
  const local = here.filter((pod) => pod.local).length
  if (naked.length > 0)
    say(
      io,
      `${node}: pods that are deleted, and that no controller makes again: ${naked.join(', ')}`,
      `${node}：将被删除且没有控制器会重建的 Pod：${naked.join('、')}`,
    )
  if (local > 0) say(io, `${node}: pods that lose their emptyDir data: ${local}`, `${node}：将丢失 emptyDir 数据的 Pod：${local} 个`)
}

const lookAt = async ({ fleet }: Session, delegate: Member, nodes: readonly string[], io: Io): Promise<readonly MovedPod[]> => {
  const transport = fleet.transports.get(delegate.key)
  return transport && nodes.length > 0 ? await podsOn(transport, nodes, io.signal) : []
}

/** What is lost with these nodes: shown before anybody is asked. */
export const sayLost = async (session: Session, delegate: Member, nodes: readonly string[], io: Io): Promise<void> => {
  const pods = await lookAt(session, delegate, nodes, io)
  for (const node of nodes) shown(node, pods, io)
}

/** Shows what drains of these nodes delete, or what cluster.yml does not let them delete; EXIT.done when all is allowed. */
export const drainsAllowed = async (session: Session, delegate: Member, nodes: readonly string[], io: Io): Promise<number> => {
  const pods = await lookAt(session, delegate, nodes, io)
  const problems = nodes.flatMap((node) => drainProblems(drainOf(session.intent.config, node, ''), pods))
  if (problems.length === 0) for (const node of nodes) shown(node, pods, io)
  sayProblems(problems, io)
  return exitOf(problems)
}
