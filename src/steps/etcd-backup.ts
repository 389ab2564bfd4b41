import { clientUrl } from '../cluster/etcd-view.ts'
import { ETCD_BACKUP } from '../shell/texts.ts'
import { quote } from '../shell/quote.ts'
import { EXIT, type Problem } from '../problem.ts'
import { ARTIFACTS } from '../releases/artifacts.ts'
import { directoryOf } from '../resources/artifact.ts'
import { PASSING_PATHS, SECRET_PATHS } from '../resources/secrets.ts'
import type { Resource } from '../resources/types.ts'
import { etcdMembers } from '../cluster/roles.ts'
import type { Step } from './types.ts'
import type { Context } from '../cluster/types.ts'
import { notice, unfit } from './preflight/unfit.ts'

const HOME = '/etc/slipway/etcd-backup'
const SCRIPT = `${HOME}/run.sh`
/** The suffix keeps its text out of what the probe prints. */
const LOGIN = `${HOME}/s3.key`
const AUTHORITY = `${HOME}/s3-ca.crt`

/** Name of the timer and of the service it starts. */
export const BACKUP_UNIT = 'slipway-etcd-backup'
export const BACKUP_SCRIPT = SCRIPT
export const DEFAULT_DIRECTORY = '/var/backups/slipway'

type S3 = NonNullable<NonNullable<Context['config']['etcd_backup']>['s3']>

/** The URL of a bucket. */
export const bucketUrl = ({ endpoint, path_style }: S3, bucket: string): string => {
  const url = new URL(endpoint)
  const folder = url.pathname.replace(/\/$/, '')
  return path_style ? `${url.origin}${folder}/${bucket}` : `${url.protocol}//${bucket}.${url.host}${folder}`
}

/** curl's configuration with the credentials: they are never arguments. */
export const loginText = (accessKey: string, secretKey: string): string =>
  `user = "${`${accessKey}:${secretKey}`.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"\n`

/** Where a backup goes, and whose turn it is: what differs between the timer and a backup taken by hand. */
export type Task = Readonly<{
  turn: 'leader' | 'lease' | 'always'
  recipient: string
  directory: string
  local: boolean
  keep: number
  s3?: S3
}>

/** What of the cluster a backup must agree with to be restored into it. */
const aboutCluster = ({ config, release }: Pick<Context, 'config' | 'release'>): string =>
  [
    'format=1',
    `cluster=${config.cluster_name}`,
    `kubernetes=${release.kubernetes}`,
    `etcd=${release.etcd}`,
    `pod_cidr=${config.network.pod_cidr}`,
    `service_cidr=${config.network.service_cidr}`,
    `cluster_domain=${config.cluster_domain}`,
  ].join('\n')

/** The script that takes a backup on this control plane: its settings, then etcd-backup.sh. */
export const backupScript = (context: Context, task: Task): string => {
  const { config, release, facts, member } = context
  const { component, version } = ARTIFACTS.etcd(release, facts.arch)
  const { s3 } = task
  const settings: Record<string, string> = {
    CLUSTER: config.cluster_name,
    ABOUT: aboutCluster(context),
    ETCD: directoryOf(component, version),
    ENDPOINTS: member.roles.etcd ? 'https://127.0.0.1:2379' : etcdMembers(context).map(clientUrl).join(' '),
    TURN: task.turn,
    SECRETS: Object.values(SECRET_PATHS).flat().join(' '),
    PASSING: PASSING_PATHS.join(' '),
    RECIPIENT: task.recipient.trim(),
    DIRECTORY: task.directory,
    LOCAL: task.local ? 'yes' : 'no',
    KEEP: String(task.keep),
    S3_URL: s3 ? bucketUrl(s3, s3.bucket) : '',
    S3_BUCKET: s3?.bucket ?? '',
    S3_PREFIX: s3?.prefix ?? '',
    S3_QUERY: encodeURIComponent(s3?.prefix ?? ''),
    S3_REGION: s3?.region ?? '',
    S3_LOGIN: s3 ? LOGIN : '',
    S3_CA: s3?.ca_file === undefined ? '' : AUTHORITY,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${quote(value)}\n`)
  return `${lines.join('')}${ETCD_BACKUP}\nbackup; exit\n`
}

/**
 * One rule for all control planes, which alone have the timer: by two, none or two of them would act. etcd's leader is surely one of them only where
 * they and the members of etcd are the same hosts.
 */
const turnOf = ({ members }: Context): Task['turn'] =>
  members.every(({ roles }) => roles.controlPlane === roles.etcd) ? 'leader' : 'lease'

/** What the timer does, from cluster.yml; `turn` may be `always` for a backup by hand. */
export const scheduled = (context: Context, turn?: 'always'): Task | undefined => {
  const { config, files } = context
  const backup = config.etcd_backup
  if (!backup) return undefined
  return {
    turn: turn ?? turnOf(context),
    recipient: files[backup.recipient] ?? '',
    directory: backup.directory ?? DEFAULT_DIRECTORY,
    local: backup.directory !== undefined || backup.s3 === undefined,
    keep: backup.retention,
    ...(backup.s3 ? { s3: backup.s3 } : {}),
  }
}

const service = `[Unit]
Description=Backup of etcd and of the cluster's keys (Slipway)
After=network-online.target etcd.service
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=/bin/sh ${SCRIPT}
Nice=10
TimeoutStartSec=2h
`

const timerText = (schedule: string): string => `[Unit]
Description=When etcd and the cluster's keys are backed up (Slipway)

[Timer]
OnCalendar=${schedule}
Persistent=true
AccuracySec=1s

[Install]
WantedBy=timers.target
`

const resources = (context: Context): Resource[] => {
  const { config, files, s3Login } = context
  const task = scheduled(context)
  const backup = config.etcd_backup
  if (!backup || !task) return [{ kind: 'timer', name: BACKUP_UNIT, state: 'off', files: [SCRIPT, LOGIN, AUTHORITY] }]
  const { s3 } = backup
  const authority = s3?.ca_file === undefined ? undefined : files[s3.ca_file]
  return [
    ...(s3 && s3Login !== undefined ? [{ kind: 'file', path: LOGIN, text: s3Login, mode: '0600', secret: true } as const] : []),
    ...(authority === undefined ? [] : [{ kind: 'file', path: AUTHORITY, text: `${authority.trimEnd()}\n` } as const]),
    { kind: 'file', path: SCRIPT, text: backupScript(context, task), mode: '0700' },
    { kind: 'timer', name: BACKUP_UNIT, state: 'on', calendar: backup.schedule, service, timer: timerText(backup.schedule) },
  ]
}

/** Credentials that cannot be read here are no trouble as long as the host has some. */
const loginProblems = (context: Context): Problem[] => {
  const { config, facts, s3Login } = context
  if (!config.etcd_backup?.s3 || s3Login !== undefined) return []
  const has = facts.paths[LOGIN] !== undefined
  return [
    {
      at: 'cluster.yml etcd_backup.s3',
      what: {
        en: has
          ? `access_key or secret_key has no value here; ${context.member.nodeName} keeps the one it has`
          : `access_key or secret_key has no value here, and ${context.member.nodeName} has none yet`,
        zh: has
          ? `此处读不到 access_key 或 secret_key 的值；${context.member.nodeName} 保留已有的值`
          : `此处读不到 access_key 或 secret_key 的值，且 ${context.member.nodeName} 上也没有`,
      },
      fix: { en: 'Set the variables or files that they name.', zh: '请设置它们所指的环境变量或文件。' },
      severity: has ? 'warning' : 'error',
      exit: EXIT.config,
    },
  ]
}

/** Its curl signs every body as an empty one (curl issue 8810, pull request 9995); the others' is 7.88 or newer. */
const oldCurl = (context: Context): Problem[] =>
  context.config.etcd_backup?.s3 && context.facts.os.version === '22.04'
    ? [
        unfit(
          context.member,
          { en: 'the curl of Ubuntu 22.04 (7.81) cannot sign uploads to S3', zh: 'Ubuntu 22.04 的 curl（7.81）无法为 S3 上传签名' },
          {
            en: 'Back up to `directory` (a mounted share, for instance), or run the control planes on a newer system.',
            zh: '请备份到 `directory`（例如挂载的共享目录），或让控制平面使用更新的系统。',
          },
        ),
      ]
    : []

const failed = (context: Context): Problem[] => {
  const result = context.facts.timers[BACKUP_UNIT]?.result ?? 'success'
  return result === 'success' || result === ''
    ? []
    : [
        notice(
          context.member,
          { en: `its last backup of etcd failed (${result})`, zh: `上一次 etcd 备份失败（${result}）` },
          {
            en: `\`journalctl -u ${BACKUP_UNIT}\` there says why; \`slipway etcd snapshot\` tries again.`,
            zh: `在该主机上用 \`journalctl -u ${BACKUP_UNIT}\` 查看原因；\`slipway etcd snapshot\` 可重试。`,
          },
        ),
      ]
}

/** What a person should know of a control plane's backups. */
export const backupProblems = (context: Context): Problem[] => [...oldCurl(context), ...failed(context)]

export const etcdBackup: Step = {
  id: 'etcd-backup',
  title: { en: 'Backups of etcd', zh: 'etcd 备份' },
  on: 'control-plane',
  problems: (context) => [...loginProblems(context), ...backupProblems(context)],
  resources,
}
