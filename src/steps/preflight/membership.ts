import { etcdView, peerUrl } from '../../cluster/etcd-view.ts'
import { runningFlag, runsAs } from '../../cluster/runs-as.ts'
import { EXIT, type Problem } from '../../problem.ts'
import type { Text } from '../../text.ts'
import type { Step } from '../types.ts'
import type { Context } from '../../cluster/types.ts'

const refuse = (context: Context, what: Text, name: string): Problem => ({
  at: context.member.at.split(' ')[0] ?? '',
  what,
  fix: {
    en: `Put its entry back. To be rid of it: \`slipway node remove ${name}\` with the entry in place, so that its host is cleaned; --force if that is gone.`,
    zh: `请恢复其条目。如需移除：保留条目并运行 \`slipway node remove ${name}\`，以便清理其主机；若主机已不存在，请加 --force。`,
  },
  severity: 'error',
  exit: EXIT.unfit,
})

/** The old name of a host that is in the file under another one: it goes by itself (engine/renames.ts). */
const isRenamed = ({ members: all, world }: Context, name: string): boolean => all.some(({ key }) => runsAs(world[key]) === name)

/** Nodes that Slipway made and the file does not name. A deleted line is no order to remove: it may be a slip of the editor. */
const nodes = (context: Context): Problem[] =>
  context.facts.nodes
    .filter(
      ({ name, managed }) => managed !== '' && !context.members.some(({ nodeName }) => nodeName === name) && !isRenamed(context, name),
    )
    .map(({ name }) =>
      refuse(context, { en: `the node ${name} is in the cluster but not in the file`, zh: `节点 ${name} 在集群中，但不在文件中` }, name),
    )

/** The old name of a member whose host has another name or address by now. */
const wasEtcd = ({ members: all, world }: Context, name: string): boolean =>
  name !== '' && all.some(({ key, roles }) => roles.etcd && runningFlag(world[key], 'etcd', 'name') === name)

const members = (context: Context): Problem[] =>
  etcdView(context.members, context.world)
    .members.filter(({ name, peer }) => !context.members.some((member) => member.nodeName === name || peer === peerUrl(member)))
    .filter(({ name }) => !wasEtcd(context, name))
    // Its Node has been spoken of, unless the run that made it was cut off before it set anything on it.
    .filter(({ name }) => !context.facts.nodes.some((node) => node.name === name && node.managed !== ''))
    .map(({ name, peer }) =>
      refuse(
        context,
        {
          en: `the etcd member ${name || peer} is in the cluster but not in the file`,
          zh: `etcd 成员 ${name || peer} 在集群中，但不在文件中`,
        },
        name || peer,
      ),
    )

/** A host that does not answer and has no name in the file may be any of the strangers: then nobody is accused. */
const someoneUnknown = ({ members: all, facts, world }: Context): boolean =>
  all.some(
    ({ key, name, nodeName }) => world[key] === undefined && name === undefined && !facts.nodes.some((node) => node.name === nodeName),
  )

/** Whether the cluster holds anybody the file does not know. */
export const preflightMembership: Step = {
  id: 'preflight-membership',
  title: { en: 'Checks of membership', zh: '成员检查' },
  on: 'one-control-plane',
  problems: (context) => (someoneUnknown(context) ? [] : [...nodes(context), ...members(context)]),
  resources: () => [],
}
