import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { World } from '../engine/world.ts'
import { escapeRemote } from '../hosts/lines.ts'
import { capture } from '../hosts/transport.ts'
import { EXIT, type Problem } from '../problem.ts'
import { RESTORING, STAGING } from '../resources/etcd-restore.ts'
import { setPath } from '../resources/paths.ts'
import { bucketUrl } from '../steps/etcd-backup.ts'
import { type Restoring, restoringOf, restoringText } from '../steps/restoring.ts'
import type { Context } from '../steps/types.ts'
import { restoreText } from '../ui/etcd-text.ts'
import { contextsOf } from './contexts.ts'
import { applyPlan, carryOut } from './carry-out.ts'
import { underLock } from './under-lock.ts'
import { manifestProblems, parseManifest, type Manifest } from './etcd-manifest.ts'
import { prepareScript, readyScript } from './etcd-prepare.ts'
import { openEnvelope, readIdentity } from './etcd-recipient.ts'
import { downloadScript, lookScript, openScript, parseSecrets, receiveScript } from './etcd-staging.ts'
import { withLogins } from './logins.ts'
import { meant } from './reset.ts'
import { exitOf, look, planOf, type Session, sayProblems, withSession } from './session.ts'
import type { Io, Options } from './types.ts'

type Identity = Exclude<Awaited<ReturnType<typeof readIdentity>>, Problem>
/** A backup that lies on every etcd host, verified and unpacked, and the keys it holds. */
type Staged = Readonly<{ id: string; manifest: Manifest; secrets: Readonly<Record<string, string>> }>

const problem = (at: string, what: Problem['what'], fix: Problem['fix'], exit: Problem['exit'] = EXIT.config): Problem => ({
  at,
  what,
  fix,
  severity: 'error',
  exit,
})

const labelOf = ({ member }: Context): string => `${member.user}@${member.address}:${member.port}`

/** Runs one script on several hosts at once. What fails there is a Problem of that host. */
const onEach = async (
  session: Session,
  contexts: readonly Context[],
  script: (context: Context) => string,
  io: Io,
  file?: string,
): Promise<{ outputs: string[]; problems: Problem[] }> => {
  const problems: Problem[] = []
  const outputs = await Promise.all(
    contexts.map(async (context) => {
      const transport = session.fleet.transports.get(context.member.key)
      if (!transport) throw new Error(`no connection to ${context.member.key}`)
      const input = file === undefined ? {} : { input: createReadStream(file) }
      const { exit, stdout, stderr } = await capture(transport, script(context), { signal: io.signal, ...input })
      const said = escapeRemote(stderr.trim().split('\n').slice(-3).join(' ')) || `exit ${exit}`
      if (exit !== 0)
        problems.push(
          problem(
            labelOf(context),
            { en: said, zh: said },
            { en: 'Run the same command again once that is mended.', zh: '排除原因后再次运行同一条命令。' },
            EXIT.unfit,
          ),
        )
      return stdout
    }),
  )
  return { outputs, problems }
}

const digestOf = async (path: string): Promise<string> => {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

const S3_URL = /^s3:\/\/([a-z0-9.-]+)\/(.+)$/

/** Brings the backup to every etcd host: from this machine, or by each host from the storage. */
const deliver = async (session: Session, contexts: readonly Context[], source: string, io: Io): Promise<Problem[]> => {
  const remote = S3_URL.exec(source)
  if (!remote) {
    const found = await stat(source).catch(() => undefined)
    if (!found?.isFile())
      return [problem(source, { en: 'there is no such file', zh: '文件不存在' }, { en: 'Name a backup.', zh: '请指定备份文件。' })]
    const sha256 = await digestOf(source)
    return (await onEach(session, contexts, () => receiveScript(sha256), io, source)).problems
  }
  const { config, s3Login, files } = session.intent.cluster
  const s3 = config.etcd_backup?.s3
  if (!s3 || s3Login === undefined)
    return [
      problem(
        source,
        s3
          ? { en: 'etcd_backup.s3 names credentials that have no value here', zh: 'etcd_backup.s3 所指的凭据在此处没有值' }
          : {
              en: 'cluster.yml has no etcd_backup.s3, which says where that storage is',
              zh: 'cluster.yml 中没有 etcd_backup.s3，不知道存储在哪里',
            },
        {
          en: 'Write the section and set what it names, or download the backup and name the file.',
          zh: '请补充配置及凭据，或先下载备份再指定文件。',
        },
      ),
    ]
  const authority = s3.ca_file === undefined ? undefined : `${files[s3.ca_file]?.trimEnd()}\n`
  const download = { url: `${bucketUrl(s3, remote[1] ?? '')}/${remote[2]}`, region: s3.region, login: s3Login }
  return (await onEach(session, contexts, () => downloadScript({ ...download, ...(authority ? { authority } : {}) }), io)).problems
}

const unopened = (source: string, what: Problem['what']): Problem[] => [
  problem(source, what, { en: 'Use another backup, or the private key that belongs to it.', zh: '请换一个备份，或使用与之对应的私钥。' }),
]

/** Delivers, verifies and opens the backup. Nothing of the cluster changes. */
const stage = async (session: Session, source: string, identity: Identity, io: Io): Promise<Staged | { problems: Problem[] }> => {
  const contexts = contextsOf(session).filter(({ member }) => member.roles.etcd)
  const undelivered = await deliver(session, contexts, source, io)
  if (undelivered.length > 0) return { problems: undelivered }
  const { outputs, problems } = await onEach(session, contexts, lookScript, io)
  if (problems.length > 0) return { problems }
  const said = (output: string, name: string): string => new RegExp(`^${name} (\\S+)$`, 'm').exec(output)?.[1] ?? ''
  const [first = ''] = outputs
  if (outputs.some((output) => said(output, 'archive') !== said(first, 'archive')))
    return { problems: unopened(source, { en: 'the hosts got different files', zh: '各主机得到的文件不一致' }) }
  const envelope = openEnvelope(Buffer.from(said(first, 'envelope'), 'base64'), identity)
  if (!envelope)
    return {
      problems: unopened(source, {
        en: 'it was not encrypted to this private key, or it was changed',
        zh: '它不是加密给此私钥的，或已被改动',
      }),
    }
  const text = Buffer.from(said(first, 'manifest'), 'base64')
  if (createHash('sha256').update(text).digest('hex') !== envelope.manifest)
    return { problems: unopened(source, { en: 'its manifest was changed', zh: '其清单已被改动' }) }
  const manifest = parseManifest(text.toString('utf8'))
  const wrong = manifestProblems(source, manifest, session.intent.cluster)
  if (wrong.length > 0) return { problems: wrong }
  const opened = await onEach(session, contexts, () => openScript(envelope.key, envelope.payload, manifest.size), io)
  if (opened.problems.length > 0) return { problems: opened.problems }
  const secrets = parseSecrets(opened.outputs[0] ?? '')
  if (!secrets) return { problems: unopened(source, { en: 'it does not hold the keys of the cluster', zh: '其中缺少集群密钥' }) }
  return { id: said(first, 'archive').slice(0, 16), manifest, secrets }
}

const etcdAnswers = ({ world }: Session): boolean => Object.values(world).some(({ etcdMembers }) => etcdMembers.length > 0)

/** The restore that this one goes on with: of the same backup, with every host prepared already. */
const underWay = ({ world }: Session, id: string): boolean =>
  Object.values(world).some((facts) => {
    const restoring = restoringOf(facts)
    return restoring?.id === id && restoring.ready
  })

const objections = (session: Session, options: Options): Problem[] => {
  const silent = session.intent.hosts.filter(({ key, roles }) => (roles.etcd || roles.controlPlane) && !session.world[key])
  if (silent.length > 0) return [...session.problems]
  const resumed = Object.values(session.world).some((facts) => restoringOf(facts))
  if (!etcdAnswers(session) || options.flags.force || resumed) return []
  return [
    problem(
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
  const text = restoringText({ id: '', ready: true, cluster: '' })
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
    .map(({ member }) => `${member.nodeName}=https://${member.ip}:2380`)
    .sort()
    .join(',')
  const restoring: Restoring = { id: staged.id, ready: false, cluster }
  const prepared = await onEach(session, contexts, (context) => prepareScript(context.member.roles, restoring, staged.secrets), io)
  if (prepared.problems.length > 0) return prepared.problems
  return (await onEach(session, contexts, () => readyScript({ ...restoring, ready: true }), io)).problems
}

const seenAgain = async (session: Session, io: Io): Promise<Session> => {
  const { world, problems } = await look(session, io.signal, session.world)
  return { ...session, world, problems: [...session.fleet.problems, ...problems] }
}

const stop = (problems: readonly Problem[], io: Io): number => {
  sayProblems(problems, io)
  return exitOf(problems)
}

/** The part under the lock. The first plan restores; the second is an ordinary one, for what only the restored cluster could tell. */
const restoreLocked = async (session: Session, staged: Staged, options: Options, io: Io): Promise<number> => {
  if (!underWay(session, staged.id)) {
    const unprepared = await prepare(session, staged, io)
    if (unprepared.length > 0) return stop(unprepared, io)
  }
  const prepared = await seenAgain(session, io)
  const first = planOf(prepared)
  if (exitOf(first.problems) !== EXIT.done) return stop(first.problems, io)
  const exit = await applyPlan(first, prepared, options, io)
  if (exit !== EXIT.done) return exit
  const restored = await seenAgain(prepared, io)
  const second = planOf(restored)
  if (exitOf(second.problems) !== EXIT.done) return stop(second.problems, io)
  return await carryOut(second, restored, options, io)
}

const restoreSession = async (seen: Session, source: string, identity: Identity, options: Options, io: Io): Promise<number> => {
  const zh = io.language === 'zh'
  const { intent, problems: unread } = await withLogins(seen.intent, io)
  const session: Session = { ...seen, intent }
  if (unread.length > 0) return stop(unread, io)
  const { config } = intent
  const objected = objections(session, options)
  const planned = objected.length > 0 ? [] : planOf({ ...session, world: asPrepared(session.world) }).problems
  if (exitOf([...objected, ...planned]) !== EXIT.done) return stop([...objected, ...planned], io)
  io.err(zh ? '正在将备份送到各 etcd 主机并校验……\n' : 'Bringing the backup to the etcd hosts and verifying it ...\n')
  const staged = await stage(session, source, identity, io)
  if ('problems' in staged) return stop(staged.problems, io)
  const hosts = contextsOf(session).filter(({ member }) => member.roles.etcd)
  const refused = await meant(config.cluster_name, restoreText(staged.manifest, hosts, etcdAnswers(session), io.language), options, io)
  if (refused !== EXIT.done) {
    await onEach(session, hosts, () => `rm -rf ${STAGING}\n`, io)
    return refused
  }
  const exit = await underLock(session, options, io, () => restoreLocked(session, staged, options, io))
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
    const usage = 'slipway etcd restore FILE|s3://BUCKET/NAME --identity PRIVATE-KEY [--force] [--confirm CLUSTER]'
    io.err(io.language === 'zh' ? `用法：${usage}\n` : `Usage: ${usage}\n`)
    return EXIT.config
  }
  const identity = await readIdentity(path, io)
  if ('what' in identity) return stop([identity], io)
  return withSession(options, io, (session) => restoreSession(session, source, identity, options, io))
}
