import type { Problem } from '../problem.ts'
import type { Text } from '../text.ts'
import { lifetimes } from './certificates.ts'
import { type Cidr, contains, formatAddress, formatCidr, network, nth, overlaps, parseAddress, parseCidr, sizeOf } from './cidr.ts'
import { type Component, FIELD_IS_OURS, REFUSED, REFUSED_FIELDS, refusal } from './flags.ts'
import { isLocal, rolesOf } from './hosts.ts'
import { isDnsName, isLabelValue, isQualifiedName, prefixOf } from './kube-names.ts'
import { proxyUrls, registryDefault, registryLogin, registryTwice, registryUrls } from './registry-rules.ts'
import type { Config, NodeConfig } from './schema.ts'
import { mistake, type Path, pathText, type Source } from './source.ts'
import { parseVersion, resolveVersion } from './version.ts'
import { oneOf, quote, say } from './words.ts'

/** What the rules know besides the configuration: the supported releases, and the places where its shape is wrong. */
export type RuleContext = Readonly<{ supported: readonly string[]; broken: readonly Path[] }>

/** A fault at a path of cluster.yml. */
export type Finding = Readonly<{ path: Path; on?: 'key'; what: Text; fix: Text; severity?: 'warning' }>

/** One rule of sense. `reads`: where any of these is broken already, its answer would mislead (`*` is any one part). */
export type Rule = Readonly<{ id: string; reads?: readonly string[]; check(config: Config, context: RuleContext): Finding[] }>

const TAKE_OUT = say('Take it out.', '请删除。')

const each = (config: Config, one: (node: NodeConfig, path: Path) => Finding[]): Finding[] =>
  config.nodes.flatMap((node, index) => one(node, ['nodes', index]))

// ---- version

const version: Rule['check'] = ({ kubernetes_version: text }, { supported }) => {
  if (resolveVersion(text, supported)) return []
  const known = oneOf(supported)
  const read = parseVersion(text)
  const what = read
    ? say(`${quote(text)} is not among the releases this Slipway knows.`, `此版本的 Slipway 不支持 ${quote(text)}。`)
    : say(`${quote(text)} is not a Kubernetes release.`, `${quote(text)} 不是 Kubernetes 版本号。`)
  return [{ path: ['kubernetes_version'], what, fix: say(`Write ${known.en}.`, `请写 ${known.zh}。`) }]
}

// ---- roles

const controlPlane: Rule['check'] = ({ nodes }) =>
  nodes.some(({ role }) => role.includes('control-plane'))
    ? []
    : [
        {
          path: ['nodes'],
          what: say('No node has the role control-plane.', '没有节点具有 control-plane 角色。'),
          fix: say('Give it to one node, or to three for high availability.', '请给一个节点（高可用需三个）加上该角色。'),
        },
      ]

const etcdMembers: Rule['check'] = ({ nodes }) => {
  const count = rolesOf(nodes).filter(({ etcd }) => etcd).length
  if (count > 7) {
    return [
      {
        path: ['nodes'],
        what: say(
          `${count} nodes hold etcd: more than 7 only make every write slower.`,
          `有 ${count} 个节点运行 etcd:超过 7 个只会让每次写入变慢。`,
        ),
        fix: say('Give the role etcd to 3 or 5 nodes.', '请只给 3 或 5 个节点 etcd 角色。'),
      },
    ]
  }
  if (count === 0 || count % 2 === 1) return []
  return [
    {
      path: ['nodes'],
      severity: 'warning',
      what: say(
        `${count} nodes hold etcd: an even number survives no more failures than ${count - 1}.`,
        `有 ${count} 个节点运行 etcd:偶数个成员能承受的故障数与 ${count - 1} 个相同。`,
      ),
      fix: say(`Use ${count - 1} or ${count + 1}.`, `请使用 ${count - 1} 个或 ${count + 1} 个。`),
    },
  ]
}

const repeatedRole: Rule['check'] = (config) =>
  each(config, ({ role }, path) =>
    role.flatMap((one, i) =>
      role.indexOf(one) === i
        ? []
        : [
            {
              path: [...path, 'role', i],
              severity: 'warning',
              what: say(`${one} is written twice.`, `${one} 写了两次。`),
              fix: say('Keep one of them.', '请只保留一个。'),
            },
          ],
    ),
  )

// ---- duplicates

const duplicates = (config: Config, key: keyof NodeConfig, of: (node: NodeConfig) => string | undefined): Finding[] => {
  const first = new Map<string, number>()
  return each(config, (node, path) => {
    const value = of(node)
    const index = Number(path[1])
    if (value === undefined) return []
    const before = first.get(value)
    if (before === undefined) {
      first.set(value, index)
      return []
    }
    return [
      {
        path: [...path, key],
        what: say(`${quote(value)} is nodes[${before}] already.`, `${quote(value)} 已被 nodes[${before}] 使用。`),
        fix: say('Give each host its own, or remove one of the two entries.', '请给每台主机不同的值，或删除其中一项。'),
      },
    ]
  })
}

const duplicateAddress: Rule['check'] = (config) =>
  duplicates(config, 'address', ({ address, port }) => (isLocal(address) ? address : `${address.toLowerCase()}:${port ?? config.ssh.port}`))
const duplicateInternal: Rule['check'] = (config) => duplicates(config, 'internal_address', (node) => node.internal_address)
const duplicateName: Rule['check'] = (config) => duplicates(config, 'hostname_override', (node) => node.hostname_override)

// ---- addresses

const addressFault = (text: string): Pick<Finding, 'what' | 'fix'> | undefined => {
  const shown = quote(text)
  const user = /^([^@\s]+)@([^@\s]+)$/.exec(text)
  if (user) {
    return {
      what: say(`${shown} holds a user.`, `${shown} 中含有用户名。`),
      fix: say(`Write address: ${user[2]} and user: ${user[1]}.`, `请分开写：address: ${user[2]} 和 user: ${user[1]}。`),
    }
  }
  const port = /^([^:\s]+):(\d+)$/.exec(text)
  if (port) {
    return {
      what: say(`${shown} holds a port.`, `${shown} 中含有端口。`),
      fix: say(`Write address: ${port[1]} and port: ${port[2]}.`, `请分开写：address: ${port[1]} 和 port: ${port[2]}。`),
    }
  }
  if (/^\[?[0-9a-f:]*:[0-9a-f:.]*\]?$/i.test(text)) {
    return {
      what: say(`${shown} is an IPv6 address: not supported yet.`, `${shown} 是 IPv6 地址：暂不支持。`),
      fix: say('Write an IPv4 address, or a name that has one.', '请写 IPv4 地址，或解析到 IPv4 的名称。'),
    }
  }
  const valid = /^[\d.]+$/.test(text) ? parseAddress(text) !== undefined : isDnsName(text)
  if (valid) return undefined
  return {
    what: say(`${shown} is neither an IPv4 address nor a host name.`, `${shown} 既不是 IPv4 地址，也不是主机名。`),
    fix: say('Write one such as 10.0.0.11 or cp1.example.com.', '请写成 10.0.0.11 或 cp1.example.com 这样的形式。'),
  }
}

const checkAddress = (text: string, path: Path): Finding[] => {
  const fault = addressFault(text)
  return fault ? [{ path, ...fault }] : []
}

const addresses: Rule['check'] = (config) => [
  ...each(config, (node, path) => checkAddress(node.address, [...path, 'address'])),
  ...(config.bastion_host ? checkAddress(config.bastion_host.address, ['bastion_host', 'address']) : []),
  ...each(config, (node, path) => (node.bastion_host ? checkAddress(node.bastion_host.address, [...path, 'bastion_host', 'address']) : [])),
]

const unusable = (address: number): Text | undefined => {
  if (address < 2 ** 24) return say('an address of 0.0.0.0/8', '属于 0.0.0.0/8 的地址')
  if (address >= parseOrZero('127.0.0.0') && address < parseOrZero('128.0.0.0')) return say('a loopback address', '回环地址')
  if (address >= parseOrZero('224.0.0.0')) return say('a multicast or reserved address', '组播或保留地址')
  return undefined
}

const parseOrZero = (text: string): number => parseAddress(text) ?? 0

const internalAddresses: Rule['check'] = (config) =>
  each(config, ({ internal_address: text }, path) => {
    const address = text === undefined ? undefined : parseAddress(text)
    const kind = address === undefined ? undefined : unusable(address)
    if (!text || !kind) return []
    return [
      {
        path: [...path, 'internal_address'],
        what: say(`${quote(text)} is ${kind.en}: other nodes cannot reach it.`, `${quote(text)} 是${kind.zh}:其他节点无法访问。`),
        fix: say("Write the host's address in the network of the nodes.", '请写该主机在节点网络中的地址。'),
      },
    ]
  })

const endpoint: Rule['check'] = ({ control_plane_endpoint: text }) => {
  if (text === undefined) return []
  const path = ['control_plane_endpoint']
  const url = /^https?:\/\/([^/:]+)/.exec(text)?.[1]
  const bare = url ?? /^([^:]+):\d+$/.exec(text)?.[1]
  if (bare) {
    return [
      {
        path,
        what: say(`${quote(text)} holds more than a name: the port is always 6443.`, `${quote(text)} 不只是名称：端口固定为 6443。`),
        fix: say(`Write ${bare}.`, `请写 ${bare}。`),
      },
    ]
  }
  return checkAddress(text, path)
}

/** An address that is somebody's already would be taken away from them. */
const virtualAddress: Rule['check'] = ({ control_plane_vip: vip, nodes, network: ranges }) => {
  if (vip === undefined) return []
  const path = ['control_plane_vip', 'address']
  const fix = say('Choose a free address of the network of the control planes.', '请选择控制平面所在网络中的空闲地址。')
  const owner = nodes.findIndex(({ address, internal_address: internal }) => address === vip.address || internal === vip.address)
  if (owner >= 0) return [{ path, what: say(`This is the address of nodes[${owner}].`, `这是 nodes[${owner}] 的地址。`), fix }]
  const address = parseAddress(vip.address)
  return (['pod_cidr', 'service_cidr'] as const).flatMap((name) => {
    const range = parseCidr(ranges[name])
    return !('error' in range) && address !== undefined && contains(range, address)
      ? [{ path, what: say(`It lies in network.${name}.`, `该地址位于 network.${name} 内。`), fix }]
      : []
  })
}

const sans: Rule['check'] = ({ extra_sans: names }) =>
  names.flatMap((name, index) => checkAddress(name.startsWith('*.') ? name.slice(2) : name, ['extra_sans', index]))

const localBastion: Rule['check'] = (config) =>
  each(config, ({ address, bastion_host: own }, path) => {
    if (!isLocal(address) || !(own ?? config.bastion_host)) return []
    return [
      {
        path: own ? [...path, 'bastion_host'] : [...path, 'address'],
        what: say('localhost is this machine: it is not reached through a bastion.', 'localhost 是本机，不经过跳板机。'),
        fix: own
          ? say('Take bastion_host out of this node.', '请删除该节点的 bastion_host。')
          : say(
              "Write the host's address, or move bastion_host to the nodes that need it.",
              '请写该主机的地址，或把 bastion_host 移到需要它的节点上。',
            ),
      },
    ]
  })

const hostnameSet: Rule['check'] = (config) =>
  each(config, (node, path) =>
    node.set_hostname && node.hostname_override === undefined
      ? [
          {
            path: [...path, 'set_hostname'],
            severity: 'warning',
            what: say('Without hostname_override there is no name to set.', '没有 hostname_override，就没有可设置的主机名。'),
            fix: say('Add hostname_override, or take set_hostname out.', '请加上 hostname_override，或删除 set_hostname。'),
          },
        ]
      : [],
  )

// ---- ranges

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
  const kind = unusable(parsed.base) ?? (contains(parsed, parseOrZero('127.0.0.1')) ? say('a loopback address', '回环地址') : undefined)
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

const ranges: Rule['check'] = (config) => RANGES.flatMap((key) => rangeFault(config, key))

const rangeOf = (config: Config, key: (typeof RANGES)[number]): Cidr | undefined => {
  const parsed = parseCidr(config.network[key])
  return 'error' in parsed ? undefined : parsed
}

const CHOOSE = say('Choose ranges that share no address.', '请选择互不重叠的地址段。')

const rangesOverlap: Rule['check'] = (config) => {
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
const nodesOverlap: Rule['check'] = (config) =>
  RANGES.flatMap((key) => {
    const range = rangeOf(config, key)
    const [first, ...rest] = range ? nodesInside(config, range) : []
    if (!range || !first) return []
    const others = rest.length === 0 ? say('', '') : say(` (and ${rest.length} more nodes)`, `(另有 ${rest.length} 个节点)`)
    return [
      {
        path: first.path,
        what: say(
          `${first.text}${others.en} is inside network.${key} (${formatCidr(range)}).`,
          `${first.text}${others.zh} 位于 network.${key}(${formatCidr(range)})之内。`,
        ),
        fix: say(
          `Choose another network.${key}: it must not hold the address of a node.`,
          `请更换 network.${key}:其中不能包含节点的地址。`,
        ),
      },
    ]
  })

// kube-controller-manager refuses more: "node CIDR mask size must not exceed the cluster CIDR's by more than 16".
const MOST_SUBNET_BITS = 16

const nodeMask: Rule['check'] = (config) => {
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
          `每个节点的 /${mask} 大于 pod_cidr(${formatCidr(pods)})。`,
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
        ? say(`Widen pod_cidr (${wider} is enough), or raise node_mask.`, `请扩大 pod_cidr(${wider} 就够),或增大 node_mask。`)
        : say('Widen pod_cidr, or raise node_mask.', '请扩大 pod_cidr，或增大 node_mask。'),
    },
  ]
}

const DNS_ADDRESS = 10

const serviceRoom: Rule['check'] = (config) => {
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
}

// ---- labels and taints

const QUALIFIED = say(
  'Letters, digits, "-", "_" and ".", at most 63, after an optional DNS name and "/": example.com/zone.',
  '应为字母、数字、"-"、"_" 和 "."，最长 63 个字符，前面可加域名和 "/"：example.com/zone。',
)
const LABEL_VALUE = say(
  'At most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends.',
  '最长 63 个字符：字母、数字、"-"、"_" 和 "."，首尾须为字母或数字。',
)

const labelSyntax: Rule['check'] = (config) =>
  each(config, ({ labels }, path) =>
    Object.entries(labels).flatMap(([key, value]): Finding[] => [
      ...(isQualifiedName(key)
        ? []
        : [
            {
              path: [...path, 'labels', key],
              on: 'key' as const,
              what: say(`${quote(key)} is not a valid key.`, `${quote(key)} 不是有效的键名。`),
              fix: QUALIFIED,
            },
          ]),
      ...(isLabelValue(value)
        ? []
        : [
            {
              path: [...path, 'labels', key],
              what: say(`${quote(value)} is not a valid value of a label.`, `${quote(value)} 不是有效的标签值。`),
              fix: LABEL_VALUE,
            },
          ]),
    ]),
  )

/** Labels that kubelet or a role sets: kubelet would write its own value over ours (kubelet's `updateDefaultLabels`). */
const SET_BY_OTHERS = [
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
]
const SET_BY_ROLE = [
  'node-role.kubernetes.io/control-plane',
  'node-role.kubernetes.io/master',
  'node-role.kubernetes.io/etcd',
  'node-role.kubernetes.io/worker',
]
/** Reserved namespaces in which people do set labels. */
const FREE = [
  'node-restriction.kubernetes.io',
  'node.kubernetes.io',
  'kubelet.kubernetes.io',
  'node-role.kubernetes.io',
  'topology.kubernetes.io',
]

const isReserved = (key: string): boolean => {
  const prefix = prefixOf(key)
  if (!/(^|\.)(kubernetes\.io|k8s\.io)$/.test(prefix)) return false
  return !FREE.some((free) => prefix === free || prefix.endsWith(`.${free}`))
}

const reservedLabels: Rule['check'] = (config) =>
  each(config, ({ labels }, path) =>
    Object.keys(labels).flatMap((key): Finding[] => {
      const at = { path: [...path, 'labels', key], on: 'key' as const }
      if (SET_BY_OTHERS.includes(key))
        return [{ ...at, what: say('kubelet sets this label itself.', '该标签由 kubelet 自己设置。'), fix: TAKE_OUT }]
      if (SET_BY_ROLE.includes(key)) {
        return [
          {
            ...at,
            what: say('This label follows from the role.', '该标签由角色决定。'),
            fix: say('Set role instead.', '请改为设置 role。'),
          },
        ]
      }
      if (!isReserved(key)) return []
      return [
        {
          ...at,
          severity: 'warning',
          what: say(
            `${quote(prefixOf(key))} belongs to Kubernetes: a later release may give this label a meaning.`,
            `${quote(prefixOf(key))} 归 Kubernetes 所有：以后的版本可能赋予该标签含义。`,
          ),
          fix: say(
            'Use a domain of your own, or node-restriction.kubernetes.io/.',
            '请使用自己的域名，或 node-restriction.kubernetes.io/。',
          ),
        },
      ]
    }),
  )

const taintSyntax: Rule['check'] = (config) =>
  each(config, ({ taints }, path) =>
    taints.flatMap(({ key, value, effect }, index): Finding[] => {
      const at = [...path, 'taints', index]
      const twin = taints.findIndex((other) => other.key === key && other.effect === effect)
      return [
        ...(isQualifiedName(key)
          ? []
          : [{ path: [...at, 'key'], what: say(`${quote(key)} is not a valid key.`, `${quote(key)} 不是有效的键名。`), fix: QUALIFIED }]),
        ...(isLabelValue(value)
          ? []
          : [
              {
                path: [...at, 'value'],
                what: say(`${quote(value)} is not a valid value of a taint.`, `${quote(value)} 不是有效的污点值。`),
                fix: LABEL_VALUE,
              },
            ]),
        ...(twin === index
          ? []
          : [
              {
                path: at,
                what: say(`taints[${twin}] has the same key and effect.`, `taints[${twin}] 的键和效果相同。`),
                fix: say('Keep one of them.', '请只保留一个。'),
              },
            ]),
      ]
    }),
  )

// ---- flags

const components = Object.keys(REFUSED) as Component[]

const flags: Rule['check'] = (config, { supported }) => {
  const minor = parseVersion(resolveVersion(config.kubernetes_version, supported) ?? supported.toSorted().at(-1) ?? '')?.[1] ?? 0
  return components.flatMap((component) =>
    Object.entries(config.services[component].extra_args).flatMap(([flag, value]): Finding[] => {
      const why = refusal(component, flag, value, minor)
      return why ? [{ path: ['services', component, 'extra_args', flag], on: 'key', what: why.what, fix: why.fix }] : []
    }),
  )
}

const fields: Rule['check'] = (config) =>
  (['kubelet', 'kube-proxy'] as const).flatMap((component) =>
    Object.keys(config.services[component].config).flatMap((field): Finding[] => {
      const known = REFUSED_FIELDS[component]
      const path = ['services', component, 'config', field]
      const fix = Object.hasOwn(known, field) ? known[field] : undefined
      return fix ? [{ path, on: 'key', what: FIELD_IS_OURS, fix }] : []
    }),
  )

/** Every rule, in the order of the file. A new rule is one function and one line here. */
export const RULES: readonly Rule[] = [
  { id: 'version', reads: ['kubernetes_version'], check: version },
  { id: 'control-plane', reads: ['nodes.*.role'], check: controlPlane },
  { id: 'etcd-members', reads: ['nodes.*.role'], check: etcdMembers },
  { id: 'repeated-role', check: repeatedRole },
  { id: 'duplicate-address', check: duplicateAddress },
  { id: 'duplicate-internal-address', check: duplicateInternal },
  { id: 'duplicate-hostname', check: duplicateName },
  { id: 'addresses', check: addresses },
  { id: 'internal-addresses', check: internalAddresses },
  { id: 'endpoint', check: endpoint },
  { id: 'virtual-address', reads: ['control_plane_vip.address', 'network.pod_cidr', 'network.service_cidr'], check: virtualAddress },
  { id: 'sans', check: sans },
  { id: 'local-bastion', check: localBastion },
  { id: 'set-hostname', reads: ['nodes.*.hostname_override'], check: hostnameSet },
  { id: 'ranges', check: ranges },
  { id: 'ranges-overlap', reads: ['network.pod_cidr', 'network.service_cidr'], check: rangesOverlap },
  { id: 'nodes-overlap', reads: ['network.pod_cidr', 'network.service_cidr'], check: nodesOverlap },
  { id: 'node-mask', reads: ['network.pod_cidr', 'network.node_mask'], check: nodeMask },
  { id: 'service-room', reads: ['network.service_cidr'], check: serviceRoom },
  { id: 'label-syntax', check: labelSyntax },
  { id: 'reserved-labels', check: reservedLabels },
  { id: 'taint-syntax', check: taintSyntax },
  { id: 'registry-urls', check: registryUrls },
  { id: 'registry-twice', check: registryTwice },
  { id: 'registry-default', check: registryDefault },
  { id: 'registry-login', check: registryLogin },
  { id: 'proxy-urls', check: proxyUrls },
  { id: 'flags', check: flags },
  { id: 'fields', check: fields },
  { id: 'lifetimes', reads: ['certificates'], check: lifetimes },
]

const touches = (pattern: readonly string[], path: Path): boolean =>
  path.slice(0, pattern.length).every((part, i) => pattern[i] === '*' || pattern[i] === String(part))

const misled = (rule: Rule, broken: readonly Path[]): boolean =>
  broken.some((path) => rule.reads?.some((pattern) => touches(pattern.split('.'), path)))

/** All rules over a configuration whose shape is right (or was repaired): Problems with positions. */
export const check = (config: Config, source: Source, context: RuleContext): Problem[] => {
  const wrong = new Set(context.broken.map(pathText))
  return RULES.filter((rule) => !misled(rule, context.broken)).flatMap((rule) =>
    rule
      .check(config, context)
      .filter(({ path }) => !wrong.has(pathText(path)))
      .map(({ path, on, what, fix, severity }) => ({
        ...mistake(source.at(path, on), what, fix),
        severity: severity ?? ('error' as const),
      })),
  )
}
