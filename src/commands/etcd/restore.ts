import { peerUrl } from '../../cluster/etcd-view.ts'
import { belongingOf, confirmWords, shortCa } from '../../cluster/identity.ts'
import type { World } from '../../cluster/world.ts'
import { readAuthorities } from '../../hosts/certificate-facts.ts'
import { EXIT, type Problem, refusal } from '../../problem.ts'
import { RESTORING, STAGING } from '../../resources/etcd-restore.ts'
import { setPath } from '../../resources/paths.ts'
import { SECRET_PATHS } from '../../resources/secrets.ts'
import { clusterText } from '../../steps/preflight/identity.ts'
import { bumpOf, type Restoring, restoringOf, restoringText } from '../../steps/restoring.ts'
import type { Text } from '../../text.ts'
import { restoreText } from './restore-text.ts'
import { applyPlan, carryOut } from '../../run/carry-out.ts'
import { contextsOf } from '../../run/contexts.ts'
import { prepareScript, readyScript } from './prepare.ts'
import { readIdentity } from './recipient.ts'
import { type Identity, stage, type Staged } from './stage.ts'
import { withLogins } from '../../run/logins.ts'
import { onEach } from '../../run/on-each.ts'
import { meant } from '../../run/confirm-cluster.ts'
import { exitOf, type Intent, look, planOf, refuse, type Session, strangersIn, withSession } from '../../run/session.ts'
import type { Io, Options } from '../../run/types.ts'
import { underLock } from '../../run/under-lock.ts'

/** Hosts that are no members by the file may run another cluster's. */
const etcdAnswers = ({ intent, world }: Session): boolean =>
  intent.hosts.some(({ key, roles }) => roles.etcd && (world[key]?.etcdMembers ?? []).length > 0)

/** The restores of backup `id` that were cut off, as the hosts tell: `ready` on one says that all were prepared. */
const cutOff = ({ world }: Session, id: string): Restoring[] =>
  Object.values(world).flatMap((facts) => {
    const restoring = restoringOf(facts)
    return restoring?.id === id ? [restoring] : []
  })

const objections = (session: Session, options: Options): Problem[] => {
  const silent = session.intent.hosts.filter(({ key, roles }) => (roles.etcd || roles.controlPlane) && !session.world[key])
  if (silent.length > 0) return [...session.problems]
  const resumed = Object.values(session.world).some((facts) => restoringOf(facts))
  if (!etcdAnswers(session) || options.flags.force || resumed) return []
  return [
    refusal(
      session.intent.config.cluster_name,
      {
        en: 'its etcd answers: a restore would throw away everything since the backup',
        zh: '其 etcd 仍在工作：恢复会丢弃备份之后的全部内容',
      },
      { en: 'If that is what you want, add --force.', zh: '如确需如此，请加 --force。' },
      EXIT.unfit,
    ),
  ]
}

/** The world as the plan will judge it when every host is prepared: whether a host is fit is asked before anything is touched. */
const asPrepared = (world: World): World => {
  const text = restoringText({ id: '', began: 0, bump: 0, ready: true, cluster: '' })
  const mark = { type: 'file', mode: '0600', owner: 'root:root', text } as const
  return Object.fromEntries(
    Object.entries(world).map(([key, facts]) => [
      key,
      setPath({ ...facts, etcdData: false, etcdMembers: [], api: 'down', nodes: [], manifests: {} }, RESTORING, mark),
    ]),
  )
}

/** Stops what writes to etcd, sets the old data aside, puts the keys in their places; on all hosts, before any goes on. */
const prepare = async (session: Session, staged: Staged, io: Io): Promise<Problem[]> => {
  const contexts = contextsOf(session)
  const cluster = contexts
    .filter(({ member }) => member.roles.etcd)
    .map(({ member }) => `${member.nodeName}=${peerUrl(member)}`)
    .sort()
    .join(',')
  // One that was cut off before all were prepared goes on: what it set aside is what the cluster held.
  const began = cutOff(session, staged.id)[0]?.began ?? Date.now()
  const restoring: Restoring = { id: staged.id, began, bump: bumpOf(began, Number(staged.manifest.revision)), ready: false, cluster }
  const prepared = await onEach(session, contexts, (context) => prepareScript(context.member.roles, restoring, staged.secrets), io)
  if (prepared.problems.length > 0) return prepared.problems
  return (await onEach(session, contexts, () => readyScript({ ...restoring, ready: true }), io)).problems
}

const seenAgain = async (session: Session, io: Io): Promise<Session> => {
  const { world, problems } = await look(session, io.signal, session.world)
  return { ...session, world, problems: [...session.fleet.problems, ...problems] }
}

/** An earlier go of this restore prepared every host. */
const isPrepared = (session: Session, id: string): boolean => cutOff(session, id).some(({ ready }) => ready)

/** The part under the lock. The first plan restores; the second is an ordinary one, for what only the restored cluster could tell. */
const restoreLocked = async (session: Session, staged: Staged, options: Options, io: Io): Promise<number> => {
  if (!isPrepared(session, staged.id)) {
    const unprepared = await prepare(session, staged, io)
    if (unprepared.length > 0) return refuse(unprepared, io, options)
  }
  const prepared = await seenAgain(session, io)
  const first = planOf(prepared)
  if (exitOf(first.problems) !== EXIT.done) return refuse(first.problems, io, options)
  const exit = await applyPlan(first, prepared, options, io)
  if (exit !== EXIT.done) return exit
  const restored = await seenAgain(prepared, io)
  const second = planOf(restored)
  if (exitOf(second.problems) !== EXIT.done) return refuse(second.problems, io, options)
  return await carryOut(second, restored, options, io)
}

/** The fingerprints of the CA that a backup holds. */
const authoritiesIn = async ({ secrets }: Staged): Promise<string[]> =>
  (await readAuthorities(secrets[SECRET_PATHS.ca[0] ?? ''] ?? '')).map(({ key }) => key)

/**
 * What a person confirms a restore with, and what has to be known first. Hosts of one cluster may get the backup of another: its name is no proof, so
 * the CA that the backup brings has to be named.
 */
export const restoreWords = (
  { intent, world }: Pick<Session, 'intent' | 'world'>,
  ca: readonly string[],
): Readonly<{ words: readonly [string, ...string[]]; warning?: Text }> => {
  const { cluster_name: name } = intent.config
  const planes = intent.hosts.filter(({ roles }) => roles.controlPlane).map(({ key }) => key)
  const belonging = belongingOf(planes, world)
  const own = belonging.kind === 'told' ? belonging.own : undefined
  const [first] = ca
  if (!own || first === undefined || own.ca.some((key) => ca.includes(key))) return { words: confirmWords({ name, ca }, name) }
  const { en, zh } = clusterText(own)
  return {
    words: [shortCa(first)],
    warning: {
      en: `The hosts are of ${en}, and the backup brings the CA ${shortCa(first)}: it is from before an exchange of the CA, or of another cluster.`,
      zh: `这些主机属于${zh}，而备份带来的 CA 是 ${shortCa(first)}：备份早于 CA 轮换，或属于另一个集群。`,
    },
  }
}

/** The same with hosts that are connected and seen. */
export const restoreSession = async (seen: Session, source: string, identity: Identity, options: Options, io: Io): Promise<number> => {
  const zh = io.language === 'zh'
  const { intent, problems: unread } = await withLogins(seen.intent, io)
  const session: Session = { ...seen, intent }
  if (unread.length > 0) return refuse(unread, io, options)
  const objected = objections(session, options)
  const restoring: Intent = { ...intent, cluster: { ...intent.cluster, restores: true } }
  const planned = objected.length > 0 ? [] : planOf({ intent: restoring, world: asPrepared(session.world) }).problems
  if (exitOf([...objected, ...planned]) !== EXIT.done) return refuse([...objected, ...planned], io, options)
  io.err(zh ? '正在将备份送到各 etcd 主机并校验……\n' : 'Bringing the backup to the etcd hosts and verifying it ...\n')
  return await cleaningUp(session, io, (begins) => restoreStaged(session, source, identity, begins, options, io))
}

/**
 * What is staged on the hosts holds the keys of the cluster in the clear: it goes again, however `work` ends, unless the restore has begun. From
 * then on the hosts need it to go on.
 */
export const cleaningUp = async (session: Session, io: Io, work: (begins: () => void) => Promise<number>): Promise<number> => {
  let begun = Object.values(session.world).some((facts) => restoringOf(facts))
  try {
    return await work(() => {
      begun = true
    })
  } finally {
    const hosts = contextsOf(session).filter(({ member }) => member.roles.etcd)
    // Also after Ctrl-C, and on every host that still answers.
    const patient = { ...io, signal: AbortSignal.timeout(10_000) }
    if (!begun) await Promise.allSettled(hosts.map((host) => onEach(session, [host], () => `rm -rf ${STAGING}\n`, patient)))
  }
}

const restoreStaged = async (
  session: Session,
  source: string,
  identity: Identity,
  begins: () => void,
  options: Options,
  io: Io,
): Promise<number> => {
  const zh = io.language === 'zh'
  const { config } = session.intent
  const staged = await stage(session, source, identity, io)
  if ('problems' in staged) return refuse(staged.problems, io, options)
  const hosts = contextsOf(session).filter(({ member }) => member.roles.etcd)
  const ca = await authoritiesIn(staged)
  const strangers = strangersIn(session, ca)
  if (strangers.length > 0) return refuse(strangers, io, options)
  const rotation = { alive: etcdAnswers(session), prepared: isPrepared(session, staged.id) }
  const { words, warning } = restoreWords(session, ca)
  const text = restoreText(staged.manifest, hosts, rotation, io.language)
  const refused = await meant(words, warning ? `${text}\n${warning[io.language]}` : text, options, io)
  if (refused !== EXIT.done) return refused
  const exit = await underLock(session, options, io, (io) => {
    begins()
    return restoreLocked(session, staged, options, io)
  })
  if (exit === EXIT.done)
    io.err(
      zh
        ? `集群 ${config.cluster_name} 已恢复到 ${staged.manifest.taken}。\n`
        : `The cluster ${config.cluster_name} is as it was at ${staged.manifest.taken}.\n`,
    )
  else
    io.err(
      zh
        ? '恢复尚未完成：排除原因后再次运行同一条命令即可继续。\n'
        : 'The restore is not complete. The same command goes on from here, once that is mended.\n',
    )
  return exit || exitOf(session.problems)
}

/** `slipway etcd restore`: a cluster from a backup, on the hosts of cluster.yml as they are, old or new. */
export const restore = async (options: Options, io: Io): Promise<number> => {
  const [, source] = options.rest
  const { identity: path } = options.flags
  if (source === undefined || typeof path !== 'string') {
    const usage = 'slipway etcd restore FILE|s3://BUCKET/NAME --identity PRIVATE-KEY [--force] [--confirm WORD]'
    io.err(io.language === 'zh' ? `用法：${usage}\n` : `Usage: ${usage}\n`)
    return EXIT.config
  }
  const identity = await readIdentity(path, io)
  if ('what' in identity) return refuse([identity], io, options)
  return withSession(options, io, (session) => restoreSession(session, source, identity, options, io))
}
