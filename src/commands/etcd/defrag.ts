import { escapeRemote } from '../../hosts/lines.ts'
import { capture } from '../../hosts/transport.ts'
import { EXIT, type Problem, refusal } from '../../problem.ts'
import { onHost } from '../../shell/script.ts'
import { worthDefragmenting } from '../../steps/etcd-health.ts'
import type { Context } from '../../cluster/types.ts'
import { table } from '../../ui/table.ts'
import { contextsOf } from '../../run/contexts.ts'
import { underLock } from '../../run/under-lock.ts'
import { exitOf, refuse, type Session, sayProblems, strangersIn, withSession } from '../../run/session.ts'
import type { Io, Options } from '../../run/types.ts'

/**
 * A member answers nothing while it defragments; the next one waits until it serves again. `etcdctl endpoint health` would call it unhealthy for
 * as long as any member's NOSPACE alarm is on; /readyz does not (etcd.io, "Monitoring etcd": health probes).
 */
const DEFRAG = onHost(`ctl 600 '' defrag >/dev/null
serves() { loopback 5 -o /dev/null http://127.0.0.1:2381/readyz; }
await 30 'etcd serves again' serves
ctl 5 '' endpoint status -w fields | sed -n 's/^"\\(DBSize[A-Za-z]*\\)" : /\\1 /p'
`)

/**
 * Forgets all history up to now. A full etcd refuses the API server's own compaction records, so nobody else does it; what watches reads its
 * objects anew. Compacting twice is no fault.
 */
const COMPACT = onHost(
  [
    'revision=$(ctl 10 "" endpoint status -w fields | sed -n \'s/^"Revision" : //p\')\n',
    'said=$(ctl 600 "" compact --physical "$revision" 2>&1) || case $said in\n',
    '*\'has been compacted\'*) ;;\n*) fail "$said" ;;\nesac\n',
  ].join(''),
)

const DISARM = onHost('ctl 10 "" alarm disarm\n')

/** Below this share of its quota a member has room again. */
const ROOM = 0.95

type Row = Readonly<{ member: string; before: number; after: number; done: boolean }>

/** Members in the order in which they are defragmented: the leader last, so that leadership moves at most once. */
export const defragOrder = <T extends Readonly<{ facts: Context['facts']; member: Context['member'] }>>(contexts: readonly T[]): T[] =>
  contexts.toSorted(
    (a, b) =>
      Number(a.facts.etcd?.leader ?? false) - Number(b.facts.etcd?.leader ?? false) ||
      a.member.nodeName.localeCompare(b.member.nodeName, 'en'),
  )

const unhealthy = (session: Session, members: readonly Context[]): Problem[] => {
  const silent = session.intent.hosts.filter(
    ({ key, roles }) => roles.etcd && !members.some((one) => one.member.key === key && one.facts.etcd),
  )
  return silent.map(({ at, name, key }) => ({
    at: at.split(' ')[0] ?? '',
    what: { en: `the etcd member ${name ?? key} does not answer`, zh: `etcd 成员 ${name ?? key} 没有响应` },
    fix: {
      en: 'Bring it back first: a member that defragments answers nothing, and two of them may be the quorum.',
      zh: '请先恢复它：碎片整理期间成员不响应，两个成员同时缺席可能失去法定人数。',
    },
    severity: 'error',
    exit: EXIT.unfit,
  }))
}

const sizeIn = (output: string, name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(output)?.[1] ?? 0)

const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`

const show = (rows: readonly Row[], disarmed: boolean, options: Options, io: Io): void => {
  if (options.output === 'json') {
    io.out(`${JSON.stringify({ members: rows, disarmed })}\n`)
    return
  }
  const zh = io.language === 'zh'
  const result = ({ before, after, done }: Row): string =>
    done ? (zh ? `回收 ${mib(before - after)}` : `gave back ${mib(before - after)}`) : zh ? '无需整理' : 'nothing to gain'
  io.out(
    table(
      ['MEMBER', 'BEFORE', 'AFTER', 'RESULT'],
      rows.map((row) => [row.member, mib(row.before), mib(row.after), result(row)]),
    ),
  )
  if (disarmed) io.err(zh ? '已解除 NOSPACE 警报。\n' : 'The NOSPACE alarm is off.\n')
}

/** Runs one script on a member; undefined, after what it said, when it failed. */
const runOn = async (session: Session, context: Context, script: string, io: Io): Promise<string | undefined> => {
  const transport = session.fleet.transports.get(context.member.key)
  if (!transport) throw new Error(`no connection to ${context.member.key}`)
  const { exit, stdout, stderr } = await capture(transport, script, { signal: io.signal })
  if (exit === 0) return stdout
  for (const line of stderr.trimEnd().split('\n')) io.err(`[${context.member.nodeName}] ${escapeRemote(line)}\n`)
  return undefined
}

/** One member at a time; stops at the first that does not come back. A full etcd was compacted just now, so all of them gain. */
const defragAll = async (session: Session, members: readonly Context[], full: boolean, io: Io): Promise<readonly Row[] | undefined> => {
  const rows: Row[] = []
  for (const context of defragOrder(members)) {
    const { etcd } = context.facts
    if (!etcd) continue
    const row = { member: context.member.nodeName, before: etcd.size, after: etcd.size, done: false }
    if (!full && !worthDefragmenting(etcd)) {
      rows.push(row)
      continue
    }
    const said = await runOn(session, context, DEFRAG, io)
    if (said === undefined) return undefined
    rows.push({ ...row, after: sizeIn(said, 'DBSize'), done: true })
  }
  return rows
}

/** The member whose alarm can go, now that all have room. */
const alarmed = (members: readonly Context[], rows: readonly Row[]): Context | undefined => {
  const quotaOf = (name: string) => members.find(({ member }) => member.nodeName === name)?.facts.etcd?.quota ?? 0
  const room = rows.every(({ member, after }) => after < ROOM * quotaOf(member))
  return room ? members.find(({ facts }) => facts.etcd?.alarms.includes('NOSPACE')) : undefined
}

/** The alarm stays while a member is as full as before: then what it holds is objects, not history. */
const stillFull = (members: readonly Context[], rows: readonly Row[]): Problem[] =>
  members.flatMap(({ member: { nodeName }, facts: { etcd } }) => {
    const after = rows.find(({ member }) => member === nodeName)?.after ?? 0
    if (!etcd || after < ROOM * etcd.quota) return []
    return [
      refusal(
        nodeName,
        {
          en: `its etcd holds ${mib(after)} of ${mib(etcd.quota)} also without history, so the NOSPACE alarm stays`,
          zh: `其 etcd 清理历史后仍占用 ${mib(after)}（上限 ${mib(etcd.quota)}），NOSPACE 警报无法解除`,
        },
        {
          en: 'Delete objects that nobody needs and run this again, or raise services.etcd.extra_args quota-backend-bytes and run slipway up.',
          zh: '请删除无用的对象后再次运行，或调大 services.etcd.extra_args 的 quota-backend-bytes 后运行 slipway up。',
        },
        EXIT.failed,
      ),
    ]
  })

const work = async (session: Session, members: readonly Context[], options: Options, io: Io): Promise<number> => {
  const full = members.some(({ facts }) => facts.etcd?.alarms.includes('NOSPACE'))
  const [first] = members
  if (full && first && (await runOn(session, first, COMPACT, io)) === undefined) return EXIT.failed
  const rows = await defragAll(session, members, full, io)
  if (!rows) return EXIT.failed
  const alarm = alarmed(members, rows)
  if (alarm && (await runOn(session, alarm, DISARM, io)) === undefined) return EXIT.failed
  show(rows, alarm !== undefined, options, io)
  const left = full && !alarm ? stillFull(members, rows) : []
  sayProblems(left, io)
  return exitOf([...session.problems, ...left])
}

/** The same with hosts that are connected and seen. */
export const defragSession = async (session: Session, options: Options, io: Io): Promise<number> => {
  const strangers = strangersIn(session)
  if (strangers.length > 0) return refuse(strangers, io, options)
  const members = contextsOf(session).filter(({ member }) => member.roles.etcd)
  const problems = unhealthy(session, members)
  if (problems.length > 0) {
    sayProblems([...session.problems, ...problems], io)
    return exitOf(problems)
  }
  return underLock(session, options, io, (io) => work(session, members, options, io))
}

/** `slipway etcd defrag`: gives back what compaction freed, where it frees something, and takes the NOSPACE alarm away once there is room. */
export const defrag = (options: Options, io: Io): Promise<number> =>
  withSession(options, io, (session) => defragSession(session, options, io))
