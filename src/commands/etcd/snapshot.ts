import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { ensureWritable, writeOut } from '../../delivery/out-file.ts'
import { escapeRemote } from '../../hosts/lines.ts'
import { quote } from '../../shell/quote.ts'
import { capture, type Transport } from '../../hosts/transport.ts'
import { EXIT, type Problem, ProblemError, refusal } from '../../problem.ts'
import { BACKUP_SCRIPT, backupScript, type Task, scheduled } from '../../steps/etcd-backup.ts'
import type { Context } from '../../cluster/types.ts'
import { contextsOf } from '../../run/contexts.ts'
import { recipientProblem } from './recipient.ts'
import { exitOf, refuse, type Session, sayProblems, strangersIn, withSession } from '../../run/session.ts'
import type { Io, Options } from '../../run/types.ts'

/** Who takes it: etcd's leader, who has everything; else any control plane. */
const taker = (session: Session): Context | undefined =>
  contextsOf(session)
    .filter(({ member }) => member.roles.controlPlane)
    .toSorted((a, b) => Number(b.facts.etcd?.leader ?? false) - Number(a.facts.etcd?.leader ?? false))
    .find(({ facts, member }) => !member.roles.etcd || facts.units.etcd?.active === 'active')

const nobody: Problem = refusal(
  'etcd',
  { en: 'no control plane with a running etcd answers', zh: '没有控制平面响应，或其 etcd 未运行' },
  { en: 'See `slipway status`.', zh: '请查看 `slipway status`。' },
  EXIT.unreachable,
)

/** A backup for this machine lies on the host only until it was fetched, and never among the scheduled ones. */
const OUTGOING = '/var/lib/slipway/outgoing'

const taskOf = async (context: Context, file: string | undefined, options: Options): Promise<Task | Problem> => {
  const named = options.flags.recipient
  const usual = scheduled(context, 'always')
  if (file === undefined && named === undefined) {
    if (!usual)
      return refusal(
        'cluster.yml etcd_backup',
        {
          en: 'there is no such section, so there is no place for a backup and nobody to read it',
          zh: '没有该配置，因此没有备份位置，也没有接收方',
        },
        {
          en: 'Write it (cluster.example.yml has it), or name a file of this machine: `slipway etcd snapshot FILE --recipient PUBLIC-KEY`.',
          zh: '请补充该配置（见 cluster.example.yml），或指定本机文件：`slipway etcd snapshot FILE --recipient 公钥`。',
        },
      )
    if (context.facts.paths[BACKUP_SCRIPT]) return usual
    return refusal(
      'cluster.yml etcd_backup',
      { en: `${context.member.nodeName} does not know of it yet`, zh: `${context.member.nodeName} 上尚未配置` },
      { en: 'Run `slipway up` first.', zh: '请先运行 `slipway up`。' },
      EXIT.unfit,
    )
  }
  if (file === undefined)
    return refusal('--recipient', { en: 'it goes with a FILE', zh: '需同时指定 FILE' }, { en: 'Name the file.', zh: '请指定文件。' })
  const pem = typeof named === 'string' ? await readFile(named, 'utf8').catch(() => '') : (usual?.recipient ?? '')
  const wrong = recipientProblem(typeof named === 'string' ? named : 'cluster.yml etcd_backup.recipient', pem)
  return wrong ?? { turn: 'always', recipient: pem, directory: OUTGOING, local: true, keep: 0 }
}

/** What a backup said of itself. */
export type Taken = Readonly<{ path: string; bytes: number; sha256: string; uploaded?: string; manifest: Readonly<Record<string, string>> }>

/** Reads what etcd-backup.sh printed. */
export const parseTaken = (output: string): Taken | undefined => {
  const written = /^written (\S+) (\d+) ([0-9a-f]{64})$/m.exec(output)
  if (!written) return undefined
  const uploaded = /^uploaded (\S+)$/m.exec(output)?.[1]
  return {
    path: written[1] ?? '',
    bytes: Number(written[2]),
    sha256: written[3] ?? '',
    ...(uploaded === undefined ? {} : { uploaded }),
    manifest: Object.fromEntries([...output.matchAll(/^manifest (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value])),
  }
}

/** The bytes of a file of a host; at their end, whether they are all there. */
async function* bytesOf(transport: Transport, { path, sha256 }: Taken, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256')
  let exit: number | null = null
  // A multiple of three bytes a line, so that every line can be decoded by itself.
  for await (const output of transport.run(`base64 -w 4096 ${quote(path)}\n`, { signal })) {
    if ('exit' in output) exit = output.exit
    else if (output.stream === 'stdout') {
      const bytes = Buffer.from(output.line, 'base64')
      hash.update(bytes)
      yield bytes
    }
  }
  if (exit === 0 && hash.digest('hex') === sha256) return
  throw new ProblemError(
    refusal(
      transport.label,
      { en: `${path} did not arrive whole`, zh: `${path} 未能完整传输` },
      { en: 'Run the same command again.', zh: '请再次运行同一命令。' },
      EXIT.failed,
    ),
  )
}

const sizeText = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`

const tell = (taken: Taken, places: readonly string[], node: string, options: Options, io: Io): void => {
  const { revision, keys } = taken.manifest
  if (options.output === 'json') {
    io.out(`${JSON.stringify({ places, host: node, bytes: taken.bytes, sha256: taken.sha256, ...taken.manifest })}\n`)
    return
  }
  io.err(
    io.language === 'zh'
      ? `已备份 etcd（修订版本 ${revision}，${keys} 个键）及集群密钥，${sizeText(taken.bytes)}：\n`
      : `etcd (revision ${revision}, ${keys} keys) and the cluster's keys are backed up, ${sizeText(taken.bytes)}:\n`,
  )
  io.out(places.map((place) => `${place}\n`).join(''))
}

const sayFailed = (node: string, taken: Taken | undefined, stderr: string, io: Io): void => {
  for (const line of stderr.trimEnd().split('\n')) io.err(`[${node}] ${escapeRemote(line)}\n`)
  const place = taken && `${node}:${taken.path}`
  io.err(
    io.language === 'zh'
      ? `${place ? `备份已写入 ${place}，但未能上传。` : '备份失败。'}\n`
      : `${place ? `The backup was written to ${place} and could not be uploaded.` : 'The backup failed.'}\n`,
  )
}

/** Takes a backup on a host; undefined, after what it said, when that failed. */
const takenOn = async (transport: Transport, context: Context, task: Task, io: Io): Promise<Taken | undefined> => {
  const { exit, stdout, stderr } = await capture(transport, backupScript(context, task), { signal: io.signal })
  const taken = parseTaken(stdout)
  if (exit === 0 && taken) return taken
  sayFailed(context.member.nodeName, taken, stderr, io)
  return undefined
}

/** The same for a file of this machine. The host keeps nothing of it, also when this is interrupted. */
const takeHome = async (transport: Transport, context: Context, task: Task, file: string, io: Io): Promise<Taken | undefined> => {
  await ensureWritable(file)
  try {
    const taken = await takenOn(transport, context, task, io)
    if (taken) await writeOut(file, bytesOf(transport, taken, io.signal), 0o600)
    return taken
  } finally {
    await capture(transport, `rm -rf ${OUTGOING}\n`)
  }
}

/** The same with hosts that are connected and seen. */
export const take = async (session: Session, options: Options, io: Io): Promise<number> => {
  const strangers = strangersIn(session)
  if (strangers.length > 0) return refuse(strangers, io, options)
  const context = taker(session)
  const transport = context && session.fleet.transports.get(context.member.key)
  if (!context || !transport) {
    sayProblems([...session.problems, nobody], io)
    return EXIT.unreachable
  }
  const file = options.rest[1]
  const task = await taskOf(context, file, options)
  if ('what' in task) {
    sayProblems([task], io)
    return task.exit
  }
  const taken = file === undefined ? await takenOn(transport, context, task, io) : await takeHome(transport, context, task, file, io)
  if (!taken) return EXIT.failed
  const kept = [...(task.local ? [`${context.member.nodeName}:${taken.path}`] : []), taken.uploaded ?? []].flat()
  tell(taken, file === undefined ? kept : [file], context.member.nodeName, options, io)
  return exitOf(session.problems)
}

/** `slipway etcd snapshot [FILE]`: a backup now, to the places of cluster.yml or to a file of this machine. */
export const snapshot = (options: Options, io: Io): Promise<number> => withSession(options, io, (session) => take(session, options, io))
