import { ETCD_STEPS } from '../../config/components.ts'
import { labelOf } from '../../config/hosts.ts'
import { type Problem, refusal } from '../../problem.ts'
import type { Text } from '../../text.ts'
import { etcdMembers } from '../../cluster/roles.ts'
import { restoringOf } from '../restoring.ts'
import { compareVersions, parts, runningVersion } from '../../cluster/versions.ts'
import type { Step } from '../types.ts'
import type { Context } from '../../cluster/types.ts'

const refuse = ({ member }: Context, what: Text, fix: Text): Problem => refusal(labelOf(member), what, fix)

/** kube-apiserver may not go back, and not skip a minor (kubernetes.io, Version Skew Policy). */
const kubernetes = (context: Context): Problem[] => {
  const running = runningVersion(context.facts, 'kube-apiserver', 'kubernetes')
  const wanted = context.release.kubernetes
  if (running === undefined) return []
  if (compareVersions(wanted, running) < 0)
    return [
      refuse(
        context,
        { en: `it runs Kubernetes ${running}, newer than ${wanted}`, zh: `正在运行 Kubernetes ${running}，比 ${wanted} 新` },
        {
          en: `Set kubernetes_version to ${running} or newer: what etcd holds cannot go back.`,
          zh: `请将 kubernetes_version 设为 ${running} 或更新：etcd 中的数据无法降级。`,
        },
      ),
    ]
  const next = parts(running)[1] + 1
  if (parts(wanted)[1] > next)
    return [
      refuse(
        context,
        {
          en: `it runs Kubernetes ${running}; ${wanted} would skip a minor`,
          zh: `正在运行 Kubernetes ${running}；直接升级到 ${wanted} 会跳过次版本`,
        },
        { en: `Upgrade to v1.${next} first.`, zh: `请先升级到 v1.${next}。` },
      ),
    ]
  return []
}

/**
 * Whether all members that are seen run a newer minor than is wanted: then the cluster's own version is that one. While one member has the old one, the
 * others can go back to it (etcd.io, upgrade guides, "Downgrade").
 */
const isRaised = (context: Context): boolean => {
  const versions = etcdMembers(context).flatMap(({ key }) => runningVersion(context.world[key], 'etcd', 'etcd') ?? [])
  return versions.length > 0 && versions.every((version) => parts(version)[1] > parts(context.release.etcd)[1])
}

/** etcd goes one minor at a time, from a patch that can (ETCD_STEPS), and not back: an upgrade that was cut off behind it has no other trace yet. */
const etcd = (context: Context): Problem[] => {
  const running = runningVersion(context.facts, 'etcd', 'etcd')
  const wanted = context.release.etcd
  if (running === undefined) return []
  // A backup brings its own data: there is nothing that would have to go back.
  if (isRaised(context) && !restoringOf(context.facts))
    return [
      refuse(
        context,
        { en: `it runs etcd ${running}, newer than ${wanted}`, zh: `正在运行 etcd ${running}，比 ${wanted} 新` },
        {
          en: 'Set kubernetes_version to the release whose upgrade was begun, and go on with it: what etcd holds cannot go back.',
          zh: '请将 kubernetes_version 设为已开始升级的目标版本并继续升级：etcd 中的数据无法降级。',
        },
      ),
    ]
  const minor = (version: string): string => parts(version).slice(0, 2).join('.')
  const step = ETCD_STEPS.find(({ from, to }) => from === minor(running) && to === minor(wanted))
  if (parts(wanted)[1] <= parts(running)[1] || (step && compareVersions(running, step.floor) >= 0)) return []
  return [
    refuse(
      context,
      { en: `it runs etcd ${running}; ${wanted} cannot follow it directly`, zh: `正在运行 etcd ${running}；无法直接升级到 ${wanted}` },
      {
        en: `Set components.etcd to the newest patch ${step ? `of ${step.from}` : 'of the minor between'}, run slipway up, and take the line out again.`,
        zh: `请将 components.etcd 设为${step ? ` ${step.from} ` : '中间次版本'}的最新补丁，运行 slipway up，然后删除此行。`,
      },
    ),
  ]
}

/** Whether what runs may become what is wanted. */
export const preflightVersion: Step = {
  id: 'preflight-version',
  title: { en: 'Checks of versions', zh: '版本检查' },
  on: 'every',
  problems: (context) => {
    const found = kubernetes(context)
    // Both are one mistake: etcd's version follows from kubernetes_version.
    return found.length > 0 ? found : etcd(context)
  },
  resources: () => [],
}
