import { etcdView, peerUrl } from '../../cluster/etcd-view.ts'
import type { UnitFact } from '../../hosts/facts.ts'
import type { Problem } from '../../problem.ts'
import type { Text } from '../../text.ts'
import { controlPlanes, etcdMembers } from '../../cluster/roles.ts'
import { mayBeOlder } from '../node-version.ts'
import { compareVersions, otherMinor, parts, runningVersion } from '../../cluster/versions.ts'
import type { Step } from '../types.ts'
import type { Context, Member } from '../../cluster/types.ts'
import { oldKubelets } from './kubelets.ts'
import { notice, unfit } from './unfit.ts'
import { apiserverOf, hasBegun, upgrades } from '../upgrading.ts'

const FIRST = (running: string): Text => ({
  en: `Put that right first (\`slipway up\` with kubernetes_version: ${running}); an upgrade begins on a healthy cluster only.`,
  zh: `请先修复（将 kubernetes_version 设为 ${running} 并运行 \`slipway up\`）；只能在健康的集群上开始升级。`,
})

/** Seconds that an API server may take from its start until it is ready. */
const START = 180

/**
 * On its way up or down by somebody's order, not by crashes: so it is for a while after a run was killed in which it stood aside for its etcd. systemd
 * calls it active as soon as it listens, seconds before it is ready.
 */
const onItsWay = (unit: UnitFact | undefined, now: number): boolean =>
  unit !== undefined && unit.restarts === 0 && (unit.active === 'activating' || unit.active === 'deactivating' || now - unit.since < START)

const plane = (context: Context, member: Member, fix: Text): Problem[] => {
  const facts = context.world[member.key]
  if (!facts)
    return [
      unfit(
        member,
        { en: 'it is a control plane and does not answer', zh: '该控制平面无法连接' },
        { ...fix, en: `Bring it back. ${fix.en}`, zh: `请先恢复它。${fix.zh}` },
      ),
    ]
  // One that is only about to become a control plane has no API server yet.
  if (facts.api !== 'down' || onItsWay(facts.units['kube-apiserver'], facts.now)) return []
  return [unfit(member, { en: 'its kube-apiserver is not ready', zh: '其 kube-apiserver 未就绪' }, fix)]
}

/** As etcd tells it, not as the control plane that was asked: where etcd has hosts of its own, that one is no member. */
const member = ({ members, world }: Context, one: Member, fix: Text): Problem[] => {
  const view = etcdView(members, world)
  const seen = view.members.find(({ peer }) => peer === peerUrl(one))
  if (!seen && !world[one.key]?.etcdData) return []
  if (seen ? view.healthy.has(seen.peer) : world[one.key]?.units.etcd?.active === 'active') return []
  return [unfit(one, { en: 'its etcd is not a healthy member', zh: '其 etcd 不是健康的成员' }, fix)]
}

/** A node whose host does not answer is left out and named by itself; one that answers and is not Ready would only be the next trouble. */
const node = ({ world, facts }: Context, one: Member, fix: Text): Problem[] => {
  const seen = facts.nodes.find(({ name }) => name === one.nodeName)
  if (!world[one.key] || !seen || seen.ready) return []
  return [unfit(one, { en: `its node ${one.nodeName} is not Ready`, zh: `其节点 ${one.nodeName} 未就绪` }, fix)]
}

/** Asked once, before the first part of an upgrade. */
const unhealthy = (context: Context): Problem[] => {
  if (!upgrades(context) || hasBegun(context)) return []
  const fix = FIRST(controlPlanes(context).flatMap((one) => apiserverOf(context, one) ?? [])[0] ?? '')
  return [
    ...controlPlanes(context).flatMap((one) => plane(context, one, fix)),
    ...etcdMembers(context).flatMap((one) => member(context, one, fix)),
    ...context.members.flatMap((one) => node(context, one, fix)),
  ]
}

/** APIs that somebody asked an API server for since it started, and that the new minor does not have any more. */
const deprecated = (context: Context): Problem[] => {
  const { world, release } = context
  if (!upgrades(context)) return []
  return controlPlanes(context).flatMap((one) =>
    (world[one.key]?.deprecatedApis ?? []).flatMap(({ group, version, resource, removedIn }): Problem[] => {
      if (removedIn === '') return []
      const name = `${resource}.${version}${group === '' ? '' : `.${group}`}`
      const gone = compareVersions(`${removedIn}.0`, `${parts(release.kubernetes)[0]}.${parts(release.kubernetes)[1]}.0`) <= 0
      const who = {
        en: `Find out who: \`grep '"k8s.io/deprecated":"true"' /var/log/kubernetes/audit.log\` there. The API server forgets it when it restarts.`,
        zh: `请在该主机上查找来源：\`grep '"k8s.io/deprecated":"true"' /var/log/kubernetes/audit.log\`。重启该 API 服务器后记录会清除。`,
      }
      const asks = { en: `somebody asks its API server for ${name}, which`, zh: `有客户端在使用 ${name}，` }
      return [
        gone
          ? unfit(one, { en: `${asks.en} ${release.minor} no longer has`, zh: `${asks.zh}而 ${release.minor} 已移除它` }, who)
          : notice(one, { en: `${asks.en} v${removedIn} removes`, zh: `${asks.zh}v${removedIn} 将移除它` }, who),
      ]
    }),
  )
}

/** No kubelet may be newer than an API server that may answer it. */
const skew = (context: Context): Problem[] => {
  const { world, release, members } = context
  const older = mayBeOlder(context, members, world)
  const nodes = members.filter(({ roles, key }) => (roles.controlPlane || roles.worker) && world[key] !== undefined)
  const kubelets = nodes.map((one) => [one, runningVersion(world[one.key], 'kubelet', 'kubernetes')] as const)
  const wait = {
    en: `Bring it back and run \`slipway up\` again, or take it out with \`slipway node remove\`.`,
    zh: '请恢复它并再次运行 `slipway up`，或用 `slipway node remove` 将其移出。',
  }
  return older.flatMap((one): Problem[] => {
    const held = kubelets.filter(([, version]) => version !== undefined && otherMinor(version, release.kubernetes)).length
    const joining = kubelets.filter(([, version]) => version === undefined).map(([{ nodeName }]) => nodeName)
    const may = { en: 'its kube-apiserver may be older than', zh: '其 kube-apiserver 可能早于' }
    return [
      ...(held > 0
        ? [
            notice(
              one,
              {
                en: `${may.en} ${release.kubernetes}: kubelet and kube-proxy of ${held} nodes stay as they are until it answers`,
                zh: `${may.zh} ${release.kubernetes}：在其恢复之前，${held} 个节点的 kubelet 和 kube-proxy 保持不变`,
              },
              wait,
            ),
          ]
        : []),
      ...(joining.length > 0 && kubelets.length > joining.length
        ? [
            unfit(
              one,
              {
                en: `${may.en} ${release.kubernetes}: ${joining.join(', ')} cannot join before it answers`,
                zh: `${may.zh} ${release.kubernetes}：在其恢复之前，${joining.join('、')} 无法加入`,
              },
              wait,
            ),
          ]
        : []),
    ]
  })
}

/** What must be true of the whole cluster before its minor changes, and what waits for a control plane that does not answer. */
export const preflightUpgrade: Step = {
  id: 'preflight-upgrade',
  title: { en: 'Checks before an upgrade', zh: '升级前检查' },
  on: 'one-control-plane',
  problems: (context) => [...unhealthy(context), ...deprecated(context), ...skew(context), ...oldKubelets(context)],
  resources: () => [],
}
