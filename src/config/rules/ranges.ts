import { type Cidr, contains, formatAddress, formatCidr, network, nth, overlaps, parseAddress, parseCidr, sizeOf } from '../cidr.ts'
import type { Config } from '../schema.ts'
import type { Path } from '../source.ts'
import { quote, say } from '../words.ts'
import type { Finding, Rule } from './types.ts'
import { unusableRange } from './unusable.ts'

const CIDR_WORDS = {
  syntax: (text: string) => say(`${quote(text)} is not a range of addresses.`, `${quote(text)} 不是有效的地址段。`),
  ipv6: (text: string) => say(`${quote(text)} is an IPv6 range: not supported yet.`, `${quote(text)} 是 IPv6 地址段：暂不支持。`),
  'leading-zero': (text: string) => say(`${quote(text)} has a number with a leading zero.`, `${quote(text)} 中有带前导零的数字。`),
  'host-bits': (text: string) =>
    say(`${quote(text)} does not start at the first address of its range.`, `${quote(text)} 不是从地址段的第一个地址开始。`),
}

const RANGES = ['pod_cidr', 'service_cidr'] as const

const rangeFault = (config: Config, key: (typeof RANGES)[number]): Finding[] => {
  const text = config.network[key]
  const parsed = parseCidr(text)
  const path = ['network', key]
  if ('error' in parsed) {
    const example = parsed.nearest ?? (key === 'pod_cidr' ? '10.244.0.0/16' : '10.96.0.0/12')
    return [{ path, what: CIDR_WORDS[parsed.error](text), fix: say(`Write ${example}.`, `请写 ${example}。`) }]
  }
  const kind = unusableRange(parsed)
  if (!kind) return []
  return [
    {
      path,
      what: say(`${quote(text)} holds ${kind.en}.`, `${quote(text)} 包含${kind.zh}。`),
      fix: say(
        'Choose a private range: 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16 hold many.',
        '请在私有地址中选择：10.0.0.0/8、172.16.0.0/12 或 192.168.0.0/16。',
      ),
    },
  ]
}

export const ranges: Rule = {
  id: 'ranges',
  check: (config) => RANGES.flatMap((key) => rangeFault(config, key)),
}

const rangeOf = (config: Config, key: (typeof RANGES)[number]): Cidr | undefined => {
  const parsed = parseCidr(config.network[key])
  return 'error' in parsed ? undefined : parsed
}

const CHOOSE = say('Choose ranges that share no address.', '请选择互不重叠的地址段。')

export const rangesOverlap: Rule = {
  id: 'ranges-overlap',
  reads: ['network.pod_cidr', 'network.service_cidr'],
  check: (config) => {
    const pods = rangeOf(config, 'pod_cidr')
    const services = rangeOf(config, 'service_cidr')
    if (!pods || !services || !overlaps(pods, services)) return []
    return [
      {
        path: ['network', 'service_cidr'],
        what: say(
          `The services (${formatCidr(services)}) overlap the pods (${formatCidr(pods)}).`,
          `Service 地址段（${formatCidr(services)}）与 Pod 地址段（${formatCidr(pods)}）重叠。`,
        ),
        fix: CHOOSE,
      },
    ]
  },
}

/** Paths and texts of the nodes' addresses that a range holds. */
const nodesInside = (config: Config, range: Cidr): { path: Path; text: string }[] =>
  config.nodes.flatMap((node, index) => {
    const key = node.internal_address ? 'internal_address' : 'address'
    const text = node[key] ?? ''
    const address = parseAddress(text)
    return address !== undefined && contains(range, address) ? [{ path: ['nodes', index, key], text }] : []
  })

// One Problem for a range and not one for a node: the range is what has to change.
export const nodesOverlap: Rule = {
  id: 'nodes-overlap',
  reads: ['network.pod_cidr', 'network.service_cidr'],
  check: (config) =>
    RANGES.flatMap((key) => {
      const range = rangeOf(config, key)
      const [first, ...rest] = range ? nodesInside(config, range) : []
      if (!range || !first) return []
      const others = rest.length === 0 ? say('', '') : say(` (and ${rest.length} more nodes)`, `（另有 ${rest.length} 个节点）`)
      return [
        {
          path: first.path,
          what: say(
            `${first.text}${others.en} is inside network.${key} (${formatCidr(range)}).`,
            `${first.text}${others.zh} 位于 network.${key}（${formatCidr(range)}）之内。`,
          ),
          fix: say(
            `Choose another network.${key}: it must not hold the address of a node.`,
            `请更换 network.${key}：其中不能包含节点的地址。`,
          ),
        },
      ]
    }),
}

// kube-controller-manager refuses more: "node CIDR mask size must not exceed the cluster CIDR's by more than 16".
const MOST_SUBNET_BITS = 16

export const nodeMask: Rule = {
  id: 'node-mask',
  reads: ['network.pod_cidr', 'network.node_mask'],
  check: (config) => {
    const pods = rangeOf(config, 'pod_cidr')
    const { node_mask: mask } = config.network
    const path = ['network', 'node_mask']
    if (!pods) return []
    if (mask < pods.prefix) {
      return [
        {
          path,
          what: say(
            `A /${mask} for each node does not fit into pod_cidr (${formatCidr(pods)}).`,
            `每个节点的 /${mask} 大于 pod_cidr（${formatCidr(pods)}）。`,
          ),
          fix: say(`Write a number from ${pods.prefix} to 30, or widen pod_cidr.`, `请写 ${pods.prefix} 到 30 的数字，或扩大 pod_cidr。`),
        },
      ]
    }
    if (mask - pods.prefix > MOST_SUBNET_BITS) {
      const least = pods.prefix + MOST_SUBNET_BITS
      return [
        {
          path,
          what: say(
            `/${mask} is too small for pod_cidr ${formatCidr(pods)}: kube-controller-manager takes at most 16 bits of difference.`,
            `/${mask} 对 pod_cidr ${formatCidr(pods)} 来说太小：kube-controller-manager 最多允许相差 16 位。`,
          ),
          fix: say(`Write at most ${least}.`, `请写不大于 ${least} 的数字。`),
        },
      ]
    }
    const room = 2 ** (mask - pods.prefix)
    if (room >= config.nodes.length) return []
    const wide = mask - Math.ceil(Math.log2(config.nodes.length))
    const wider = wide >= 8 ? formatCidr(network(pods.base, wide)) : undefined
    return [
      {
        path: ['network', 'pod_cidr'],
        what: say(
          `${formatCidr(pods)} has room for ${room} nodes with a /${mask} each; there are ${config.nodes.length}.`,
          `${formatCidr(pods)} 按每节点 /${mask} 只够 ${room} 个节点，而现有 ${config.nodes.length} 个。`,
        ),
        fix: wider
          ? say(`Widen pod_cidr (${wider} is enough), or raise node_mask.`, `请扩大 pod_cidr（${wider} 就够），或增大 node_mask。`)
          : say('Widen pod_cidr, or raise node_mask.', '请扩大 pod_cidr，或增大 node_mask。'),
      },
    ]
  },
}

const DNS_ADDRESS = 10

export const serviceRoom: Rule = {
  id: 'service-room',
  reads: ['network.service_cidr'],
  check: (config) => {
    const services = rangeOf(config, 'service_cidr')
    if (!services || nth(services, DNS_ADDRESS)) return []
    return [
      {
        path: ['network', 'service_cidr'],
        what: say(
          `${formatCidr(services)} has ${sizeOf(services)} addresses; the cluster's DNS takes the tenth.`,
          `${formatCidr(services)} 只有 ${sizeOf(services)} 个地址，而集群 DNS 使用第 10 个。`,
        ),
        fix: say(
          `Write a /28 or wider: ${formatAddress(services.base)}/24 is a good size.`,
          `请写 /28 或更大的地址段，例如 ${formatAddress(services.base)}/24。`,
        ),
      },
    ]
  },
}
