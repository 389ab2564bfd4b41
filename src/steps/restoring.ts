import type { Facts } from '../hosts/facts.ts'
import type { Problem } from '../problem.ts'
import { RESTORING } from '../resources/etcd-restore.ts'
import type { Context, Step } from './types.ts'
import { unfit } from './unfit.ts'

/**
 * A restore that is under way, as every host remembers it. `ready` is false until every host is prepared: before that nothing may start, because
 * members with the old data and members with the new would meet. `cluster` is etcd's initial cluster.
 */
export type Restoring = Readonly<{ id: string; ready: boolean; cluster: string }>

/** The text of the file that says so. */
export const restoringText = ({ id, ready, cluster }: Restoring): string => `id=${id}\nready=${ready ? 'yes' : 'no'}\ncluster=${cluster}\n`

/** What one host says of a restore. */
export const restoringOf = (facts: Facts | undefined): Restoring | undefined => {
  const text = facts?.paths[RESTORING]?.text
  if (text === undefined) return undefined
  const of = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? ''
  return { id: of('id'), ready: of('ready') === 'yes', cluster: of('cluster') }
}

const unprepared = ({ member, facts }: Context): Problem[] => {
  const restoring = restoringOf(facts)
  return restoring === undefined || restoring.ready
    ? []
    : [
        unfit(
          member,
          { en: 'a restore of etcd was interrupted before all hosts were prepared', zh: 'etcd 恢复在所有主机准备完成之前中断' },
          { en: 'Run the same `slipway etcd restore` again.', zh: '请再次运行同一条 `slipway etcd restore` 命令。' },
        ),
      ]
}

export const afterRestore: Step = {
  id: 'after-restore',
  title: { en: 'After a restore', zh: '恢复之后' },
  on: 'every',
  problems: unprepared,
  resources: ({ member, members, facts }) =>
    restoringOf(facts)
      ? [{ kind: 'restore-end', ...(member.roles.controlPlane ? { nodes: members.map(({ nodeName }) => nodeName) } : {}) }]
      : [],
}
