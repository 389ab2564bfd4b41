import { dns1123Subdomain, suggestHostname } from '../../config/hostname.ts'
import { labelOf } from '../../config/hosts.ts'
import type { Problem } from '../../problem.ts'
import { same, type Text } from '../../text.ts'
import type { Step } from '../types.ts'
import type { Context, Member } from '../../cluster/types.ts'
import { notice, unfit } from './unfit.ts'

type Check = (context: Context) => Problem | readonly Problem[] | undefined

const SYSTEMS: Readonly<Record<string, readonly string[]>> = { debian: ['12', '13'], ubuntu: ['22.04', '24.04'] }

const operatingSystem: Check = ({ member, facts }) =>
  SYSTEMS[facts.os.id]?.includes(facts.os.version)
    ? undefined
    : unfit(
        member,
        { en: `its system is ${facts.os.id} ${facts.os.version}`, zh: `操作系统为 ${facts.os.id} ${facts.os.version}` },
        { en: 'Use Debian 12 or 13, or Ubuntu 22.04 or 24.04.', zh: '请使用 Debian 12/13 或 Ubuntu 22.04/24.04。' },
      )

const architecture: Check = ({ member, facts }) =>
  facts.arch === 'amd64' || facts.arch === 'arm64'
    ? undefined
    : unfit(
        member,
        { en: `its architecture is ${facts.arch}`, zh: `CPU 架构为 ${facts.arch}` },
        { en: 'Use an amd64 or arm64 host.', zh: '请使用 amd64 或 arm64 主机。' },
      )

const systemd: Check = ({ member, facts }) =>
  facts.systemd >= 240
    ? undefined
    : unfit(
        member,
        { en: 'systemd is not its first process, or is older than 240', zh: '1 号进程不是 systemd，或版本低于 240' },
        { en: 'Boot the host with systemd.', zh: '请以 systemd 启动主机。' },
      )

const root: Check = ({ member, facts }) =>
  facts.uid === 0
    ? undefined
    : unfit(
        member,
        { en: 'the script did not run as root', zh: '脚本未以 root 身份运行' },
        { en: 'Give the user sudo.', zh: '请为该用户授予 sudo 权限。' },
      )

/** Below these kubelet or etcd are killed sooner or later (kubeadm asks for 1700 MiB on a control plane). */
const MEMORY = { controlPlane: 1700, other: 700 }

const memory: Check = ({ member, facts }) => {
  const needed = member.roles.controlPlane || member.roles.etcd ? MEMORY.controlPlane : MEMORY.other
  return facts.memoryMiB >= needed
    ? undefined
    : unfit(
        member,
        {
          en: `it has ${facts.memoryMiB} MiB of memory; ${needed} are needed`,
          zh: `内存为 ${facts.memoryMiB} MiB，至少需要 ${needed} MiB`,
        },
        { en: 'Give it more memory.', zh: '请增加内存。' },
      )
}

const DISK_MIB = 4096

const disk: Check = ({ member, facts }) =>
  facts.diskMiB >= DISK_MIB
    ? undefined
    : unfit(
        member,
        {
          en: `/var/lib has ${facts.diskMiB} MiB free; ${DISK_MIB} are needed`,
          zh: `/var/lib 剩余 ${facts.diskMiB} MiB，至少需要 ${DISK_MIB} MiB`,
        },
        { en: 'Free some space or mount a larger disk there.', zh: '请清理空间或在该处挂载更大的磁盘。' },
      )

const swap: Check = ({ member, facts }) =>
  facts.swap.length === 0
    ? undefined
    : unfit(
        member,
        { en: `swap is on (${facts.swap.join(', ')})`, zh: `交换分区已启用（${facts.swap.join('、')}）` },
        {
          en: 'Run `swapoff -a` on the host; Slipway then keeps it off in /etc/fstab.',
          zh: '请在主机上运行 `swapoff -a`；之后 Slipway 会在 /etc/fstab 中保持关闭。',
        },
      )

/** The host's own name is what its logs, mail and people call it; a Node's name is a DNS-1123 subdomain. */
const hostname: Check = ({ member, facts }) => {
  if (dns1123Subdomain(facts.hostname) || member.setHostname) return undefined
  const better = suggestHostname(facts.hostname) ?? `node-${member.index + 1}`
  const what = {
    en: `the host calls itself "${facts.hostname}", which is not a DNS-1123 subdomain (lower-case letters, digits, "-" and ".")`,
    zh: `主机名 "${facts.hostname}" 不是合法的 DNS-1123 子域名（仅限小写字母、数字、"-" 和 "."）`,
  }
  if (member.name !== undefined)
    return notice(member, what, {
      en: `Its Node is called ${member.name}. Add \`set_hostname: true\` to give the host that name too.`,
      zh: `节点将命名为 ${member.name}。加上 \`set_hostname: true\` 可同时修改主机名。`,
    })
  return unfit(member, what, {
    en: `Add \`hostname_override: ${better}\` and \`set_hostname: true\` to its entry (${member.at}), or run \`hostnamectl set-hostname ${better}\` there.`,
    zh: `请在其条目（${member.at}）中加入 \`hostname_override: ${better}\` 和 \`set_hostname: true\`，或在主机上运行 \`hostnamectl set-hostname ${better}\`。`,
  })
}

const duplicates: Check = ({ member, members, facts, world }) => {
  const others = members.filter((other) => other.key !== member.key)
  const clash = (same: (other: Member) => boolean, what: (other: Member) => Text, fix: Text): Problem[] =>
    others.filter(same).map((other) => unfit(member, what(other), fix))
  return [
    ...clash(
      (other) => other.nodeName === member.nodeName,
      (other) => ({
        en: `its name ${member.nodeName} is also that of ${labelOf(other)}`,
        zh: `名称 ${member.nodeName} 与 ${labelOf(other)} 重复`,
      }),
      { en: 'Give each its own `hostname_override`.', zh: '请为每台主机设置不同的 `hostname_override`。' },
    ),
    ...clash(
      (other) => facts.machineId !== '' && world[other.key]?.machineId === facts.machineId,
      (other) => ({
        en: `its machine-id is also that of ${labelOf(other)}: one was cloned from the other`,
        zh: `machine-id 与 ${labelOf(other)} 相同：应为克隆所致`,
      }),
      {
        en: 'On one of them: `rm /etc/machine-id && systemd-machine-id-setup`, then reboot.',
        zh: '在其中一台上运行 `rm /etc/machine-id && systemd-machine-id-setup` 并重启。',
      },
    ),
    ...clash(
      (other) => other.ip === member.ip,
      (other) => ({ en: `its address ${member.ip} is also that of ${labelOf(other)}`, zh: `地址 ${member.ip} 与 ${labelOf(other)} 重复` }),
      { en: 'Give each its own `internal_address`.', zh: '请为每台主机设置不同的 `internal_address`。' },
    ),
  ]
}

const address: Check = ({ member, facts }) =>
  facts.addresses.some((one) => one.address === member.ip)
    ? undefined
    : unfit(
        member,
        {
          en: `${member.ip} is none of its addresses (${facts.addresses.map((one) => one.address).join(', ')})`,
          zh: `${member.ip} 不是本机地址（${facts.addresses.map((one) => one.address).join('、')}）`,
        },
        { en: 'Set `internal_address` to the one the other nodes can reach.', zh: '请将 `internal_address` 设为其他节点可达的地址。' },
      )

const SKEW = 30

/** Against the median of all hosts, so that one wrong clock is named and not everybody else. */
const clock: Check = ({ member, facts, world }) => {
  const times = Object.values(world)
    .map(({ now }) => now)
    .sort((a, b) => a - b)
  const skew = Math.round(facts.now - (times[Math.floor(times.length / 2)] ?? facts.now))
  return Math.abs(skew) <= SKEW
    ? undefined
    : unfit(
        member,
        {
          en: `its clock is ${Math.abs(skew)} s ${skew > 0 ? 'ahead of' : 'behind'} the other hosts`,
          zh: `时钟比其他主机${skew > 0 ? '快' : '慢'} ${Math.abs(skew)} 秒`,
        },
        { en: 'Synchronise it: certificates would not be valid yet, or no more.', zh: '请先同步时间，否则证书会尚未生效或已过期。' },
      )
}

const timeSync: Check = ({ member, facts, config }) =>
  facts.timeSync !== '' || facts.container || config.time_sync === 'auto'
    ? undefined
    : notice(
        member,
        { en: 'nothing keeps its clock in time', zh: '没有时间同步服务' },
        { en: 'Set `time_sync: auto`, or run chrony.', zh: '请设置 `time_sync: auto`，或自行运行 chrony。' },
      )

const OURS = ['etcd', 'kube-apiserver', 'kube-controller', 'kube-scheduler', 'kubelet', 'kube-proxy', 'haproxy']

/** The ports each role binds, and who would bind them. */
const portsOf = (member: Member): number[] => [
  ...(member.roles.etcd ? [2379, 2380, 2381] : []),
  ...(member.roles.controlPlane ? [6443, 10257, 10259] : []),
  ...(member.roles.controlPlane || member.roles.worker ? [6443, 10248, 10249, 10250, 10256] : []),
]

const ports: Check = ({ member, facts }) =>
  [...new Set(portsOf(member))].flatMap((port) => {
    const taken = facts.listening.find((one) => one.port === port && !OURS.some((ours) => one.process.startsWith(ours.slice(0, 15))))
    return taken
      ? [
          unfit(
            member,
            { en: `port ${port} is taken by ${taken.process}`, zh: `端口 ${port} 被 ${taken.process} 占用` },
            { en: 'Stop that program or move it to another port.', zh: '请停止该程序或改用其他端口。' },
          ),
        ]
      : []
  })

const leftovers: Check = ({ member, facts }) =>
  facts.leftovers.map(({ tool, path }) =>
    unfit(
      member,
      { en: `${tool} was here before (${path})`, zh: `此前安装过 ${tool}（${path}）` },
      {
        en: `Remove it with ${tool}'s own uninstaller first; Slipway does not take over another installer's cluster.`,
        zh: `请先用 ${tool} 自带的卸载程序清除；Slipway 不接管其他安装器的集群。`,
      },
    ),
  )

const atLeast = (version: string, floor: string): boolean => {
  const [a = [], b = []] = [version, floor].map((text) =>
    text
      .replace(/^\d+:/, '')
      .split(/[.\-+~]/)
      .map(Number),
  )
  for (let i = 0; i < 3; i++) if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) > (b[i] ?? 0)
  return true
}

/** Another containerd would fight ours for its socket, and an old one cannot serve this kubelet at all. */
const oldContainerd: Check = ({ member, facts, release }) =>
  ['containerd', 'containerd.io', 'docker.io', 'docker-ce'].flatMap((name) => {
    const version = facts.packages[name]
    if (version === undefined) return []
    const old = name.startsWith('containerd') && !atLeast(version, release.containerdFloor)
    const why: Text = old
      ? {
          en: `; Kubernetes ${release.minor} needs ${release.containerdFloor} or newer`,
          zh: `；Kubernetes ${release.minor} 需要 ${release.containerdFloor} 或更新版本`,
        }
      : same('')
    return [
      unfit(
        member,
        { en: `the package ${name} ${version} is installed${why.en}`, zh: `已安装软件包 ${name} ${version}${why.zh}` },
        {
          en: `Run \`apt-get purge ${name}\`: Slipway brings its own containerd ${release.containerd}.`,
          zh: `请运行 \`apt-get purge ${name}\`：Slipway 自带 containerd ${release.containerd}。`,
        },
      ),
    ]
  })

const proxyMode: Check = ({ member, facts, config }) => {
  const [major = 0, minor = 0] = facts.kernel.split(/[.-]/).map(Number)
  return config.network.proxy_mode !== 'nftables' || major > 5 || (major === 5 && minor >= 13)
    ? undefined
    : unfit(
        member,
        {
          en: `its kernel ${facts.kernel} is too old for kube-proxy's nftables mode (5.13)`,
          zh: `内核 ${facts.kernel} 过旧，不支持 kube-proxy 的 nftables 模式（需 5.13）`,
        },
        { en: 'Boot a newer kernel or set `network.proxy_mode: iptables`.', zh: '请更换较新内核，或设置 `network.proxy_mode: iptables`。' },
      )
}

const CHECKS: readonly Check[] = [
  operatingSystem,
  architecture,
  systemd,
  root,
  memory,
  disk,
  swap,
  hostname,
  duplicates,
  address,
  clock,
  timeSync,
  ports,
  leftovers,
  oldContainerd,
  proxyMode,
]

/** Whether a host is fit, asked before anything changes; every problem of every host is reported at once. */
export const preflight: Step = {
  id: 'preflight',
  title: { en: 'Checks of the host', zh: '主机检查' },
  on: 'every',
  problems: (context) => CHECKS.flatMap((check) => check(context) ?? []),
  resources: () => [],
}
