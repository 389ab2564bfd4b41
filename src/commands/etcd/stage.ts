import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type Problem, refusal } from '../../problem.ts'
import { bucketUrl } from '../../steps/etcd-backup.ts'
import type { Cluster, Context } from '../../cluster/types.ts'
import { contextsOf } from '../../run/contexts.ts'
import { type Manifest, manifestProblems, parseManifest } from './manifest.ts'
import { openEnvelope, type readIdentity } from './recipient.ts'
import { downloadScript, lookScript, openScript, parseSecrets, receiveScript } from './staging.ts'
import { scriptProxy } from '../../steps/proxy.ts'
import { onEach } from '../../run/on-each.ts'
import type { Session } from '../../run/session.ts'
import type { Io } from '../../run/types.ts'

/** The private key that opens a backup. */
export type Identity = Exclude<Awaited<ReturnType<typeof readIdentity>>, Problem>

/** A backup that lies on every etcd host, verified and unpacked, and the keys it holds. */
export type Staged = Readonly<{ id: string; manifest: Manifest; secrets: Readonly<Record<string, string>> }>

/** A backup in an S3-compatible storage. */
type Stored = Readonly<{ bucket: string; name: string }>

const storedAt = (source: string): Stored | undefined => {
  const [, bucket, name] = /^s3:\/\/([a-z0-9.-]+)\/(.+)$/.exec(source) ?? []
  return bucket !== undefined && name !== undefined ? { bucket, name } : undefined
}

const digestOf = async (path: string): Promise<string> => {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** Streams a file of this machine to every host. */
const send = async (session: Session, contexts: readonly Context[], file: string, io: Io): Promise<Problem[]> => {
  const found = await stat(file).catch(() => undefined)
  if (!found?.isFile())
    return [
      refusal(file, found ? { en: 'it is not a file', zh: '不是文件' } : { en: 'there is no such file', zh: '文件不存在' }, {
        en: 'Name a backup.',
        zh: '请指定备份文件。',
      }),
    ]
  const sha256 = await digestOf(file)
  return (await onEach(session, contexts, () => receiveScript(sha256), io, file)).problems
}

/** Lets every host download it from the storage of etcd_backup.s3. */
const download = async (session: Session, contexts: readonly Context[], { bucket, name }: Stored, io: Io): Promise<Problem[]> => {
  const { config, s3Login, files } = session.intent.cluster
  const s3 = config.etcd_backup?.s3
  if (!s3 || s3Login === undefined)
    return [
      refusal(
        `s3://${bucket}/${name}`,
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
  const environment = scriptProxy(config, session.intent.hosts, session.world)
  const url = `${bucketUrl(s3, bucket)}/${name}`
  const wanted = { url, region: s3.region, login: s3Login, environment, ...(authority ? { authority } : {}) }
  return (await onEach(session, contexts, () => downloadScript(wanted), io)).problems
}

const unopened = (source: string, what: Problem['what']): Problem[] => [
  refusal(source, what, { en: 'Use another backup, or the private key that belongs to it.', zh: '请换一个备份，或使用与之对应的私钥。' }),
]

type Refused = Readonly<{ problems: Problem[] }>
type Verified = Readonly<{ id: string; envelope: NonNullable<ReturnType<typeof openEnvelope>>; manifest: Manifest }>

const said = (output: string, name: string): string => new RegExp(`^${name} (\\S+)$`, 'm').exec(output)?.[1] ?? ''

/** Whether what lies on the hosts is one file, encrypted to this key, unchanged, and a backup of this cluster. */
const verify = (source: string, outputs: readonly string[], identity: Identity, cluster: Cluster): Verified | Refused => {
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
  const wrong = manifestProblems(source, manifest, cluster)
  return wrong.length > 0 ? { problems: wrong } : { id: said(first, 'archive').slice(0, 16), envelope, manifest }
}

/** Delivers, verifies and opens the backup. Nothing of the cluster changes. */
export const stage = async (session: Session, source: string, identity: Identity, io: Io): Promise<Staged | Refused> => {
  const contexts = contextsOf(session).filter(({ member }) => member.roles.etcd)
  const stored = storedAt(source)
  const undelivered = await (stored ? download(session, contexts, stored, io) : send(session, contexts, source, io))
  if (undelivered.length > 0) return { problems: undelivered }
  const { outputs, problems } = await onEach(session, contexts, lookScript, io)
  if (problems.length > 0) return { problems }
  const verified = verify(source, outputs, identity, session.intent.cluster)
  if ('problems' in verified) return verified
  const { id, envelope, manifest } = verified
  const opened = await onEach(session, contexts, () => openScript(envelope.key, envelope.payload, manifest.size), io)
  if (opened.problems.length > 0) return { problems: opened.problems }
  const secrets = parseSecrets(opened.outputs[0] ?? '')
  if (!secrets) return { problems: unopened(source, { en: 'it does not hold the keys of the cluster', zh: '其中缺少集群密钥' }) }
  return { id, manifest, secrets }
}
