import { labelOf } from '../../config/hosts.ts'
import { confirmWords, identityOf } from '../../cluster/identity.ts'
import { membersOf } from '../../cluster/members.ts'
import { ambiguity, entriesNamed } from '../../engine/removal.ts'
import { escapeRemote } from '../../hosts/lines.ts'
import { capture } from '../../hosts/transport.ts'
import { EXIT, type Problem, refusal } from '../../problem.ts'
import type { Context } from '../../cluster/types.ts'
import { contextsOf } from '../../run/contexts.ts'
import { underLock } from '../../run/under-lock.ts'
import { CONTROLLERS, giveUp, restart, survive } from './recover-scripts.ts'
import { meant } from '../../run/confirm-cluster.ts'
import { lostKeysIn, refuse, sayProblems, type Session, strangersIn, withSession } from '../../run/session.ts'
import type { Io, Options } from '../../run/types.ts'

const objection = (
  session: Session,
  name: string,
  known: boolean,
  survivor: Context | undefined,
  options: Options,
): Problem | undefined => {
  if (!known)
    return refusal(
      name,
      { en: 'cluster.yml has no member of etcd with that name', zh: 'cluster.yml 中没有该名称的 etcd 成员' },
      { en: 'Name the member that survives.', zh: '请指定存活的成员。' },
    )
  if (!survivor)
    return refusal(
      name,
      { en: 'it does not answer', zh: '它没有响应' },
      { en: 'Name a member that does.', zh: '请指定有响应的成员。' },
      EXIT.unreachable,
    )
  if (!survivor.facts.etcdData)
    return refusal(
      labelOf(survivor.member),
      { en: 'it holds no data of etcd', zh: '其上没有 etcd 数据' },
      {
        en: 'Name another member, or restore a backup: `slipway etcd restore`.',
        zh: '请指定其他成员，或从备份恢复：`slipway etcd restore`。',
      },
      EXIT.unfit,
    )
  if (options.flags.force || Object.values(session.world).every(({ etcdMembers }) => etcdMembers.length === 0)) return undefined
  return refusal(
    session.intent.config.cluster_name,
    { en: 'its etcd has a quorum: nothing has to be recovered', zh: '其 etcd 具有法定人数，无需恢复' },
    {
      en: 'A dead member is replaced by `slipway node remove NAME` and `slipway up`. To give up all members but this one, add --force.',
      zh: '更换故障成员请用 `slipway node remove NAME` 和 `slipway up`。若确要放弃除此之外的全部成员，请加 --force。',
    },
    EXIT.unfit,
  )
}

const consequences = (name: string, others: readonly Context[], silent: readonly string[], io: Io): string => {
  const seen = others.map(({ member }) => member.nodeName)
  if (io.language === 'zh')
    return [
      `${name} 将成为 etcd 的唯一成员，以其现有数据继续；其他成员多出的写入会丢失。`,
      ...(seen.length > 0 ? [`${seen.join('、')} 将停止，其数据移到 /var/lib/etcd/before-… 保留；下一次 slipway up 时重新加入。`] : []),
      ...(silent.length > 0 ? [`${silent.join('、')} 没有响应：恢复后不得带着旧数据上线，请先重置（slipway reset --limit）。`] : []),
    ].join('\n')
  return [
    `${name} becomes the only member of etcd and goes on with what it has; what only the others had is lost.`,
    ...(seen.length > 0
      ? [`${seen.join(', ')} stop; their data are moved to /var/lib/etcd/before-... and kept, and the next slipway up lets them join anew.`]
      : []),
    ...(silent.length > 0
      ? [`${silent.join(', ')} do not answer: they must not come back with their old data (slipway reset --limit first).`]
      : []),
  ].join('\n')
}

const runOn = async (session: Session, context: Context, script: string, io: Io): Promise<boolean> => {
  const transport = session.fleet.transports.get(context.member.key)
  if (!transport) return false
  const { exit, stderr } = await capture(transport, script, { signal: io.signal })
  if (exit !== 0) for (const line of stderr.trimEnd().split('\n')) io.err(`[${context.member.nodeName}] ${escapeRemote(line)}\n`)
  return exit === 0
}

/** One host after the other, the API servers before what watches through them. Says where it failed. */
const restartPlanes = async (session: Session, planes: readonly Context[], io: Io): Promise<number> => {
  const failed = new Set<string>()
  for (const units of [['kube-apiserver'], CONTROLLERS])
    for (const context of planes) if (!(await runOn(session, context, restart(units), io))) failed.add(context.member.nodeName)
  if (failed.size === 0) return EXIT.done
  const command = `systemctl restart kube-apiserver ${CONTROLLERS.join(' ')}`
  io.err(
    io.language === 'zh'
      ? `${[...failed].join('、')} 的控制平面未能重启，可能仍在提供 etcd 中已不存在的内容。请在该主机上运行 \`${command}\`。\n`
      : `The control plane on ${[...failed].join(', ')} did not restart, and may serve what etcd does not hold any more. Run \`${command}\` there.\n`,
  )
  return EXIT.failed
}

const recoverLocked = async (session: Session, survivor: Context, others: readonly Context[], io: Io): Promise<number> => {
  const now = Date.now()
  const gone = await Promise.all(others.map((context) => runOn(session, context, giveUp(now), io)))
  if (gone.includes(false) || !(await runOn(session, survivor, survive(), io))) {
    io.err(
      io.language === 'zh'
        ? '恢复失败；排除原因后再次运行同一条命令。\n'
        : 'The recovery failed. The same command goes on from here, once that is mended.\n',
    )
    return EXIT.failed
  }
  io.err(
    io.language === 'zh'
      ? `etcd 在 ${survivor.member.nodeName} 上恢复工作。请运行 slipway up 让其他成员加入；确认无误后删除各主机上的 /var/lib/etcd/before-recover-*。\n`
      : `etcd works again on ${survivor.member.nodeName}. Run slipway up to let the others join; remove /var/lib/etcd/before-recover-* on the hosts when all is well.\n`,
  )
  const givenUp = others.map(({ member }) => member.key)
  const planes = contextsOf(session).filter(({ member }) => member.roles.controlPlane && !givenUp.includes(member.key))
  return restartPlanes(session, planes, io)
}

/** The same with hosts that are connected and seen. */
export const recoverSession = async (session: Session, name: string, options: Options, io: Io): Promise<number> => {
  const strangers = strangersIn(session)
  // The API servers restart, and with them goes a lost key that they still have in memory.
  const forbidding = [...strangers, ...lostKeysIn(session)]
  if (forbidding.length > 0) return refuse(forbidding, io, options)
  const members = contextsOf(session).filter(({ member }) => member.roles.etcd)
  const named = entriesNamed(
    membersOf(session.intent.hosts, session.world).filter(({ roles }) => roles.etcd),
    name,
  )
  const survivor = members.find(({ member }) => member.key === named[0]?.key)
  const objected = ambiguity(name, named) ?? objection(session, name, named.length > 0, survivor, options)
  if (objected || !survivor) {
    sayProblems([...session.problems, ...(objected ? [objected] : [])], io)
    return objected?.exit ?? EXIT.bug
  }
  const others = members.filter((one) => one !== survivor)
  const { cluster_name: cluster } = session.intent.config
  const words = confirmWords({ name: cluster, ca: identityOf(survivor.facts)?.ca ?? [] }, survivor.member.nodeName)
  const silent = session.intent.hosts.filter(({ key, roles }) => roles.etcd && !session.world[key]).map(({ name: own, key }) => own ?? key)
  const refused = await meant(words, consequences(survivor.member.nodeName, others, silent, io), options, io)
  if (refused !== EXIT.done) return refused
  const exit = await underLock(session, options, io, (io) => recoverLocked(session, survivor, others, io), { few: true })
  return exit
}

/** `slipway etcd recover NAME`: etcd lost its quorum, and one member's data are what the cluster goes on with. */
export const recover = async (options: Options, io: Io): Promise<number> => {
  const name = options.rest[1]
  if (name === undefined) {
    const usage = 'slipway etcd recover NAME [--force] [--confirm WORD]'
    io.err(io.language === 'zh' ? `用法：${usage}\n` : `Usage: ${usage}\n`)
    return EXIT.config
  }
  return withSession(options, io, (session) => recoverSession(session, name, options, io))
}
