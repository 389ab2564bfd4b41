import type { Manifest } from './manifest.ts'
import type { Context } from '../../cluster/types.ts'
import type { Language } from '../../text.ts'

/**
 * What a restore means, before a person types the cluster's name. `alive`: etcd answers now. `prepared`: an earlier go of this restore set the old
 * data aside already, so what the hosts hold now is its own.
 */
export const restoreText = (
  { fields, taken, revision, keys }: Manifest,
  hosts: readonly Context[],
  { alive, prepared }: Readonly<{ alive: boolean; prepared: boolean }>,
  language: Language,
): string => {
  const names = hosts.map(({ member }) => member.nodeName)
  const moved = prepared ? [] : hosts.filter(({ facts }) => facts.etcdData).map(({ member }) => member.nodeName)
  if (language === 'zh')
    return [
      `集群 ${fields.cluster} 将恢复到 ${taken}（etcd 修订版本 ${revision}，${keys} 个键）。`,
      `etcd 成员：${names.join('、')}。此后创建或修改的内容都会丢失${alive ? '，而 etcd 目前仍在工作' : ''}。`,
      ...(moved.length > 0 ? [`${moved.join('、')} 上现有的 etcd 数据会移到 /var/lib/etcd/before-… 保留。`] : []),
      '恢复期间 API 不可用；正在运行的容器不会停止。',
    ].join('\n')
  return [
    `The cluster ${fields.cluster} becomes what it was at ${taken} (revision ${revision} of etcd, ${keys} keys).`,
    `Members of etcd: ${names.join(', ')}. What was made or changed since then is lost${alive ? ', and etcd answers at this moment' : ''}.`,
    ...(moved.length > 0 ? [`What ${moved.join(', ')} hold in etcd now is moved to /var/lib/etcd/before-... and kept.`] : []),
    'The API is away meanwhile; containers that run go on running.',
  ].join('\n')
}
