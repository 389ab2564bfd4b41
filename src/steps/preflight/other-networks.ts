import { networkOf } from '../../addons/networks.ts'
import type { Context } from '../../cluster/types.ts'
import type { Problem } from '../../problem.ts'
import type { Check } from './check.ts'
import { notice, unfit } from './unfit.ts'

const FOLDER = '/etc/cni/net.d/'

/** Links that other pod networks make. (tunl0 is the kernel's own, wherever ipip is loaded.) */
const LINKS = /^(cali[0-9a-f]+|vxlan\.calico|cilium_\w+|weave|vethwe-\w+|kube-bridge|antrea-gw0)$/
const NETWORKS = /calico|cilium|weave|antrea|kube-router|canal/i

/** containerd takes the first configuration by name (go-cni: .conf, .conflist and .json, sorted). */
const configurations = ({ config, member, facts }: Context): Problem[] => {
  const { configuration: ours = '' } = networkOf(config)
  return Object.keys(facts.paths)
    .filter((path) => path.startsWith(FOLDER) && /\.(conf|conflist|json)$/.test(path) && path !== ours)
    .filter((path) => path < ours || NETWORKS.test(path))
    .map((path) =>
      (path < ours ? unfit : notice)(
        member,
        {
          en: `another pod network has its configuration there: ${path}${path < ours ? ', which containerd takes before ours' : ''}`,
          zh: `存在其他 Pod 网络的配置：${path}${path < ours ? '，containerd 会优先使用它' : ''}`,
        },
        { en: `Remove it: \`rm ${path}\`.`, zh: `请删除：\`rm ${path}\`。` },
      ),
    )
}

/** A bridge on a host that never ran a kubelet of ours has the addresses of another cluster: every new pod would fail on it. */
const bridge = ({ config, member, facts }: Context): Problem[] => {
  const link = networkOf(config).traces?.link
  return link === undefined || facts.mtu[link] === undefined || facts.paths['/etc/slipway/units/kubelet.env'] !== undefined
    ? []
    : [
        unfit(
          member,
          { en: `an earlier cluster left the bridge ${link}`, zh: `此前的集群留下了网桥 ${link}` },
          { en: `Remove it: \`ip link delete ${link}\`.`, zh: `请删除：\`ip link delete ${link}\`。` },
        ),
      ]
}

const links = ({ member, facts }: Context): Problem[] => {
  const found = Object.keys(facts.mtu).filter((name) => LINKS.test(name))
  if (found.length === 0) return []
  const command = found.map((name) => `ip link delete ${name}`).join('; ')
  return [
    notice(
      member,
      { en: `another pod network left links: ${found.join(', ')}`, zh: `其他 Pod 网络留下了网络设备：${found.join('、')}` },
      { en: `Remove them: \`${command}\`, or reboot the host.`, zh: `请删除：\`${command}\`，或重启主机。` },
    ),
  ]
}

const chains = ({ member, facts }: Context): Problem[] => {
  const found = facts.foreignChains
  if (found.length === 0) return []
  const starts = [...new Set(found.map((name) => /^[A-Za-z]+(-ROUTER|[-_])?/.exec(name)?.[0] ?? name))]
  const command = `iptables-save | grep -v ${starts.map((start) => `-e ${start}`).join(' ')} | iptables-restore`
  return [
    notice(
      member,
      {
        en: `another pod network left rules in the packet filter: ${found.slice(0, 3).join(', ')}`,
        zh: `其他 Pod 网络在防火墙中留下了规则：${found.slice(0, 3).join('、')}`,
      },
      { en: `Remove them: \`${command}\`, or reboot the host.`, zh: `请删除：\`${command}\`，或重启主机。` },
    ),
  ]
}

/** What another pod network left behind: where ours is wanted, it would be taken for ours or fight it. */
export const otherNetworks: Check = (context) =>
  networkOf(context.config).configuration === undefined ? [] : [configurations, bridge, links, chains].flatMap((look) => look(context))
