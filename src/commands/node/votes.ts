import type { Nobody, Removal } from '../../engine/removal.ts'
import { EXIT } from '../../problem.ts'
import type { Task } from './run.ts'
import { say } from './say.ts'
import { deleteNodeScript, removeMemberScript } from './scripts.ts'
import type { Io } from '../../run/types.ts'

/** Shows what the removal does to etcd's quorum; whether it may be done. */
export const provenQuorum = ({ name, votes }: Removal, io: Io): boolean => {
  if (!votes) return true
  const { members, healthy, membersAfter, healthyAfter, needed, allowed } = votes
  say(
    io,
    `etcd: ${healthy} of ${members} members are healthy; without ${name} ${healthyAfter} of ${membersAfter}, and ${needed} are needed.`,
    `etcd：${members} 个成员中 ${healthy} 个健康；移除 ${name} 后 ${membersAfter} 个成员中 ${healthyAfter} 个健康，至少需要 ${needed} 个。`,
  )
  if (!allowed)
    say(
      io,
      `Removing ${name} would cost the quorum. Bring the other members back first.`,
      `移除 ${name} 会失去法定人数，请先恢复其他成员。`,
    )
  return allowed
}

/** Takes its member off etcd's list, then deletes its Node; what is not there is left out. */
export const leavingTasks = ({ name, node, member, voter, delegate }: Removal): Task[] => [
  ...(member && voter
    ? [
        {
          member: voter,
          en: `Taking ${name} off the list of etcd's members.`,
          zh: `从 etcd 成员列表中移除 ${name}。`,
          script: removeMemberScript(member, voter),
        },
      ]
    : []),
  ...(node ? [{ member: delegate, en: `Deleting the Node ${name}.`, zh: `删除 Node ${name}。`, script: deleteNodeScript(name) }] : []),
]

/** There is nobody to do it: says why, and with which exit code. */
export const nobody = (why: Nobody, name: string, io: Io): number => {
  if (why === 'last') {
    say(
      io,
      `${name} is the only control plane of this file: the cluster does not live without it. From a backup, on a new host in its place: slipway etcd restore. To take the whole cluster away: slipway reset.`,
      `${name} 是文件中唯一的控制平面，集群离不开它。如需在新主机上从备份恢复：slipway etcd restore。如需移除整个集群：slipway reset。`,
    )
    return EXIT.unfit
  }
  if (why === 'unheard') {
    say(
      io,
      `No other member of etcd answers, so the vote of ${name} cannot be taken away. Nothing was changed. See what keeps etcd: slipway check.`,
      `没有其他 etcd 成员响应，无法移除 ${name} 的投票权，未做任何更改。请用 slipway check 查看 etcd 的问题。`,
    )
    return EXIT.unreachable
  }
  say(io, 'No other control plane answers: there is nobody to do it.', '没有其他控制平面响应，无法执行。')
  return EXIT.unreachable
}
