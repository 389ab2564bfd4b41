import { clusterHosts, signsOf } from '../../cluster/signs.ts'
import type { PairName, SecretName } from '../../cluster/secret-names.ts'
import type { Cluster, Context, Member } from '../../cluster/types.ts'
import type { World } from '../../cluster/world.ts'
import { EXIT, type Problem } from '../../problem.ts'
import { holdings } from '../../resources/derived.ts'
import { holdersOf, valuesIn } from '../../resources/generations.ts'
import { isAuthority, isPair, SECRET_NAMES, SECRET_PATHS } from '../../resources/secrets.ts'
import { same, type Text } from '../../text.ts'
import { DEFAULT_DIRECTORY } from '../etcd-backup.ts'
import type { Step } from '../types.ts'
import { unfit } from './unfit.ts'

/** What a question about lost keys needs to know. */
export type Asked = Pick<Cluster, 'config' | 'authorities' | 'restores'> & Readonly<{ members: readonly Member[]; world: World }>

const planesOf = (members: readonly Member[]): readonly Member[] => members.filter(({ roles }) => roles.controlPlane)

/** The shared secrets that no control plane of a world has whole, and that the user's own files do not give either. */
export const missingSecrets = ({ members, world, authorities = {} }: Pick<Asked, 'members' | 'world' | 'authorities'>): SecretName[] => {
  const held = holdings(
    planesOf(members).map(({ key }) => key),
    world,
  )
  return SECRET_NAMES.filter((name) => holdersOf(held, name).length === 0 && !(isAuthority(name) && authorities[name]))
}

const namesAt = ({ members, world }: Asked, path: string, holds: (host: string) => boolean): string[] =>
  members.filter(({ key }) => world[key]?.paths[path] && holds(key)).map(({ nodeName }) => nodeName)

const isStill = (path: string, hosts: readonly string[]): Text => ({
  en: `${path} is still on ${hosts.join(', ')}`,
  zh: `${path} 仍在 ${hosts.join('、')} 上`,
})

const keysAt = (asked: Asked, path: string): string[] =>
  namesAt(asked, path, (host) => asked.world[host]?.paths[path]?.publicPart?.id !== '')
const mainsAt = (asked: Asked, path: string): string[] =>
  namesAt(asked, path, (host) => valuesIn(asked.world[host]?.paths[path], '').length > 0)

/** The files of a secret that no host has. */
const goneFiles = (asked: Asked, name: SecretName): readonly string[] => {
  const [main = '', key = ''] = SECRET_PATHS[name]
  if (!isPair(name)) return [main]
  const gone = [...(mainsAt(asked, main).length > 0 ? [] : [main]), ...(keysAt(asked, key).length > 0 ? [] : [key])]
  return gone.length > 0 ? gone : [main, key]
}

/** The files of a pair that are gone, and which half of it is left where. */
const lostPair = (asked: Asked, name: PairName): Text => {
  const [main = '', key = ''] = SECRET_PATHS[name]
  const [mains, keys] = [mainsAt(asked, main), keysAt(asked, key)]
  if (mains.length === 0 && keys.length === 0) return same(`${main}, ${key}`)
  const [gone, left] = keys.length === 0 ? [key, isStill(main, mains)] : [main, isStill(key, keys)]
  return { en: `${gone} (${left.en})`, zh: `${gone}（${left.zh}）` }
}

const lostText = (asked: Asked, name: SecretName): Text => (isPair(name) ? lostPair(asked, name) : same(SECRET_PATHS[name].join(', ')))

const runners = ({ members, world }: Asked, unit: string): string[] =>
  members.filter(({ key }) => world[key]?.units[unit]?.active === 'active').map(({ nodeName }) => nodeName)

/** Processes read keys when they start: what runs still has what the disk has lost. */
const memoryText = (asked: Asked, missing: readonly SecretName[]): Text[] => {
  const hosts = runners(asked, 'kube-apiserver')
  const kept = missing.filter((name) => name === 'encryption' || name === 'sa')
  if (hosts.length === 0 || kept.length === 0) return []
  const saves = kept.includes('encryption')
  return [
    {
      en: `Neither restart kube-apiserver nor reboot on ${hosts.join(', ')}: the running process still has the key${saves ? ', and serves Secrets with it (without a backup: docs/guide/certificates.md, "When a key is lost")' : ''}.`,
      zh: `不要重启 ${hosts.join('、')} 上的 kube-apiserver 或主机：运行中的进程仍持有该密钥${saves ? '并以此提供 Secret（没有备份时见 docs/guide/certificates.zh.md 的“密钥丢失时”）' : ''}。`,
    },
  ]
}

const backupText = ({ config: { etcd_backup: backup } }: Asked): Text => {
  const places = backup
    ? [
        ...(backup.directory !== undefined || backup.s3 === undefined ? [backup.directory ?? DEFAULT_DIRECTORY] : []),
        ...(backup.s3 ? [`s3://${backup.s3.bucket}/${backup.s3.prefix ?? ''}`] : []),
      ]
    : []
  return places.length > 0
    ? { en: ` (etcd_backup writes to ${places.join(' and ')})`, zh: `（etcd_backup 写入 ${places.join(' 和 ')}）` }
    : { en: ' (one that `slipway etcd snapshot` made)', zh: '（由 `slipway etcd snapshot` 生成）' }
}

/** A reset is named only where it takes nothing that lived: no etcd has begun, and every host was seen. */
const abandonText = ({ members, world }: Asked): Text[] => {
  const mayLive = members.some(({ key }) => !world[key] || world[key].etcdData || signsOf(world[key]).includes('trust'))
  return mayLive
    ? []
    : [
        {
          en: 'No host has data of etcd: if this install never came to its end, `slipway reset` and `slipway up` begin anew.',
          zh: '所有主机都没有 etcd 数据：若安装从未完成，可运行 `slipway reset` 后再运行 `slipway up` 重新开始。',
        },
      ]
}

const joined = (texts: readonly Text[]): Text => ({ en: texts.map(({ en }) => en).join(' '), zh: texts.map(({ zh }) => zh).join('') })

const restoreText = (asked: Asked, missing: readonly SecretName[]): Text => {
  const files = missing.flatMap((name) => goneFiles(asked, name)).join(', ')
  const backup = backupText(asked)
  return {
    en: `From a backup${backup.en}: \`slipway certs restore BACKUP --identity PRIVATE-KEY\` puts these keys back and changes nothing else. From a copy of your own: put ${files} back on a control plane, owned by root, mode 0600 (0644 for .crt and .pub), then \`slipway up\`.`,
    zh: `如有备份${backup.zh}：运行 \`slipway certs restore 备份 --identity 私钥\` 只放回这些密钥，不改其他内容。如自有副本：将 ${files} 放回一台控制平面（属主 root，权限 0600，.crt 与 .pub 为 0644），再运行 \`slipway up\`。`,
  }
}

const lostProblem = (asked: Asked, missing: readonly SecretName[], at: Member): Problem => {
  const texts = missing.map((name) => lostText(asked, name))
  const hosts = asked.members.filter(({ key }) => clusterHosts(asked.world).includes(key)).map(({ nodeName }) => nodeName)
  return unfit(
    at,
    {
      en: `keys of the cluster on ${hosts.join(', ')} are lost; no control plane has a whole ${texts.map(({ en }) => en).join('; ')}. New ones would not fit what is there, so none are made`,
      zh: `${hosts.join('、')} 上的集群丢失了密钥；没有控制平面持有完整的 ${texts.map(({ zh }) => zh).join('；')}。新密钥与现有内容不符，因此不会生成`,
    },
    joined([...memoryText(asked, missing), restoreText(asked, missing), ...abandonText(asked)]),
  )
}

/** One that does not answer may hold them: a second value would split the cluster. */
const silentProblem = (missing: readonly SecretName[], silent: readonly Member[], at: Member): Problem => {
  const [path] = missing.map((name) => SECRET_PATHS[name][0])
  const names = silent.map(({ nodeName }) => nodeName)
  return {
    at: at.at,
    what: {
      en: `no control plane that answers has ${path}, and ${names.join(', ')} does not answer`,
      zh: `已响应的控制平面都没有 ${path}，而 ${names.join('、')} 没有响应`,
    },
    fix: { en: `Bring ${names.join(', ')} back, so that no second one is made.`, zh: `请先恢复 ${names.join('、')}，以免生成第二份。` },
    severity: 'error',
    exit: EXIT.unreachable,
  }
}

/**
 * Shared keys that are lost. New ones are drawn on a first install and by `certs rotate` alone: over a cluster that exists they would make every Secret
 * unreadable, or cut every host off. `at` is the control plane by which they are missed.
 */
export const lostSecrets = (asked: Asked, at: Member): Problem[] => {
  // A restore brings its own, and they are compared when the backup has been opened.
  const missing = asked.restores ? [] : missingSecrets(asked)
  if (missing.length === 0) return []
  const silent = planesOf(asked.members).filter(({ key }) => asked.world[key] === undefined)
  if (silent.length > 0) return [silentProblem(missing, silent, at)]
  return clusterHosts(asked.world).length > 0 ? [lostProblem(asked, missing, at)] : []
}

/** Whether the cluster still has its keys. */
export const preflightLostSecrets: Step = {
  id: 'preflight-lost-secrets',
  title: { en: 'Checks of lost keys', zh: '密钥丢失检查' },
  on: 'one-control-plane',
  problems: (context: Context) => lostSecrets(context, context.member),
  resources: () => [],
}
