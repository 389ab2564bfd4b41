import { type Identity, shortCa } from '../cluster/identity.ts'
import type { Left, ResetResult, Survey } from '../engine/reset.ts'
import type { Language, Text } from '../text.ts'

const STAGES: Readonly<Record<string, Text>> = {
  units: { en: 'stopping units', zh: '停止服务单元' },
  pods: { en: 'ending pods', zh: '结束 Pod' },
  network: { en: 'removing tables, chains and links', zh: '移除规则表、链与网络接口' },
  leftovers: { en: 'removing what running parts left behind', zh: '移除运行中产生的内容' },
  files: { en: 'removing files, restoring those of before', zh: '移除文件并恢复原有文件' },
  packages: { en: 'removing packages', zh: '移除软件包' },
  sysctls: { en: 'restoring kernel settings', zh: '恢复内核参数' },
}

/** What a host is doing. */
export const stageText = (stage: string, language: Language): string => STAGES[stage]?.[language] ?? stage

const REASONS: Readonly<Record<string, (thing: string) => Text>> = {
  journal: (thing) => ({ en: `the journal's entries of ${thing}: logs are kept`, zh: `${thing} 的 journal 日志：日志予以保留` }),
  modules: (thing) => ({
    en: `the kernel modules ${thing}, until the next boot: others may use them by now`,
    zh: `内核模块 ${thing}，保留至下次启动：可能已被他用`,
  }),
  'not-empty': (thing) => ({
    en: `the directory ${thing}: it holds what Slipway did not write`,
    zh: `目录 ${thing}：其中有并非 Slipway 写入的内容`,
  }),
  needed: (thing) => ({
    en: `the package ${thing}: it is used by something that Slipway did not install`,
    zh: `软件包 ${thing}：被并非 Slipway 安装的内容使用`,
  }),
  user: (thing) => ({ en: `the user ${thing}: it could not be removed`, zh: `用户 ${thing}：无法移除` }),
  service: (thing) => ({ en: `the service ${thing}: it ran before and does not start`, zh: `服务 ${thing}：原先在运行，现无法启动` }),
  swap: (thing) => ({ en: `swap: it is in ${thing} again, but could not be switched on`, zh: `交换分区：已写回 ${thing}，但无法启用` }),
  chains: (thing) => ({ en: `chains of ${thing}: they could not be removed; a reboot does`, zh: `${thing} 的链：无法移除，重启后消失` }),
  table: (thing) => ({
    en: `the nftables table ${thing}: it could not be removed; a reboot does`,
    zh: `nftables 表 ${thing}：无法移除，重启后消失`,
  }),
  link: (thing) => ({
    en: `the interface ${thing}: it could not be removed; a reboot does`,
    zh: `网络接口 ${thing}：无法移除，重启后消失`,
  }),
  mounted: (thing) => ({ en: `${thing}: it cannot be unmounted, so nothing in it was deleted`, zh: `${thing}：无法卸载，其中内容未删除` }),
  running: (thing) => ({ en: `the processes ${thing}: they cannot be ended`, zh: `进程 ${thing}：无法结束` }),
}

/** Something that stays, and why. */
export const leftText = ({ reason, thing }: Left, language: Language): string => REASONS[reason]?.(thing)[language] ?? `${reason} ${thing}`

const counted = (count: number, one: string, zh: string, language: Language): string[] => {
  if (count === 0) return []
  return [language === 'zh' ? `${count} ${zh}` : `${count} ${one}${count === 1 ? '' : 's'}`]
}

const traces = ({ present, etcdMiB, pods, units, packages, files }: Survey, language: Language): string => {
  const zh = language === 'zh'
  if (!present) return zh ? '没有 Slipway 的内容' : "nothing of Slipway's"
  const parts = [
    ...(etcdMiB === undefined ? [] : [zh ? `etcd 及其数据（${etcdMiB} MiB）` : `etcd with its data (${etcdMiB} MiB)`]),
    ...counted(pods, 'pod', '个 Pod', language),
    ...counted(units.length, 'unit', '个服务单元', language),
    ...counted(packages.length, 'package', '个软件包', language),
    ...counted(files, 'file', '个文件', language),
  ]
  if (parts.length === 0) return zh ? '刚开始的运行留下的痕迹' : 'what a run left that had only begun'
  return parts.join(zh ? '、' : ', ')
}

/** One host of the list of what a reset destroys. */
export type ResetTarget = Readonly<{ name: string; label: string; survey: Survey; identity?: Identity }>

/** Which cluster a host says that it is of: ", node w1 of lab, CA 1f3a9c0e". */
const belonging = ({ identity }: ResetTarget, language: Language): string => {
  if (!identity) return ''
  const { node, name, ca } = identity
  const keys = ca.map(shortCa).join(', ') || (language === 'zh' ? '未知' : 'unknown')
  if (language === 'zh') return `；${name ? `集群 ${name} 的` : ''}节点 ${node ?? '-'}，CA ${keys}`
  return `; node ${node ?? '-'}${name ? ` of ${name}` : ''}, CA ${keys}`
}

/** What a reset destroys, for the one who has to agree to it. `others`: hosts of the cluster that are not reset. */
export const destructionText = (
  cluster: string,
  resetTargets: readonly ResetTarget[],
  others: readonly string[],
  language: Language,
): string => {
  const zh = language === 'zh'
  const snapshots = resetTargets.flatMap(({ name, survey }) => survey.snapshots.map((path) => `${name}:${path}`))
  const data = resetTargets.some(({ survey }) => survey.etcdMiB !== undefined)
  return [
    zh ? `将从以下主机移除集群 ${cluster}：` : `This removes the cluster ${cluster} from:`,
    ...resetTargets.map((target) => `  ${target.name} (${target.label}): ${traces(target.survey, language)}${belonging(target, language)}`),
    ...(data && others.length === 0
      ? [
          zh
            ? '集群中的全部对象、Secret 以及 CA 密钥都将消失，无法恢复。'
            : 'Every object of the cluster, its Secrets and the keys of its CAs are gone then. Nothing brings them back.',
        ]
      : []),
    ...(snapshots.length === 0
      ? []
      : [zh ? `这些 etcd 快照也会删除：${snapshots.join('、')}` : `These snapshots of etcd go too: ${snapshots.join(', ')}`]),
    ...(others.length === 0
      ? []
      : [
          zh
            ? `不处理：${others.join('、')}。它们所在的集群仍会保留这些主机的 Node 与 etcd 成员记录；若集群要继续使用，请改用 \`slipway node remove\`。`
            : `Not touched: ${others.join(', ')}. Their cluster goes on counting these hosts as nodes and members of etcd: where it is to live on, use \`slipway node remove\`.`,
        ]),
  ].join('\n')
}

/** How a host's reset ended, with all that stays on it. */
export const resultText = (name: string, result: ResetResult, language: Language): string => {
  const zh = language === 'zh'
  const left = result.left.map((one) => `  ${zh ? '保留：' : 'left: '}${leftText(one, language)}`)
  if (result.state === 'done') return [zh ? `[${name}] 已重置` : `[${name}] reset`, ...left].join('\n')
  if (result.state === 'lost') return [zh ? `[${name}] 连接中断` : `[${name}] lost`, ...left].join('\n')
  const during = result.stage === '' ? '' : zh ? `（${stageText(result.stage, language)}）` : ` while ${stageText(result.stage, language)}`
  const headline = zh
    ? `[${name}] 重置失败${during}，退出码 ${result.exit}`
    : `[${name}] the reset failed${during} with exit code ${result.exit}`
  return [headline, ...result.lines.map((line) => `  | ${line}`), ...left].join('\n')
}
