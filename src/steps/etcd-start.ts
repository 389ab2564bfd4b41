import { clientUrl, etcdView, peerUrl, sameEtcd } from '../cluster/etcd-view.ts'
import { acceptsMember } from '../cluster/quorum.ts'
import type { Problem } from '../problem.ts'
import type { Text } from '../text.ts'
import { controlPlanes, etcdMembers } from '../cluster/roles.ts'
import { restoringOf } from './restoring.ts'
import type { Context } from '../cluster/types.ts'
import { unfit } from './preflight/unfit.ts'

/** Read by etcd's unit, once: a member that has data does not look at it. */
export const BOOTSTRAP = '/etc/slipway/etcd-bootstrap.env'

/** Where the other members are asked for this one: those that vote and answer; before any does, those that have data. */
export const othersOf = (context: Context): readonly string[] => {
  const { member, members, world } = context
  const { healthy } = etcdView(members, world)
  return etcdMembers(context)
    .filter((one) => one.key !== member.key && (healthy.size > 0 ? healthy.has(peerUrl(one)) : world[one.key]?.etcdData))
    .map(clientUrl)
}

export type Start = Readonly<
  | { how: 'has-data' }
  | { how: 'restore'; cluster: string; bump: number }
  | { how: 'found'; text: string }
  | { how: 'join'; endpoints: readonly string[] }
>

/**
 * How this member comes to its data. While no member has any, all are founded together from one list. A member that was founded but cut off
 * before it started takes the list its fellows were started with, as long as those cannot answer alone. Anything later joins as a learner.
 */
export const startOf = (context: Context): Start => {
  const { facts, member, members, world, config } = context
  if (facts.etcdData) return { how: 'has-data' }
  const restoring = restoringOf(facts)
  if (restoring) return { how: 'restore', cluster: restoring.cluster, bump: restoring.bump }
  const running = etcdMembers(context).filter(({ key }) => key !== member.key && world[key]?.etcdData)
  if (etcdView(members, world).members.length > 0) return { how: 'join', endpoints: othersOf(context) }
  const founding = running.map(({ key }) => world[key]?.paths[BOOTSTRAP]?.text ?? '').find((text) => text.includes(peerUrl(member)))
  if (founding) return { how: 'found', text: founding }
  const cluster = etcdMembers(context)
    .map((one) => `${one.nodeName}=${peerUrl(one)}`)
    .sort()
    .join(',')
  return {
    how: 'found',
    text: `SLIPWAY_BOOTSTRAP=--initial-cluster=${cluster} --initial-cluster-token=${config.cluster_name} --initial-cluster-state=new\n`,
  }
}

/** Whether the nodes of this cluster were begun with: only after all of etcd had been founded. */
const isEstablished = (context: Context): boolean =>
  controlPlanes(context).some(({ key }) => context.world[key]?.paths['/etc/kubernetes/kubelet.conf'] !== undefined)

const refuse = ({ member }: Context, what: Text, fix: Text): Problem[] => [unfit(member, what, fix)]

/** A member whose data are gone would vote again for what it has forgotten (etcd.io, "replace a failed member"). */
const forgetful = (context: Context): Problem[] => {
  const { nodeName } = context.member
  return refuse(
    context,
    {
      en: `etcd knows ${nodeName} as a member, but its data are gone: the host was installed anew, or its disk is another one`,
      zh: `etcd 中已有成员 ${nodeName}，但其数据已不存在：主机被重装或更换了磁盘`,
    },
    {
      en: `Run \`slipway node replace ${nodeName}\`: the old member goes, and this host joins as a new one.`,
      zh: `请运行 \`slipway node replace ${nodeName}\`：移除旧成员，本机作为新成员加入。`,
    },
  )
}

const removed = (context: Context): Problem[] => {
  const { nodeName } = context.member
  return refuse(
    context,
    {
      en: `it holds data of an etcd member that is none any more: ${nodeName} was taken out of the cluster`,
      zh: `其 etcd 数据所属的成员已不在集群中：${nodeName} 此前已被移出`,
    },
    {
      en: `To let it join again, clean it first: \`slipway reset --limit ${nodeName}\`.`,
      zh: `要让其重新加入，请先清理：\`slipway reset --limit ${nodeName}\`。`,
    },
  )
}

const unanswered = (context: Context): Problem[] =>
  refuse(
    context,
    {
      en: 'etcd does not answer on any host, and this one has no data: founding it anew would lose the cluster',
      zh: '所有主机上的 etcd 均无响应，且本机没有数据：重新创建 etcd 会丢失整个集群',
    },
    {
      en: 'Bring the other members back, or restore a snapshot.',
      zh: '请恢复其他成员，或从快照恢复。',
    },
  )

const full = (context: Context, voters: number, healthy: number): Problem[] =>
  refuse(
    context,
    {
      en: `etcd takes no new member while only ${healthy} of its ${voters} members are healthy`,
      zh: `etcd 的 ${voters} 个成员中只有 ${healthy} 个健康，此时不接受新成员`,
    },
    {
      en: 'Bring the others back, or take one that is gone for good out with `slipway node remove NAME --force`.',
      zh: '请恢复其他成员；若某成员已无法恢复，请用 `slipway node remove NAME --force` 将其移出。',
    },
  )

/** What forbids this host to start as a member of etcd. */
export const startProblems = (context: Context): readonly Problem[] => {
  const { facts, member, members, world } = context
  // Its data are on their way from a backup.
  if (restoringOf(facts)) return []
  const { members: listed, voters, healthy } = etcdView(members, world)
  const own = listed.find(({ name, peer }) => peer === peerUrl(member) || name === member.nodeName)
  const isOfThem = etcdMembers(context).some(
    ({ key }) => key !== member.key && world[key]?.etcdMembers.length && sameEtcd(facts, world[key]),
  )
  if (facts.etcdData) return isOfThem && facts.etcdMembers.length === 0 && !own ? removed(context) : []
  if (own) return own.started ? forgetful(context) : []
  if (listed.length > 0) return acceptsMember(voters.length, healthy.size) ? [] : full(context, voters.length, healthy.size)
  return isEstablished(context) ? unanswered(context) : []
}
