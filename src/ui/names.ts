import type { Change } from '../engine/change.ts'
import { escapeRemote } from '../hosts/lines.ts'
import type { Resource, Verb } from '../resources/types.ts'
import { PHASES } from '../steps/index.ts'
import { type Language, same, type Text } from '../text.ts'

/** The names by which output speaks of a host: its Node's, and "user@address:port". */
export type HostName = Readonly<{ key: string; nodeName: string; label: string }>

const KINDS: Readonly<Record<Resource['kind'], Text>> = {
  absent: { en: 'file', zh: '文件' },
  'apt-sources': { en: 'apt sources', zh: 'apt 源' },
  artifact: { en: 'artifact', zh: '组件' },
  certificate: { en: 'certificate', zh: '证书' },
  'cluster-record': { en: 'record', zh: '记录' },
  checked: { en: 'record of the check', zh: '检查记录' },
  directory: { en: 'directory', zh: '目录' },
  file: { en: 'file', zh: '文件' },
  'functional-check': { en: 'check of', zh: '检查' },
  hostname: { en: 'host name', zh: '主机名' },
  image: { en: 'image', zh: '镜像' },
  link: { en: 'link', zh: '链接' },
  modules: { en: 'kernel modules', zh: '内核模块' },
  node: { en: 'node', zh: '节点' },
  'node-absent': { en: 'node', zh: '节点' },
  'node-address': { en: 'address of node', zh: '节点地址' },
  'node-rename': { en: 'name of node', zh: '节点名称' },
  'pod-network': { en: 'pod network of', zh: 'Pod 网络' },
  'network-daemon': { en: 'pod network daemon of', zh: 'Pod 网络守护进程' },
  'etcd-address': { en: 'etcd member', zh: 'etcd 成员' },
  objects: { en: 'objects', zh: '对象' },
  packages: { en: 'packages', zh: '软件包' },
  'registry-hosts': { en: 'file', zh: '文件' },
  service: { en: 'service', zh: '服务' },
  'shared-secret': { en: 'shared secret', zh: '共享密钥' },
  drain: { en: 'drain', zh: '排空' },
  uncordon: { en: 'uncordon', zh: '恢复调度' },
  'unit-absent': { en: 'unit', zh: '服务' },
  'etcd-snapshot': { en: 'etcd snapshot', zh: 'etcd 快照' },
  'etcd-join': { en: 'etcd member', zh: 'etcd 成员' },
  'etcd-promote': { en: 'etcd member', zh: 'etcd 成员' },
  'etcd-restore': { en: 'etcd data', zh: 'etcd 数据' },
  'restore-end': { en: 'what is left of the restore', zh: '恢复的收尾工作' },
  timer: { en: 'timer', zh: '定时器' },
  'swap-off': { en: 'swap', zh: '交换分区' },
  sysctls: { en: 'sysctls', zh: '内核参数' },
  trust: { en: 'CA certificate', zh: 'CA 证书' },
  unit: { en: 'unit', zh: '服务' },
  user: { en: 'user', zh: '用户' },
  verification: { en: 'check', zh: '检查' },
}

const VERBS: Readonly<Record<Verb, Text>> = {
  create: { en: 'create', zh: '新建' },
  update: { en: 'update', zh: '更新' },
  remove: { en: 'remove', zh: '移除' },
  start: { en: 'start', zh: '启动' },
  restart: { en: 'restart', zh: '重启' },
  reload: { en: 'reload', zh: '重新加载' },
}

/** Kinds that are not made the way a file is, nor started the way a unit is. */
const MAKING: Readonly<Partial<Record<Resource['kind'], Text>>> = {
  artifact: { en: 'fetch', zh: '获取' },
  image: { en: 'fetch', zh: '获取' },
  objects: { en: 'apply', zh: '应用' },
  packages: { en: 'install', zh: '安装' },
  verification: { en: 'run', zh: '执行' },
  'functional-check': { en: 'run', zh: '执行' },
  'etcd-snapshot': { en: 'take', zh: '创建' },
  'etcd-join': { en: 'add', zh: '加入' },
  'etcd-promote': { en: 'promote', zh: '提升' },
  'etcd-restore': { en: 'restore', zh: '恢复' },
  'restore-end': { en: 'do', zh: '完成' },
}

/** The word for a verb: "restart". */
export const verbText = (verb: Verb, language: Language): string => VERBS[verb][language]

/** What a change is about: "unit kube-apiserver". */
export const thingText = ({ id, want }: Change, language: Language): string => {
  const space = id.indexOf(' ')
  const name = space < 0 ? '' : ` ${id.slice(space + 1)}`
  return escapeRemote(`${KINDS[want.kind][language]}${name}`)
}

/** What a change does: "start unit kube-apiserver". */
export const actionText = (change: Change, language: Language): string => {
  const { verb } = change.difference
  // The kind is already a verb.
  if (change.want.kind === 'drain' || change.want.kind === 'uncordon') return thingText(change, language)
  const word = (verb !== 'remove' && verb !== 'restart' && verb !== 'reload' ? MAKING[change.want.kind] : undefined) ?? VERBS[verb]
  return `${word[language]}${language === 'zh' ? '' : ' '}${thingText(change, language)}`
}

const phaseOf = (id: string) => PHASES.find((phase) => phase.id === id)

/** The title of a phase; its id when it has none. */
export const phaseTitle = (id: string, language: Language): string => (phaseOf(id)?.title ?? same(id))[language]

/** The title of the step a change belongs to. */
export const stepTitle = ({ phase, step }: Pick<Change, 'phase' | 'step'>, language: Language): string =>
  (phaseOf(phase)?.steps.find(({ id }) => id === step)?.title ?? same(step))[language]

/** Where and what: "kube-apiserver: start unit kube-apiserver". */
export const changeText = (change: Change, language: Language): string =>
  `${stepTitle(change, language)}${language === 'zh' ? '：' : ': '}${actionText(change, language)}`

/** "2.1 s" */
export const secondsText = (seconds: number, language: Language): string => `${seconds.toFixed(1)} ${language === 'zh' ? '秒' : 's'}`

/** "3 hosts" */
export const hostsText = (count: number, language: Language): string =>
  language === 'zh' ? `${count} 台主机` : `${count} host${count === 1 ? '' : 's'}`

/** "12 changes" */
export const changesText = (count: number, language: Language): string =>
  language === 'zh' ? `${count} 项更改` : `${count} change${count === 1 ? '' : 's'}`

/** The Node's name of a host, or its key while nothing else is known. */
export const nodeNameOf = (members: readonly HostName[], key: string): string =>
  members.find((member) => member.key === key)?.nodeName || key
