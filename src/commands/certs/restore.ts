import { membersOf } from '../../cluster/members.ts'
import type { SecretName } from '../../cluster/secret-names.ts'
import type { World } from '../../cluster/world.ts'
import { publicKeyDigest } from '../../digest.ts'
import { composeScript } from '../../engine/script.ts'
import { readAuthorities } from '../../hosts/certificate-facts.ts'
import { EXIT, type Problem, refusal } from '../../problem.ts'
import { STAGING } from '../../resources/etcd-restore.ts'
import { valuesIn } from '../../resources/generations.ts'
import { isAuthority, isPair, landing, SECRET_PATHS } from '../../resources/secrets.ts'
import type { Payload } from '../../resources/types.ts'
import { contextsOf } from '../../run/contexts.ts'
import { consent } from '../../run/consent.ts'
import { onEach } from '../../run/on-each.ts'
import { exitOf, look, planOf, refuse, type Session, strangersIn, withSession } from '../../run/session.ts'
import { tell } from '../../run/tell.ts'
import type { Io, Options } from '../../run/types.ts'
import { underLock } from '../../run/under-lock.ts'
import { missingSecrets } from '../../steps/preflight/lost-secrets.ts'
import { restoringOf } from '../../steps/restoring.ts'
import { confirmYes } from '../../ui/prompt.ts'
import { readIdentity } from '../etcd/recipient.ts'
import { type Identity, stage } from '../etcd/stage.ts'

type Secrets = Readonly<Record<string, string>>

const lostIn = ({ intent, world }: Pick<Session, 'intent' | 'world'>): SecretName[] =>
  missingSecrets({ members: membersOf(intent.hosts, world), world, ...intent.cluster })

/** What hosts still show of a secret: the values in its public part, and whose its key is. The SHA-256 of public keys. */
const shownIds = (name: SecretName, world: World): string[] => {
  const [main = '', key = ''] = SECRET_PATHS[name]
  return Object.values(world).flatMap(({ paths }) => [
    ...valuesIn(paths[main], '').map(({ id }) => id),
    ...(paths[key]?.publicPart?.id ? [paths[key].publicPart.id] : []),
  ])
}

const idsIn = async (name: SecretName, secrets: Secrets): Promise<string[]> => {
  const text = secrets[SECRET_PATHS[name][0] ?? ''] ?? ''
  if (isAuthority(name)) return (await readAuthorities(text)).map(({ key }) => key)
  return [...text.matchAll(/-----BEGIN PUBLIC KEY-----[\s\S]+?-----END PUBLIC KEY-----/g)].map(([pem]) => publicKeyDigest(pem))
}

/** Whether the backup holds the keys that the cluster lost, and not those of another time. */
export const misfits = async (source: string, names: readonly SecretName[], secrets: Secrets, world: World): Promise<Problem[]> => {
  const other = await Promise.all(
    names.filter(isPair).map(async (name) => {
      const [shown, held] = [shownIds(name, world), await idsIn(name, secrets)]
      return shown.length > 0 && !held.some((id) => shown.includes(id)) ? [SECRET_PATHS[name][0] ?? ''] : []
    }),
  )
  return other.flat().map((path) =>
    refusal(
      source,
      { en: `its ${path} is not the one that the hosts use`, zh: `其中的 ${path} 不是各主机正在使用的那一份` },
      {
        en: 'Use a backup of this cluster from after its last `slipway certs rotate`.',
        zh: '请使用本集群在最近一次 `slipway certs rotate` 之后的备份。',
      },
      EXIT.unfit,
    ),
  )
}

/** The files of these secrets, keys before their public parts. */
const putScript = (names: readonly SecretName[], secrets: Secrets): string =>
  composeScript(
    names.map((name) => {
      const payload: Payload = Object.fromEntries(landing(name).flatMap((path) => (path in secrets ? [[path, secrets[path] ?? '']] : [])))
      const want = { kind: 'shared-secret', name, stage: 'settled' } as const
      const difference = { verb: 'create', reason: { en: 'from the backup', zh: '来自备份' } } as const
      return { change: { host: '', phase: '', step: '', id: name, want, difference }, payload }
    }),
  )

/** A running API server tells by the digest of what it was started with whether these are its keys. */
const sayEnd = ({ intent, world }: Session, names: readonly SecretName[], io: Io): void => {
  const files = names.flatMap((name) => SECRET_PATHS[name]).join(', ')
  const { changes } = planOf({ intent, world })
  const other = changes.some(
    ({ want, difference }) => want.kind === 'unit' && want.name === 'kube-apiserver' && difference.verb === 'restart',
  )
  tell(io, { en: `Put back: ${files}.`, zh: `已放回：${files}。` })
  if (other)
    tell(io, {
      en: 'kube-apiserver was started with other files than there are now. If a key was rotated after this backup, do not go on: take a newer one.',
      zh: 'kube-apiserver 启动时使用的文件与现在不同。若备份之后轮换过密钥，请勿继续，改用更新的备份。',
    })
  tell(io, { en: 'Run slipway plan, then slipway up.', zh: '请运行 slipway plan，再运行 slipway up。' })
}

const putBack = async (session: Session, names: readonly SecretName[], secrets: Secrets, options: Options, io: Io): Promise<number> => {
  const planes = contextsOf(session).filter(({ member }) => member.roles.controlPlane)
  const { problems } = await onEach(session, planes, () => putScript(names, secrets), io)
  if (problems.length > 0) return refuse(problems, io, options)
  const { world } = await look(session, io.signal, session.world)
  const left = lostIn({ ...session, world })
  if (left.length > 0) return refuse(planOf({ ...session, world }).problems, io, options)
  sayEnd({ ...session, world }, names, io)
  return EXIT.done
}

const objections = (session: Session): readonly Problem[] => {
  const { intent, world } = session
  if (intent.hosts.some(({ key, roles }) => (roles.etcd || roles.controlPlane) && !world[key])) return session.problems
  const strangers = strangersIn(session)
  if (strangers.length > 0 || !Object.values(world).some(restoringOf)) return strangers
  return [
    refusal(
      intent.config.cluster_name,
      { en: 'a restore of etcd is under way, which brings the keys', zh: 'etcd 恢复正在进行，它会带来密钥' },
      { en: 'Run the same `slipway etcd restore` again.', zh: '请再次运行同一条 `slipway etcd restore` 命令。' },
      EXIT.unfit,
    ),
  ]
}

const question = (names: readonly SecretName[]) => {
  const files = names.flatMap((name) => SECRET_PATHS[name]).join(', ')
  return { en: `Put ${files} back from the backup?`, zh: `从备份放回 ${files}？` }
}

/** The same with hosts that are connected and seen. */
export const restoreKeys = async (session: Session, source: string, identity: Identity, options: Options, io: Io): Promise<number> => {
  const objected = objections(session)
  if (exitOf(objected) !== EXIT.done) return refuse(objected, io, options)
  const names = lostIn(session)
  if (names.length === 0) {
    tell(io, { en: 'No key is lost. Nothing was changed.', zh: '没有丢失的密钥，未做任何更改。' })
    return EXIT.done
  }
  const staged = await stage(session, source, identity, io)
  const members = contextsOf(session).filter(({ member }) => member.roles.etcd)
  await onEach(session, members, () => `rm -rf ${STAGING}\n`, io)
  if ('problems' in staged) return refuse(staged.problems, io, options)
  const wrong = await misfits(source, names, staged.secrets, session.world)
  if (wrong.length > 0) return refuse(wrong, io, options)
  const refused = await consent(options, io, () => confirmYes(question(names), io.language))
  if (refused !== EXIT.done) return refused
  return underLock(session, options, io, (io) => putBack(session, names, staged.secrets, options, io))
}

/** `slipway certs restore`: the shared keys that a cluster has lost, from a backup. What it still has is not touched, nor is etcd. */
export const restore = async (source: string, path: string, options: Options, io: Io): Promise<number> => {
  const identity = await readIdentity(path, io)
  if ('what' in identity) return refuse([identity], io, options)
  return withSession(options, io, (session) => restoreKeys(session, source, identity, options, io))
}
