import { labelOf } from '../config/hosts.ts'
import type { Facts } from '../hosts/facts.ts'
import type { Problem } from '../problem.ts'
import { RESTORING } from '../resources/etcd-restore.ts'
import type { RestoreEndResource } from '../resources/types.ts'
import type { Step } from './types.ts'
import type { Context, Member } from '../cluster/types.ts'
import { unfit } from './preflight/unfit.ts'

/**
 * A restore that is under way, as every host remembers it. `id`: of the backup. `began`: milliseconds since 1970. `bump`: by how much the backup's
 * revision is raised, the same on all members. `ready` is false until every host is prepared: before that nothing may start, because members with
 * the old data and members with the new would meet. `cluster` is etcd's initial cluster.
 */
export type Restoring = Readonly<{ id: string; began: number; bump: number; ready: boolean; cluster: string }>

/**
 * By how much to raise the revision of a backup. Revisions must never seem to go back: clients that saw later ones would wait for them for ever
 * (etcd.io, disaster recovery, "restoring with revision bump"). A fixed amount is not enough, for the cluster may have been restored before, from
 * this very backup; so a restored cluster goes on from the microseconds since 1970, which no earlier one can have reached.
 */
export const bumpOf = (began: number, revision: number): number => {
  const bump = began * 1000 - revision
  return bump > 0 ? bump : 1_000_000_000
}

/** The text of the file that says so. */
export const restoringText = ({ id, began, bump, ready, cluster }: Restoring): string =>
  `id=${id}\nbegan=${began}\nbump=${bump}\nready=${ready ? 'yes' : 'no'}\ncluster=${cluster}\n`

/** What one host says of a restore. */
export const restoringOf = (facts: Facts | undefined): Restoring | undefined => {
  const text = facts?.paths[RESTORING]?.text
  if (text === undefined) return undefined
  const of = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? ''
  return { id: of('id'), began: Number(of('began')), bump: Number(of('bump')), ready: of('ready') === 'yes', cluster: of('cluster') }
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

/** What a control plane is told of the Nodes of cluster.yml: the API that could name a host which does not answer is not there yet. */
const nodesOf = ({ members, world }: Context): Pick<RestoreEndResource, 'nodes' | 'unnamed'> => {
  const isNamed = ({ key, name }: Member): boolean => world[key] !== undefined || name !== undefined
  const unnamed = members.filter((member) => !isNamed(member)).map((member) => ({ host: labelOf(member), ip: member.ip }))
  return { nodes: members.filter(isNamed).map(({ nodeName }) => nodeName), ...(unnamed.length > 0 ? { unnamed } : {}) }
}

export const afterRestore: Step = {
  id: 'after-restore',
  title: { en: 'After a restore', zh: '恢复之后' },
  on: 'every',
  problems: unprepared,
  resources: (context) =>
    restoringOf(context.facts) ? [{ kind: 'restore-end', ...(context.member.roles.controlPlane ? nodesOf(context) : {}) }] : [],
}
