import { contains, parseAddress, parseCidr } from '../cidr.ts'
import { isLocal } from '../hosts.ts'
import { isDnsName } from '../kube-names.ts'
import type { Path } from '../source.ts'
import { quote, say } from '../words.ts'
import { eachNode } from './each-node.ts'
import type { Finding, Rule } from './types.ts'
import { unusableAddress } from './unusable.ts'

const addressFault = (text: string): Pick<Finding, 'what' | 'fix'> | undefined => {
  const shown = quote(text)
  const [, user, host, port] = /^(?:[a-z]+:\/\/)?(?:([^@\s/]+)@)?([^:@\s/]+)(?::(\d+))?\/?$/.exec(text) ?? []
  if (host !== undefined && host !== text) {
    const [en, zh] = user ? ['a user', '用户名'] : port ? ['a port', '端口'] : ['more than a name', '名称以外的内容']
    const more = [...(user ? [`user: ${user}`] : []), ...(port ? [`port: ${port}`] : [])]
    const keys = [`address: ${host}`, ...more]
    return {
      what: say(`${shown} holds ${en}.`, `${shown} 中含有${zh}。`),
      fix: say(`Write ${keys.join(' and ')}.`, `请${more.length > 0 ? '分开' : ''}写：${keys.join(' 和 ')}。`),
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

export const addresses: Rule = {
  id: 'addresses',
  check: (config) => [
    ...eachNode(config, (node, path) => checkAddress(node.address, [...path, 'address'])),
    ...(config.bastion_host ? checkAddress(config.bastion_host.address, ['bastion_host', 'address']) : []),
    ...eachNode(config, (node, path) =>
      node.bastion_host ? checkAddress(node.bastion_host.address, [...path, 'bastion_host', 'address']) : [],
    ),
  ],
}

export const internalAddresses: Rule = {
  id: 'internal-addresses',
  check: (config) =>
    eachNode(config, ({ internal_address: text }, path) => {
      const address = text === undefined ? undefined : parseAddress(text)
      const kind = address === undefined ? undefined : unusableAddress(address)
      if (!text || !kind) return []
      return [
        {
          path: [...path, 'internal_address'],
          what: say(`${quote(text)} is ${kind.en}: other nodes cannot reach it.`, `${quote(text)} 是${kind.zh}：其他节点无法访问。`),
          fix: say("Write the host's address in the network of the nodes.", '请写该主机在节点网络中的地址。'),
        },
      ]
    }),
}

export const endpoint: Rule = {
  id: 'endpoint',
  check: ({ control_plane_endpoint: text }) => {
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
  },
}

/** An address that is somebody's already would be taken away from them. */
export const virtualAddress: Rule = {
  id: 'virtual-address',
  reads: ['control_plane_vip.address', 'network.pod_cidr', 'network.service_cidr'],
  check: ({ control_plane_vip: vip, nodes, network: ranges }) => {
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
  },
}

export const sans: Rule = {
  id: 'sans',
  check: ({ extra_sans: names }) =>
    names.flatMap((name, index) => checkAddress(name.startsWith('*.') ? name.slice(2) : name, ['extra_sans', index])),
}

export const localBastion: Rule = {
  id: 'local-bastion',
  check: (config) =>
    eachNode(config, ({ address, bastion_host: own }, path) => {
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
    }),
}
