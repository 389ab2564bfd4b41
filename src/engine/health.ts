import type { Host } from '../config/hosts.ts'
import { labelOf } from '../config/hosts.ts'
import { membersOf } from '../cluster/members.ts'
import { nodesOf } from '../cluster/nodes.ts'
import type { Cluster, Context, Member } from '../cluster/types.ts'
import { unitPath } from '../cluster/unit-path.ts'
import type { World } from '../cluster/world.ts'
import type { Facts, NodeFact } from '../hosts/facts.ts'
import { EXIT, type Problem, refusal } from '../problem.ts'
import type { Resource } from '../resources/types.ts'
import { backupProblems } from '../steps/etcd-backup.ts'
import { etcdSpace, etcdStranger } from '../steps/etcd-health.ts'
import { unfit } from '../steps/preflight/unfit.ts'
import { contextsOf, wantedOnHosts } from './plan.ts'

/** How a host of the file is: its Node as the API tells it, and each unit that its roles need as the host itself tells it ("active" is well). */
export type HostHealth = Readonly<{
  member: Member
  /** undefined where the API did not tell. */
  node: NodeFact | undefined
  units: Readonly<Record<string, string>>
}>

export type Health = Readonly<{ hosts: readonly HostHealth[]; problems: readonly Problem[] }>

/** How a unit of ours is. Running is not enough: one that is masked, disabled or without its file is gone after the next boot. */
const unitState = (name: string, { units, paths }: Facts): string => {
  const unit = units[name]
  if (unit?.file.startsWith('masked')) return 'masked'
  if (paths[unitPath(name)] === undefined) return 'missing'
  if (unit?.active !== 'active') return unit?.active ?? 'inactive'
  if (!unit.enabled) return 'disabled'
  return unit.program === 'replaced' ? 'replaced' : 'active'
}

const runState = (state: Readonly<{ active: boolean; enabled: boolean }> | undefined): string =>
  state === undefined ? 'missing' : !state.active ? 'inactive' : state.enabled ? 'active' : 'disabled'

/** What the host's own steps want to run there, and how it is. */
const statesOf = (wants: readonly Resource[], facts: Facts): Record<string, string> =>
  Object.fromEntries(
    wants.flatMap((want): [string, string][] => {
      if (want.kind === 'unit') return [[want.name, unitState(want.name, facts)]]
      if (want.kind === 'service' && want.state === 'on') return [[want.name, runState(facts.services[want.name])]]
      if (want.kind === 'timer' && want.state === 'on') return [[`${want.name}.timer`, runState(facts.timers[want.name])]]
      return []
    }),
  )

const UP = { en: '`slipway plan` shows what is missing, `slipway up` mends it.', zh: '`slipway plan` 显示差异，`slipway up` 修复。' }

const unitProblems = ({ member, units }: HostHealth): Problem[] => {
  const broken = Object.entries(units).filter(([, state]) => state !== 'active')
  if (broken.length === 0) return []
  const list = broken.map(([name, state]) => `${name} ${state}`)
  return [unfit(member, { en: `not as its roles need it: ${list.join(', ')}`, zh: `未达到其角色的要求：${list.join('、')}` }, UP)]
}

/** Every host of the file that runs pods has a Node, and it is Ready. */
const nodeProblems = ({ member, node }: HostHealth): Problem[] => {
  if (!member.roles.controlPlane && !member.roles.worker) return []
  if (node === undefined)
    return [
      unfit(
        member,
        { en: `the cluster has no node ${member.nodeName}`, zh: `集群中没有节点 ${member.nodeName}` },
        { en: '`slipway up` registers it.', zh: '运行 `slipway up` 即可注册。' },
      ),
    ]
  if (node.ready) return []
  return [
    unfit(
      member,
      { en: `its node ${member.nodeName} is not Ready`, zh: `其节点 ${member.nodeName} 未就绪` },
      {
        en: `\`kubectl describe node ${member.nodeName}\` says why; \`journalctl -u kubelet\` on the host says more.`,
        zh: `\`kubectl describe node ${member.nodeName}\` 会说明原因；主机上的 \`journalctl -u kubelet\` 有更多信息。`,
      },
    ),
  ]
}

/** A control plane that was seen and did not tell which Nodes there are. */
const silence = ({ member, facts }: Context): Problem => {
  const at = labelOf(member)
  const said = facts.nodeListError === '' ? '' : `: ${facts.nodeListError}`
  if (facts.nodeList === 'refused')
    return refusal(
      at,
      { en: `its API refused to list the nodes${said}`, zh: `其 API 拒绝列出节点${said}` },
      {
        en: 'The rights of /etc/kubernetes/admin.conf are gone, or its certificate is refused: `slipway up` grants them anew.',
        zh: '/etc/kubernetes/admin.conf 的权限已丢失，或其证书被拒绝：`slipway up` 会重新授予。',
      },
      EXIT.unfit,
    )
  if (facts.api === 'absent' && facts.paths[unitPath('kube-apiserver')] === undefined)
    return refusal(
      at,
      { en: 'no cluster is installed here yet', zh: '此处尚未安装集群' },
      { en: 'Run `slipway up`.', zh: '请运行 `slipway up`。' },
      EXIT.unfit,
    )
  return refusal(
    at,
    { en: `its API does not answer${said}`, zh: `其 API 没有响应${said}` },
    {
      en: '`journalctl -u kube-apiserver -u etcd` on that host says why; `slipway up` starts what does not run.',
      zh: '该主机上的 `journalctl -u kube-apiserver -u etcd` 会说明原因；`slipway up` 会启动未运行的部分。',
    },
    EXIT.unfit,
  )
}

/** A member of etcd that runs and does not answer. */
const mute = ({ member, facts }: Context): Problem[] =>
  facts.units.etcd?.active === 'active' && facts.etcd === undefined
    ? [
        unfit(
          member,
          { en: 'its etcd runs and does not answer', zh: '其 etcd 在运行但没有响应' },
          { en: '`journalctl -u etcd` on that host says why.', zh: '该主机上的 `journalctl -u etcd` 会说明原因。' },
        ),
      ]
    : []

const read = ({ nodeList, nodes }: Facts): boolean => nodeList === 'read' || nodes.length > 0

/**
 * What is known of a running cluster, against what the file's roles need. What nobody could look at is a problem of its own: no list of Nodes is
 * never taken for an empty one.
 */
export const healthOf = (cluster: Cluster, hosts: readonly Host[], world: World): Health => {
  const members = membersOf(hosts, world)
  const contexts = contextsOf(cluster, members, world)
  const planes = contexts.filter(({ member }) => member.roles.controlPlane)
  const list = nodesOf(world)
  const wants = wantedOnHosts(cluster, hosts, world)
  const rows = members.map((member): HostHealth => {
    const facts = world[member.key]
    return {
      member,
      node: list?.find(({ name }) => name === member.nodeName),
      units: facts ? statesOf(wants.get(member.key) ?? [], facts) : {},
    }
  })
  const seen = rows.filter(({ member }) => world[member.key] !== undefined)
  return {
    hosts: rows,
    problems: [
      ...seen.flatMap(unitProblems),
      ...(list === undefined ? [] : seen.flatMap(nodeProblems)),
      ...planes.filter(({ facts }) => !read(facts)).map(silence),
      ...contexts.flatMap((context) => [
        ...(context.member.roles.etcd ? [...mute(context), ...etcdSpace(context), ...etcdStranger(context)] : []),
        ...(context.member.roles.controlPlane ? backupProblems(context) : []),
      ]),
    ],
  }
}
