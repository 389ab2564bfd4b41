import { EXIT, type Problem, refusal } from '../problem.ts'
import type { DrainResource } from '../resources/types.ts'
import type { Plan } from './change.ts'

/** A pod that a drain would move. `naked`: no controller makes it again. `local`: it has emptyDir data. */
export type MovedPod = Readonly<{ node: string; name: string; naked: boolean; local: boolean }>

/** Reads what pods_of printed (shell/drain.sh). */
export const parseMovedPods = (output: string): readonly MovedPod[] =>
  [...output.matchAll(/^(\S+) (naked|made) (local|-) (\S+) \S+( going)?$/gm)].map(([, node = '', made, stored, name = '']) => ({
    ...{ node, name, naked: made === 'naked', local: stored === 'local' },
  }))

const MOST_NAMES = 20

const named = (pods: readonly MovedPod[]): string => {
  const names = pods.slice(0, MOST_NAMES).map(({ name }) => name)
  return [...names, ...(pods.length > MOST_NAMES ? [`... (${pods.length})`] : [])].join(', ')
}

type Rules = Pick<DrainResource, 'node' | 'force' | 'deleteLocalData'>

/** What cluster.yml does not allow a drain to delete. */
export const drainProblems = ({ node, force, deleteLocalData }: Rules, pods: readonly MovedPod[]): Problem[] => {
  const here = pods.filter((pod) => pod.node === node)
  const [naked, local] = [here.filter((pod) => pod.naked), here.filter((pod) => pod.local)]
  const problem = (what: Problem['what'], key: string): Problem =>
    refusal(
      node,
      what,
      {
        en: `Delete them yourself (kubectl delete pod), or set upgrade_strategy.node_drain_input.${key} to true.`,
        zh: `请自行删除（kubectl delete pod），或将 upgrade_strategy.node_drain_input.${key} 设为 true。`,
      },
      EXIT.unfit,
    )
  return [
    ...(force || naked.length === 0
      ? []
      : [
          problem(
            {
              en: `no controller makes these pods again after a drain: ${named(naked)}`,
              zh: `排空后没有控制器会重建这些 Pod：${named(naked)}`,
            },
            'force',
          ),
        ]),
    ...(deleteLocalData || local.length === 0
      ? []
      : [
          problem(
            {
              en: `a drain would delete the emptyDir data of these pods: ${named(local)}`,
              zh: `排空会删除这些 Pod 的 emptyDir 数据：${named(local)}`,
            },
            'delete_local_data',
          ),
        ]),
  ]
}

/** The nodes that a plan drains, each with its control plane. */
export const drainsOf = ({ changes }: Plan): readonly Readonly<{ host: string; want: DrainResource }>[] =>
  changes.flatMap(({ host, want }) => (want.kind === 'drain' ? [{ host, want }] : []))

/** The plan with what its drains delete: each pod that nothing makes again as a line, those with emptyDir data as a number. */
export const withPods = ({ changes, problems }: Plan, pods: readonly MovedPod[]): Plan => ({
  changes: changes.map((change) => {
    const { want, difference } = change
    if (want.kind !== 'drain') return change
    const here = pods.filter(({ node }) => node === want.node)
    const local = here.filter((pod) => pod.local).length
    const lines = here.filter((pod) => pod.naked).map(({ name }) => `-pod ${name} (no controller makes it again)`)
    const reason = {
      en: `${difference.reason.en}${local > 0 ? `; pods that lose their emptyDir data: ${local}` : ''}`,
      zh: `${difference.reason.zh}${local > 0 ? `；将丢失 emptyDir 数据的 Pod：${local} 个` : ''}`,
    }
    return { ...change, difference: { ...difference, reason, ...(lines.length > 0 ? { diff: lines.sort().join('\n') } : {}) } }
  }),
  problems: [...problems, ...changes.flatMap(({ want }) => (want.kind === 'drain' ? drainProblems(want, pods) : []))],
})
