import type { Context } from '../../cluster/types.ts'
import type { Problem } from '../../problem.ts'
import type { ArtifactName } from '../../releases/artifacts.ts'
import { kindOf } from '../../resources/index.ts'
import type { Resource } from '../../resources/types.ts'
import { binaries } from '../binaries.ts'
import { images } from '../images.ts'
import { unfit } from './unfit.ts'

/** MiB that the files of a component take, rounded up; releases of one minor differ little. */
const BINARY_MIB: Readonly<Partial<Record<ArtifactName | string, number>>> = {
  ...{ runc: 13, containerd: 125, 'cni-plugins': 60, kubelet: 85, 'kube-proxy': 50, etcd: 65 },
  ...{ 'kube-apiserver': 100, 'kube-controller-manager': 80, 'kube-scheduler': 75, kubectl: 62 },
}
/** One image of the cluster itself, as fetched and unpacked. */
const IMAGE_MIB = 60
const IMAGE_INODES = 300
/** The largest download, which lies here while it is put together. */
const STAGE_MIB = 200
/** What etcd takes within its first days. */
const ETCD_MIB = 512

/** What is about to be put under a path. */
type Need = Readonly<{ path: string; mib: number; inodes: number }>

const lacking = ({ facts, world }: Context, wanted: readonly Resource[]): Resource[] =>
  wanted.filter((want) => kindOf(want).diff(want, { facts, world, pending: new Set() }) !== undefined)

const needsOf = (context: Context): Need[] => {
  const { roles } = context.member
  const files = lacking(context, binaries.resources(context)).flatMap((want) => (want.kind === 'artifact' ? [want.artifact] : []))
  const pictures = roles.controlPlane || roles.worker ? lacking(context, images.resources(context)) : []
  const mib = files.reduce((sum, { component, name }) => sum + (BINARY_MIB[name] ?? BINARY_MIB[component] ?? 100), 0)
  return [
    { path: '/opt', mib, inodes: files.length * 20 },
    { path: '/var/lib/slipway', mib: files.length > 0 ? STAGE_MIB : 0, inodes: files.length > 0 ? 100 : 0 },
    { path: '/var/lib/containerd', mib: pictures.length * IMAGE_MIB, inodes: pictures.length * IMAGE_INODES },
    { path: '/var/lib/etcd', mib: roles.etcd && !context.facts.etcdData ? ETCD_MIB : 0, inodes: 0 },
  ].filter((need) => need.mib > 0)
}

/** Places on one file system share its room. */
const tooFull = (context: Context): Problem[] => {
  const { member, facts } = context
  const known = needsOf(context).filter(({ path }) => facts.space[path])
  const groups = Map.groupBy(known, ({ path }) => facts.space[path]?.mount ?? '')
  return [...groups].flatMap(([mount, needs]) => {
    const seen = facts.space[needs[0]?.path ?? '']
    if (!seen) return []
    const [mib, inodes] = [needs.reduce((sum, need) => sum + need.mib, 0), needs.reduce((sum, need) => sum + need.inodes, 0)]
    const where = needs.map(({ path }) => path).join(', ')
    const full: Problem[] = []
    if (seen.freeMiB < mib)
      full.push(
        unfit(
          member,
          {
            en: `the file system ${mount} (${where}) has ${seen.freeMiB} MiB free; about ${mib} are needed for what is still missing there`,
            zh: `文件系统 ${mount}（${where}）剩余 ${seen.freeMiB} MiB，尚缺内容约需 ${mib} MiB`,
          },
          { en: `Free some space on ${mount}, or make it larger.`, zh: `请清理 ${mount} 或扩大其容量。` },
        ),
      )
    if (seen.freeInodes !== undefined && seen.freeInodes < inodes)
      full.push(
        unfit(
          member,
          {
            en: `the file system ${mount} (${where}) has ${seen.freeInodes} inodes free; about ${inodes} are needed for what is still missing there`,
            zh: `文件系统 ${mount}（${where}）剩余 ${seen.freeInodes} 个 inode，尚缺内容约需 ${inodes} 个`,
          },
          {
            en: `Delete small files there (df -i ${mount} shows the count), or make the file system anew with more inodes.`,
            zh: `请删除其中的小文件（可用 df -i ${mount} 查看），或以更多 inode 重建该文件系统。`,
          },
        ),
      )
    return full
  })
}

const readOnly = ({ member, facts }: Context): Problem[] => {
  const paths = Object.keys(facts.space).filter((path) => facts.space[path]?.writable === false)
  return paths.length === 0
    ? []
    : [
        unfit(
          member,
          { en: `read-only: ${paths.join(', ')}`, zh: `只读：${paths.join('、')}` },
          {
            en: 'Mount them writable (mount -o remount,rw); dmesg says why where the kernel did it.',
            zh: '请以可写方式挂载（mount -o remount,rw）；若由内核改为只读，dmesg 中有原因。',
          },
        ),
      ]
}

/** Whether what is still missing fits where it will lie: on each file system by itself. */
export const space = (context: Context): readonly Problem[] => [...readOnly(context), ...tooFull(context)]
