import { labelOf } from '../../config/hosts.ts'
import { isAddressKnown } from '../../cluster/members.ts'
import { unitPath } from '../../cluster/unit-path.ts'
import type { Facts } from '../../hosts/facts.ts'
import { EXIT, type Problem, refusal } from '../../problem.ts'
import { networkOf } from '../../addons/networks.ts'
import type { NodePort, PodNetwork } from '../../addons/types.ts'
import type { Step } from '../types.ts'
import type { Context, Member } from '../../cluster/types.ts'
import { notice, unfit } from './unfit.ts'

type Peer = Readonly<{ member: Member }> & NodePort

/** Asking every pair of a thousand nodes by datagrams would be a flood: the first ones stand for the rest. (The probe asks ten peers at a time.) */
const MOST = 10

const isNode = ({ roles }: Member): boolean => roles.controlPlane || roles.worker

/** Whom a member must reach, and where: etcd among its members, the API from everywhere, kubelets from control planes, pods from nodes. */
export const peersOf = (member: Member, members: readonly Member[], network: PodNetwork): Peer[] =>
  members
    .filter((other) => other.key !== member.key)
    .flatMap((other) => {
      const ports = [
        ...(other.roles.controlPlane ? [6443] : []),
        ...(member.roles.etcd && other.roles.etcd ? [2379, 2380] : member.roles.controlPlane && other.roles.etcd ? [2379] : []),
        ...(member.roles.controlPlane && isNode(other) ? [10250] : []),
      ]
      return ports.map((port): Peer => ({ member: other, port, protocol: 'tcp' }))
    })
    .concat(
      members
        .filter((other) => other.key !== member.key && isNode(other) && isNode(member))
        .slice(0, MOST)
        .flatMap((other) => network.ports.map((port): Peer => ({ member: other, ...port }))),
    )

/** How the probe is told: "10.0.0.12/tcp/6443". */
export const peerName = ({ member, port, protocol }: Pick<Peer, 'port' | 'protocol'> & Readonly<{ member: Pick<Member, 'ip'> }>): string =>
  `${member.ip}/${protocol}/${port}`

/** Peers that were seen themselves: a host that nobody reaches is its own problem, not one of every other. */
const seenPeers = ({ config, member, members, world }: Context): Peer[] =>
  peersOf(member, members, networkOf(config)).filter((peer) => world[peer.member.key] !== undefined)

const unreachable = (context: Context): Problem[] =>
  seenPeers(context)
    .filter((peer) => ['filtered', 'unreachable'].includes(context.facts.reach[peerName(peer)] ?? ''))
    .map(({ member: other, port }) =>
      unfit(
        context.member,
        {
          en: `it cannot reach ${other.nodeName} (${other.ip}) on port ${port}/tcp: no answer`,
          zh: `无法访问 ${other.nodeName}（${other.ip}）的 ${port}/tcp 端口：无响应`,
        },
        {
          en: `Open ${port}/tcp between the nodes in the firewall or security group.`,
          zh: `请在防火墙或安全组中放行节点之间的 ${port}/tcp。`,
        },
      ),
    )

/** Whether nobody listens there yet: only then the host itself would have answered a datagram. */
const answersDatagrams = (facts: Facts | undefined, { link }: NodePort): boolean =>
  facts !== undefined && (link === undefined || facts.mtu[link] === undefined) && facts.paths[unitPath('kubelet')] === undefined

/** A firewall may eat the answer alone, so silence is only said. */
const silent = (context: Context): Problem[] =>
  seenPeers(context)
    .filter((peer) => context.facts.reach[peerName(peer)] === 'silent' && answersDatagrams(context.world[peer.member.key], peer))
    .map(({ member: other, port }) =>
      notice(
        context.member,
        {
          en: `${other.nodeName} (${other.ip}) does not answer on port ${port}/udp`,
          zh: `${other.nodeName}（${other.ip}）的 ${port}/udp 端口没有响应`,
        },
        {
          en: `Let ${port}/udp pass between the nodes: the pod network needs it.`,
          zh: `请放行节点之间的 ${port}/udp：Pod 网络需要它。`,
        },
      ),
    )

const mtus = ({ member, facts, members, world }: Context): Problem[] => {
  const mtuOf = (key: string): number | undefined => world[key]?.mtu[world[key]?.defaultRoute ?? '']
  const own = facts.mtu[facts.defaultRoute]
  const lowest = Math.min(...members.map(({ key }) => mtuOf(key) ?? Number.POSITIVE_INFINITY))
  if (own === undefined || own <= lowest) return []
  return [
    notice(
      member,
      { en: `its MTU is ${own}, another node's is ${lowest}`, zh: `MTU 为 ${own}，而其他节点为 ${lowest}` },
      { en: 'Large packets between them may be lost: use one MTU.', zh: '大数据包可能丢失：请统一 MTU。' },
    ),
  ]
}

/** A control plane or etcd member that does not answer: a guessed address would be told to every host that is well. Asked once. */
const unknown = ({ member, members, world }: Context): Problem[] =>
  members.find(({ key }) => world[key] !== undefined)?.key !== member.key
    ? []
    : members
        .filter((one) => (one.roles.controlPlane || one.roles.etcd) && !isAddressKnown(one, members, world))
        .map((one) =>
          refusal(
            labelOf(one),
            { en: 'it does not answer and its internal address is not known', zh: '主机没有响应，且其内部地址未知' },
            { en: `Write \`internal_address\` in its entry (${one.at}).`, zh: `请在其条目（${one.at}）中写明 \`internal_address\`。` },
            EXIT.unreachable,
          ),
        )

/** Whether the members reach each other on the ports a cluster uses. */
export const preflightNetwork: Step = {
  id: 'preflight-network',
  title: { en: 'Checks between hosts', zh: '主机间连通性检查' },
  on: 'every',
  problems: (context) => [...unknown(context), ...unreachable(context), ...silent(context), ...mtus(context)],
  resources: () => [],
}
