import { peerUrl } from '../../cluster/etcd-view.ts'
import { runningFlag, runsAs } from '../../cluster/runs-as.ts'
import { EXIT, type Problem } from '../../problem.ts'
import type { Text } from '../../text.ts'
import type { Step } from '../types.ts'
import type { Context, Member } from '../../cluster/types.ts'

const refuse = (member: Member, key: string, what: Text, fix: Text): Problem => ({
  at: `${member.at}.${key}`,
  what,
  fix,
  severity: 'error',
  exit: EXIT.config,
})

/** Two hosts that change names with each other would each delete the other's Node. */
const swapped = ({ members, world }: Context): Problem[] =>
  members.flatMap((member) => {
    const other = members.find(({ key }) => key !== member.key && runsAs(world[key]) === member.nodeName)
    if (other === undefined || runsAs(world[member.key]) === member.nodeName) return []
    return [
      refuse(
        member,
        'hostname_override',
        { en: `${member.nodeName} is still the name of ${other.address}`, zh: `${member.nodeName} 仍是 ${other.address} 的名称` },
        {
          en: `Give ${other.address} its new name first, run \`slipway up\`, then give this one the name.`,
          zh: `请先为 ${other.address} 改名并运行 \`slipway up\`，再将该名称用于此主机。`,
        },
      ),
    ]
  })

/** Members whose etcd runs under another address than the file says now. */
const movedEtcd = ({ members, world }: Context): Member[] =>
  members.filter(({ key, roles, ip }) => {
    const running = runningFlag(world[key], 'etcd', 'initial-advertise-peer-urls')
    return roles.etcd && running !== undefined && running !== peerUrl({ ip })
  })

/** Each move takes one member away for a moment, and the others must know where it went: one at a time, a look in between. */
const tooMany = (context: Context): Problem[] => {
  const moved = movedEtcd(context)
  return moved.length < 2
    ? []
    : moved.map((member) =>
        refuse(
          member,
          member.internalAddress === undefined ? 'address' : 'internal_address',
          {
            en: `the addresses of ${moved.length} etcd members change at once (${moved.map(({ nodeName }) => nodeName).join(', ')})`,
            zh: `一次更改了 ${moved.length} 个 etcd 成员的地址（${moved.map(({ nodeName }) => nodeName).join('、')}）`,
          },
          { en: 'Change one, run `slipway up`, then the next.', zh: '请先更改一个并运行 `slipway up`，再改下一个。' },
        ),
      )
}

/** Whether hosts that get another name or address can get it in this run. */
export const preflightMoves: Step = {
  id: 'preflight-moves',
  title: { en: 'Checks of names and addresses', zh: '名称与地址变更检查' },
  on: 'one-control-plane',
  problems: (context) => [...swapped(context), ...tooMany(context)],
  resources: () => [],
}
