import { setTimeout } from 'node:timers/promises'
import { etcdView, mayBeAway } from '../../cluster/etcd-view.ts'
import { membersOf, pickDelegate } from '../../cluster/members.ts'
import { ambiguity, entriesNamed } from '../../engine/removal.ts'
import { assemble } from '../../run/fleet.ts'
import { capture, type Transport, TransportError } from '../../hosts/transport.ts'
import { createShare } from '../../hosts/share.ts'
import { EXIT } from '../../problem.ts'
import type { Member } from '../../cluster/types.ts'
import { confirmYes } from '../../ui/prompt.ts'
import { consent } from '../../run/consent.ts'
import { type Recheck, underLock } from '../../run/under-lock.ts'
import { exitOf, look, readIntent, refuse, sayProblems, type Session, strangersIn, withSession } from '../../run/session.ts'
import type { Io, Options } from '../../run/types.ts'
import { runTasks } from './run.ts'
import { say } from './say.ts'
import { BOOT_SCRIPT, drainScript, rebootScript, uncordonScript, upScript } from './scripts.ts'

/** How long a host may take from the order to reboot until ssh answers again, and from there until all is up. */
const BACK_S = 900
const UP_S = 300
const PAUSE_MS = 3000

type Turn = Readonly<{ member: Member; delegate: Member; version: string; drains: boolean }>

/** Whether etcd lives through it: the other members have to be a quorum without this one. Of an etcd that does not answer nobody knows. */
export const quorumHolds = ({ intent, world }: Pick<Session, 'intent' | 'world'>, member: Member, io: Io): boolean => {
  const members = membersOf(intent.hosts, world)
  const view = etcdView(members, world)
  const isAlone = members.filter(({ roles }) => roles.etcd).length === 1
  if (!member.roles.etcd || isAlone || mayBeAway(view, member)) return true
  if (view.voters.length === 0) {
    say(
      io,
      `${member.nodeName} is not rebooted: etcd does not answer, and its other members may be down. See what keeps it: slipway check.`,
      `未重启 ${member.nodeName}：etcd 没有响应，其他成员可能已停止。请用 slipway check 查看问题。`,
    )
    return false
  }
  say(
    io,
    `${member.nodeName} is not rebooted: only ${view.healthy.size} of ${view.voters.length} etcd members are healthy, and it would cost the quorum.`,
    `未重启 ${member.nodeName}：${view.voters.length} 个 etcd 成员中只有 ${view.healthy.size} 个健康，重启会失去法定人数。`,
  )
  return false
}

/** What is done with one host; undefined when it cannot be: then the reason has been said. */
const turnOf = (session: Session, word: string, io: Io): Turn | undefined => {
  const { intent, world } = session
  const members = membersOf(intent.hosts, world)
  const named = entriesNamed(members, word)
  const ambiguous = ambiguity(word, named)
  if (ambiguous) {
    sayProblems([...session.problems, ambiguous], io)
    return undefined
  }
  const [member] = named
  const others = members.filter((one) => one !== member)
  const delegate = pickDelegate(others, world) ?? pickDelegate(members, world)
  if (!member || !world[member.key] || !delegate || member.address === 'localhost') {
    sayProblems(session.problems, io)
    if (member?.address === 'localhost') say(io, 'This machine is not rebooted under itself.', '不会重启运行本命令的机器。')
    else if (!member) say(io, `${word} has no entry in the file.`, `文件中没有 ${word} 的条目。`)
    else say(io, `${word} does not answer.`, `${word} 没有响应。`)
    return undefined
  }
  const { drain } = intent.config.upgrade_strategy
  const nodes = world[delegate.key]?.nodes ?? []
  const node = nodes.find(({ name }) => name === member.nodeName)
  return { member, delegate, version: node?.kubelet ?? '', drains: drain && node?.ready === true && nodes.length > 1 }
}

const bootOf = async (transport: Transport, io: Io): Promise<string> =>
  (await capture(transport, BOOT_SCRIPT, { signal: io.signal })).stdout

/** Connects again and again until another boot of the host answers, then waits there until all is up. */
const comesBack = async (member: Member, boot: string, io: Io): Promise<number> => {
  const deadline = performance.now() + BACK_S * 1000
  while (performance.now() < deadline) {
    await setTimeout(PAUSE_MS, undefined, { signal: io.signal })
    await using fleet = await assemble([member], { home: io.home, env: io.env, ask: undefined, share: createShare() })
    const transport = fleet.transports.get(member.key)
    try {
      if (!transport || (await bootOf(transport, io)) === boot) continue
      return await runTasks(
        [
          {
            member,
            en: `${member.nodeName} is back; waiting for its parts.`,
            zh: `${member.nodeName} 已恢复，等待其组件就绪。`,
            script: upScript(UP_S),
          },
        ],
        { fleet },
        io,
      )
    } catch (error) {
      // It went down under the question.
      if (!(error instanceof TransportError)) throw error
    }
  }
  say(io, `${member.nodeName} did not come back within ${BACK_S} s.`, `${member.nodeName} 在 ${BACK_S} 秒内没有恢复。`)
  return EXIT.unreachable
}

const order = async (transport: Transport, io: Io): Promise<void> => {
  await capture(transport, rebootScript(), { signal: io.signal }).catch((error) => {
    if (!(error instanceof TransportError)) throw error
  })
}

const carryOut = async (
  { member, delegate, version, drains }: Turn,
  session: Session,
  recheck: Recheck,
  options: Options,
  io: Io,
): Promise<number> => {
  const { nodeName, key } = member
  const transport = session.fleet.transports.get(key)
  if (!transport) return EXIT.unreachable
  const boot = await bootOf(transport, io)
  const { config } = session.intent
  const { timeout } = config.upgrade_strategy.node_drain_input
  const script = drainScript(config, nodeName, key)
  const drain = {
    member: delegate,
    en: `Draining ${nodeName}, for at most ${timeout} s.`,
    zh: `排空 ${nodeName}，最多 ${timeout} 秒。`,
    script,
  }
  const drained = drains ? await runTasks([drain], session, io) : EXIT.done
  if (drained !== EXIT.done) return drained
  // A drain takes minutes: another member may have died meanwhile.
  const { world } = await look(session, io.signal, session.world)
  const short = recheck(world)
  if (short) return refuse([short], io, options)
  if (!quorumHolds({ ...session, world }, member, io)) return EXIT.unfit
  say(io, `Rebooting ${nodeName}.`, `重启 ${nodeName}。`)
  await order(transport, io)
  const back = await comesBack(member, boot, io)
  if (back !== EXIT.done || !drains) return back
  return letIn(member, delegate, version, session, io)
}

/** Pods may come again. A lone control plane has been away itself, so its connection is a new one. */
const letIn = async (member: Member, delegate: Member, version: string, session: Session, io: Io): Promise<number> => {
  const task = {
    member: delegate,
    en: `Letting pods onto ${member.nodeName} again.`,
    zh: `恢复 ${member.nodeName} 的调度。`,
    script: uncordonScript(member.nodeName, member.key, version),
  }
  if (delegate.key !== member.key) return runTasks([task], session, io)
  await using fleet = await assemble([delegate], { home: io.home, env: io.env, ask: undefined, share: createShare() })
  return await runTasks([task], { fleet }, io)
}

/** What the command does to one host with a session; its exit code. */
export const rebootNode = async (session: Session, word: string, options: Options, io: Io): Promise<number> => {
  const strangers = strangersIn(session)
  if (strangers.length > 0) return refuse(strangers, io, options)
  const turn = turnOf(session, word, io)
  if (!turn) return exitOf(session.problems) || EXIT.config
  if (!quorumHolds(session, turn.member, io)) return EXIT.unfit
  const exit = await underLock(session, options, io, (io, recheck) => carryOut(turn, session, recheck, options, io), {
    leaving: turn.member.key,
  })
  if (exit === EXIT.done) say(io, `${turn.member.nodeName} was rebooted.`, `${turn.member.nodeName} 已重启。`)
  else
    say(
      io,
      'Stopped here. The next slipway up lets pods onto a node that was left drained.',
      '已在此停止。下次 slipway up 会恢复仍处于排空状态的节点。',
    )
  return exit
}

const confirmed = (words: readonly string[], options: Options, io: Io): Promise<number> =>
  consent(options, io, () =>
    confirmYes({ en: `Reboot ${words.join(', ')}, one after the other?`, zh: `依次重启 ${words.join('、')}？` }, io.language),
  )

/** `slipway node reboot NAME...`, or `--all`: each is drained, rebooted, waited for and let in again before the next one's turn. */
export const reboot = async (names: readonly string[], options: Options, io: Io): Promise<number> => {
  const intent = await readIntent(options)
  if ('problems' in intent) return refuse(intent.problems, io, options)
  const planesFirst = intent.hosts.toSorted((a, b) => Number(b.roles.controlPlane) - Number(a.roles.controlPlane))
  const words = names.length > 0 ? names : planesFirst.map(({ name, key }) => name ?? key)
  const ambiguous = words.flatMap((word) => ambiguity(word, entriesNamed(intent.hosts, word)) ?? [])
  if (ambiguous.length > 0) return refuse(ambiguous, io, options)
  const refused = await confirmed(words, options, io)
  if (refused !== EXIT.done) return refused
  for (const word of words) {
    const exit = await withSession(options, io, (session) => rebootNode(session, word, options, io))
    if (exit !== EXIT.done) return exit
  }
  return EXIT.done
}
