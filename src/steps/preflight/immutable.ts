import type { Config } from '../../config/schema.ts'
import type { Facts } from '../../hosts/facts.ts'
import { runningFlag } from '../../cluster/runs-as.ts'
import { EXIT, type Problem } from '../../problem.ts'
import { unitPath } from '../../cluster/unit-path.ts'
import type { Text } from '../../text.ts'
import { coredns } from '../../addons/coredns.ts'
import { NETWORKS } from '../../addons/networks.ts'
import type { Addon } from '../../addons/types.ts'
import { manifestPath } from '../addons.ts'
import type { Step } from '../types.ts'
import type { Context, Member } from '../../cluster/types.ts'

/** A setting that a cluster keeps for its life: what the file says, and what a host that is installed says. */
type Setting = Readonly<{
  /** The key in cluster.yml, as `Cluster.places` names it. */
  key: string
  wanted: (config: Config) => string
  /** undefined on a host that does not tell. */
  installed: (facts: Facts) => string | undefined
  why: Text
  /** Where there is another way than a new cluster. */
  instead?: Text
}>

const controllers = (flag: string) => (facts: Facts) => runningFlag(facts, 'kube-controller-manager', flag)

/** kubelet's own file: the flags that carry the domain may be the user's (an issuer of their own). */
const domain = ({ paths }: Facts): string | undefined =>
  /^clusterDomain: "?([^"\n]+)"?$/m.exec(paths['/var/lib/kubelet/config.yaml']?.text ?? '')?.[1]

/** DNS is applied after the pod network, so a host that has its objects and no network's was installed without one. */
const plugin = ({ paths }: Facts): string | undefined => {
  const has = (addon: Addon): boolean => paths[manifestPath(addon)] !== undefined
  const [name] = Object.entries(NETWORKS).find(([, { addon }]) => addon && has(addon)) ?? []
  return name ?? (has(coredns) ? 'none' : undefined)
}

const SETTINGS: readonly Setting[] = [
  {
    key: 'cluster_name',
    wanted: ({ cluster_name }) => cluster_name,
    installed: controllers('cluster-name'),
    why: {
      en: 'another name may mean another cluster, and these hosts are taken',
      zh: '名称不同可能意味着另一个集群，而这些主机已被占用',
    },
  },
  {
    key: 'cluster_domain',
    wanted: ({ cluster_domain }) => cluster_domain,
    installed: domain,
    why: {
      en: 'tokens of service accounts are issued in its name, and every running pod looks names up in it',
      zh: '服务账号令牌以它签发，所有运行中的 Pod 也用它解析名称',
    },
  },
  {
    key: 'network.pod_cidr',
    wanted: ({ network }) => network.pod_cidr,
    installed: controllers('cluster-cidr'),
    why: {
      en: 'each node holds a share of it, and pods run with addresses out of it',
      zh: '每个节点都持有其中一段，Pod 正在使用其中的地址',
    },
  },
  {
    key: 'network.service_cidr',
    wanted: ({ network }) => network.service_cidr,
    installed: (facts) => runningFlag(facts, 'kube-apiserver', 'service-cluster-ip-range'),
    why: { en: "services keep their addresses, the API's own among them", zh: '已有 Service（包括 API 自身）的地址不会改变' },
    instead: {
      en: 'For more addresses create a ServiceCIDR object (kubectl explain servicecidr).',
      zh: '如需更多地址，请创建 ServiceCIDR 对象（kubectl explain servicecidr）。',
    },
  },
  {
    key: 'network.node_mask',
    wanted: ({ network }) => String(network.node_mask),
    installed: controllers('node-cidr-mask-size'),
    why: { en: 'nodes keep the share of pod_cidr they were given', zh: '节点会保留已分配的 pod_cidr 网段' },
  },
  {
    key: 'network.plugin',
    wanted: ({ network }) => network.plugin,
    installed: plugin,
    why: { en: 'every running pod hangs on the network it was started in', zh: '所有运行中的 Pod 都依赖启动时所用的网络' },
  },
]

const ANEW: Text = {
  en: 'Another one needs a new cluster: other hosts, or these after `slipway reset`, which takes this cluster away with all that it holds.',
  zh: '要使用新值需新建集群：使用其他主机，或对这些主机运行 `slipway reset`（会移除此集群及其全部内容）后再安装。',
}

const refuse = (at: string, what: Text, fix: Text): Problem => ({ at, what, fix, severity: 'error', exit: EXIT.config })

/** What an installed host says of a setting; every control plane was given the same, so the first by name speaks for all. */
const installedAs = ({ installed }: Setting, { members, world }: Context): string | undefined =>
  members
    .filter(({ roles }) => roles.controlPlane)
    .toSorted((a, b) => a.key.localeCompare(b.key, 'en'))
    .map(({ key }) => world[key] && installed(world[key]))
    .find((value) => value !== undefined)

const settingProblem = (setting: Setting, context: Context): Problem[] => {
  const [wanted, installed] = [setting.wanted(context.config), installedAs(setting, context)]
  if (installed === undefined || installed === wanted) return []
  const { key, why, instead } = setting
  return [
    refuse(
      context.places?.[key] ?? `cluster.yml ${key}`,
      {
        en: `the cluster was installed with ${installed}, and that cannot become ${wanted}: ${why.en}`,
        zh: `集群安装时的值是 ${installed}，不能改为 ${wanted}：${why.zh}`,
      },
      {
        en: `Write ${installed} again. ${instead?.en ?? ANEW.en}`,
        zh: `请改回 ${installed}。${instead?.zh ?? ANEW.zh}`,
      },
    ),
  ]
}

/** Roles whose parts run on a host are given back only by taking the node out of the cluster: its etcd vote has to go first. */
const roleProblems = (member: Member, { world }: Context): Problem[] => {
  const runs = (name: string): boolean => world[member.key]?.paths[unitPath(name)] !== undefined
  const lost = [
    ...(runs('kube-apiserver') && !member.roles.controlPlane ? ['control-plane'] : []),
    ...(runs('etcd') && !member.roles.etcd ? ['etcd'] : []),
    ...(runs('kubelet') && !member.roles.controlPlane && !member.roles.worker ? ['worker'] : []),
  ]
  return lost.map((role) =>
    refuse(
      `${member.at}.role`,
      {
        en: `${member.nodeName} runs as ${role}, and the file takes that role away`,
        zh: `${member.nodeName} 正以 ${role} 角色运行，而文件去掉了该角色`,
      },
      {
        en: `Put it back; or run \`slipway node remove ${member.nodeName}\` with the role it has, and add the host again with its new one.`,
        zh: `请恢复该角色；或先以原角色运行 \`slipway node remove ${member.nodeName}\`，再以新角色添加该主机。`,
      },
    ),
  )
}

/** Whether the file changes what a running cluster keeps for its life. */
export const preflightImmutable: Step = {
  id: 'preflight-immutable',
  title: { en: 'Checks of what cannot change', zh: '不可变更项检查' },
  on: 'one-control-plane',
  problems: (context) => [
    ...SETTINGS.flatMap((setting) => settingProblem(setting, context)),
    ...context.members.flatMap((member) => roleProblems(member, context)),
  ],
  resources: () => [],
}
