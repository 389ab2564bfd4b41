import type { Member } from '../../cluster/types.ts'
import { type Belonging, belongingOf, shortCa, type Shown, type Stranger } from '../../cluster/identity.ts'
import type { World } from '../../cluster/world.ts'
import { EXIT, type Problem, refusal } from '../../problem.ts'
import type { Text } from '../../text.ts'
import { restoringOf } from '../restoring.ts'
import { unfit } from './unfit.ts'

const SOME = 8

/** A cluster as people recognise it: "the cluster lab (CA 1f3a9c0e, nodes cp1, w1)". */
export const clusterText = ({ ca, name, nodes }: Shown): Text => {
  const more = nodes.length > SOME ? ', ...' : ''
  const named = nodes.slice(0, SOME).join(', ') + more
  const keys = ca.map(shortCa).join(', ')
  return {
    en: `the cluster${name ? ` ${name}` : ''} (CA ${keys || 'unknown'}${nodes.length > 0 ? `, nodes ${named}` : ''})`,
    zh: `集群${name ? ` ${name}` : ''}（CA ${keys || '未知'}${nodes.length > 0 ? `，节点 ${named}` : ''}）`,
  }
}

/** What a host that is of another cluster would lose. Only a node that its cluster can spare is ever to be reset. */
const wayOut = ({ identity }: Stranger, { nodeName, at }: Member): Text => {
  const entry: Text = {
    en: `Correct its entry (${at}).`,
    zh: `请更正其条目（${at}）。`,
  }
  if (identity.keeps !== 'node')
    return {
      en: `${entry.en} It holds ${identity.keeps === 'keys' ? 'the keys' : 'a member of etcd'} of that cluster: it leaves by \`slipway node remove\` with the file of its own cluster.`,
      zh: `${entry.zh}它持有该集群的${identity.keeps === 'keys' ? '密钥' : ' etcd 成员'}：须以其所属集群的文件运行 \`slipway node remove\` 移出。`,
    }
  return {
    en: `${entry.en} If it is to move here: \`slipway node remove\` with the file of its own cluster. If that cluster is gone: \`slipway reset --limit ${nodeName}\`, which shows the cluster again and asks.`,
    zh: `${entry.zh}如要移入本集群：以其所属集群的文件运行 \`slipway node remove\`。若该集群已不存在：运行 \`slipway reset --limit ${nodeName}\`，它会再次显示所属集群并确认。`,
  }
}

const strangerProblem = (stranger: Stranger, own: Shown | undefined, member: Member): Problem => {
  const theirs = clusterText(stranger.shown)
  const ours = own && clusterText(own)
  return unfit(
    member,
    ours
      ? {
          en: `it belongs to ${theirs.en}, and the control planes of this file to ${ours.en}`,
          zh: `它属于${theirs.zh}，而此文件的控制平面属于${ours.zh}`,
        }
      : {
          en: `it belongs to ${theirs.en}, and none of the control planes of this file does`,
          zh: `它属于${theirs.zh}，而此文件的控制平面都不属于该集群`,
        },
    wayOut(stranger, member),
  )
}

const untoldProblem = (silent: Member, others: readonly Stranger[], nameOf: (host: string) => string): Problem => {
  const [first] = others
  const hosts = others.map(({ host }) => nameOf(host)).join(', ')
  return {
    ...unfit(
      silent,
      {
        en: `no control plane shows a cluster, and ${hosts} belongs to ${first && clusterText(first.shown).en}: whether that is the cluster of this file cannot be told`,
        zh: `没有控制平面表明所属集群，而 ${hosts} 属于${first && clusterText(first.shown).zh}：无法判断是否为此文件的集群`,
      },
      {
        en: `Bring ${silent.nodeName} back, with its keys. Where ${hosts} is of another cluster, correct its entry.`,
        zh: `请先恢复 ${silent.nodeName} 及其密钥。若 ${hosts} 属于其他集群，请更正其条目。`,
      },
    ),
    exit: EXIT.unreachable,
  }
}

const severalProblem = (clusters: readonly Shown[], members: readonly Member[]): Problem => {
  const planes = (shown: Shown): string =>
    members
      .filter(({ key, roles }) => roles.controlPlane && shown.hosts.includes(key))
      .map(({ nodeName }) => nodeName)
      .join(', ')
  const said = (language: keyof Text) =>
    clusters.map((shown) =>
      language === 'en' ? `${planes(shown)} to ${clusterText(shown).en}` : `${planes(shown)} 属于${clusterText(shown).zh}`,
    )
  return refusal(
    'cluster.yml nodes',
    {
      en: `its control planes belong to different clusters: ${said('en').join('; ')}`,
      zh: `控制平面属于不同的集群：${said('zh').join('；')}`,
    },
    {
      en: 'Correct the addresses. Nothing is changed on any of them before that.',
      zh: '请更正地址；在此之前不会更改其中任何一台。',
    },
    EXIT.unfit,
  )
}

const problemsOf = (belonging: Belonging, members: readonly Member[]): Problem[] => {
  if (belonging.kind === 'several') return [severalProblem(belonging.clusters, members)]
  const memberOf = (host: string) => members.filter(({ key }) => key === host)
  if (belonging.kind === 'told')
    return belonging.strangers.flatMap((one) => memberOf(one.host).map((member) => strangerProblem(one, belonging.own, member)))
  const nameOf = (host: string): string => memberOf(host)[0]?.nodeName ?? host
  return members.filter(({ key }) => belonging.silent.includes(key)).map((one) => untoldProblem(one, belonging.others, nameOf))
}

/**
 * Whether every host is of the cluster that the control planes are of, or of none. Asked before all else: what a host of another cluster says of
 * members, keys and Nodes would be taken for ours. `expected`: fingerprints of the CA that a first install or a restore brings.
 */
export const identityProblems = (members: readonly Member[], world: World, expected: readonly string[] = []): Problem[] => {
  const planes = members.filter(({ roles }) => roles.controlPlane).map(({ key }) => key)
  const belonging = belongingOf(planes, world, expected)
  // The control planes get their keys from the backup, which is compared with the hosts when it has been opened.
  if (belonging.kind !== 'several' && !('own' in belonging && belonging.own) && Object.values(world).some(restoringOf)) return []
  return problemsOf(belonging, members)
}
