import { confirmWords } from '../cluster/identity.ts'
import type { Problem } from '../problem.ts'
import { authoritiesOf } from '../resources/generations.ts'
import type { Text } from '../text.ts'
import { peerUrl, sameEtcd } from '../cluster/etcd-view.ts'
import type { Context, Member } from '../cluster/types.ts'
import { notice, unfit } from './preflight/unfit.ts'

const MIB = 1024 * 1024
const mib = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`

/** What defragmentation gives back is worth a member's absence of some seconds from a tenth of its file and 16 MiB on. */
export const worthDefragmenting = ({ size, inUse }: Readonly<{ size: number; inUse: number }>): boolean =>
  size - inUse >= 16 * MIB && size - inUse >= size / 10

/** From here on a person should act: at the quota etcd takes no more writes. */
const FULL = 0.8

const raise = (quota: number): Text => ({
  en: `Raise \`services.etcd.extra_args: {quota-backend-bytes: "${quota * 2}"}\`, run \`slipway up\`, then \`slipway etcd defrag\`, which also clears the alarm.`,
  zh: `请调大 \`services.etcd.extra_args: {quota-backend-bytes: "${quota * 2}"}\`，运行 \`slipway up\`，再运行 \`slipway etcd defrag\`（同时解除警报）。`,
})

const defrag: Text = {
  en: '`slipway etcd defrag` gives the free part back, one member at a time, and clears the alarm.',
  zh: '`slipway etcd defrag` 会逐个成员回收空闲空间并解除警报。',
}

/** Of what is in use nobody knows from here how much is old history, which costs nothing to drop. */
const compactFirst = (quota: number): Text => ({
  en: `\`slipway etcd defrag\` drops the history, gives back what was free and clears the alarm. If that is not enough: ${raise(quota).en}`,
  zh: `\`slipway etcd defrag\` 会清理历史、回收空间并解除警报。如仍不足：${raise(quota).zh}`,
})

/** What one member's file says: no space, or soon none; and what another member says of this one. Warnings, because the way out may be an `up`. */
export const etcdSpace = (context: Context): Problem[] => {
  const { etcd } = context.facts
  if (!etcd || etcd.quota === 0) return []
  const { size, inUse, quota, alarms } = etcd
  const fix = inUse < quota * FULL && worthDefragmenting(etcd) ? defrag : raise(quota)
  if (alarms.includes('NOSPACE'))
    return [
      notice(
        context.member,
        {
          en: `etcd takes no writes: the NOSPACE alarm is on (${mib(size)} of ${mib(quota)}, ${mib(inUse)} in use)`,
          zh: `etcd 已停止写入：NOSPACE 警报（${mib(size)} / ${mib(quota)}，使用中 ${mib(inUse)}）`,
        },
        // A single member may be full of what another has given back already: clearing the alarm is all that is left to do.
        size < quota * FULL || fix === defrag ? defrag : compactFirst(quota),
      ),
    ]
  if (size < quota * FULL) return []
  return [
    notice(
      context.member,
      {
        en: `etcd's file is ${mib(size)} of ${mib(quota)} (${mib(inUse)} in use); at the quota it takes no more writes`,
        zh: `etcd 数据文件为 ${mib(size)} / ${mib(quota)}（使用中 ${mib(inUse)}）；达到配额后将停止写入`,
      },
      fix,
    ),
  ]
}

const goesOn = ({ member, config, world }: Context): Problem => {
  const [word] = confirmWords({ name: config.cluster_name, ca: authoritiesOf(world, 'ca').map(({ key }) => key) }, member.nodeName)
  return unfit(
    member,
    { en: 'its etcd data are of a cluster that goes on without it', zh: '其 etcd 数据属于已将其排除在外的集群' },
    {
      en: `Run \`slipway reset --limit ${member.nodeName} --confirm ${word}\`, then \`slipway up\`: it joins anew.`,
      zh: `请运行 \`slipway reset --limit ${member.nodeName} --confirm ${word}\`，再运行 \`slipway up\` 重新加入。`,
    },
  )
}

const split = ({ member }: Context, others: readonly Member[]): Problem => {
  const names = others.map(({ nodeName }) => nodeName)
  return unfit(
    member,
    {
      en: `its etcd and that of ${names.join(', ')} do not know each other: each goes on by itself`,
      zh: `其 etcd 与 ${names.join('、')} 的 etcd 互不相识，各自独立运行`,
    },
    {
      en: `Decide which of them holds the cluster (\`kubectl get all -A\` on each). Take a backup of the other (\`etcdctl snapshot save\`) before you reset its host.`,
      zh: `请在各主机上运行 \`kubectl get all -A\`，确认哪一个是要保留的集群；重置另一台主机之前先备份其 etcd（\`etcdctl snapshot save\`）。`,
    },
  )
}

/**
 * Data of a member that the others do not know: it was away while the cluster was recovered or restored without it, or while it was removed.
 * Two of the kind could even form a quorum of their own. Only members by the file are heard, of an etcd that once was the same. Nobody is told to reset
 * a host unless it stands alone against several that know each other: else each side would be told so of itself.
 */
export const etcdStranger = (context: Context): Problem[] => {
  const { member, members, world, facts } = context
  // One that does not even answer is spoken of before it starts (etcd-start.ts).
  if (!facts.etcdData || facts.etcdMembers.length === 0) return []
  const lists = (one: Member, other: Member): boolean => world[one.key]?.etcdMembers.some(({ peer }) => peer === peerUrl(other)) ?? false
  const heard = members.filter(
    (one) =>
      one.key !== member.key &&
      one.roles.etcd &&
      world[one.key]?.etcd &&
      (world[one.key]?.etcdMembers ?? []).length > 0 &&
      sameEtcd(facts, world[one.key]),
  )
  const strangers = heard.filter((one) => !lists(one, member))
  if (strangers.length === 0) return []
  const agree = strangers.filter((one) => strangers.some((other) => other !== one && lists(other, one) && lists(one, other)))
  return strangers.length === heard.length && agree.length > 1 ? [goesOn(context)] : [split(context, strangers)]
}
