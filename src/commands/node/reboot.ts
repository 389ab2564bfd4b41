import { etcdView, mayBeAway } from '../../cluster/etcd-view.ts'
import { membersOf, pickDelegate } from '../../cluster/members.ts'
import { ambiguity, entriesNamed } from '../../engine/removal.ts'
import { assemble } from '../../run/fleet.ts'
import { lent } from '../../hosts/share.ts'
import type { Environment } from '../../hosts/transport.ts'
import type { Config } from '../../config/schema.ts'
import type { Text } from '../../text.ts'
import { leaving } from '../../run/interrupted.ts'
import { EXIT } from '../../problem.ts'
import type { Member } from '../../cluster/types.ts'
import { confirmYes } from '../../ui/prompt.ts'
import { consent } from '../../run/consent.ts'
import { type Recheck, underLock } from '../../run/under-lock.ts'
import {
  environmentOf,
  exitOf,
  lostKeysIn,
  look,
  readIntent,
  refuse,
  sayProblems,
  type Session,
  strangersIn,
  withSession,
} from '../../run/session.ts'
import type { Io, Options } from '../../run/types.ts'
import { drainsAllowed } from './pods.ts'
import { type Task, runTasks } from './run.ts'
import { say } from './say.ts'
import { bootOf, comesBack, order } from './back.ts'
import { drainScript, uncordonScript } from './scripts.ts'

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

/** What is true of a node between its drain and the end of its reboot. */
const cordonedText = (name: string): Text => ({
  en: `${name} is left cordoned: slipway up lets pods onto it again, slipway node reboot ${name} begins anew.`,
  zh: `${name} 仍不可调度：运行 slipway up 恢复调度，或用 slipway node reboot ${name} 重新开始。`,
})

const drainTask = ({ member: { nodeName, key }, delegate }: Turn, config: Config): Task => {
  const { timeout } = config.upgrade_strategy.node_drain_input
  return {
    member: delegate,
    en: `Draining ${nodeName}, for at most ${timeout} s.`,
    zh: `排空 ${nodeName}，最多 ${timeout} 秒。`,
    script: drainScript(config, nodeName, key),
  }
}

/** What a reboot is done with. `environment`: what it connects with again. */
type Means = Readonly<{ session: Session; recheck: Recheck; environment: Environment; options: Options }>

/** The part behind the drain. */
const goDown = async (turn: Turn, { session, recheck, environment, options }: Means, io: Io): Promise<number> => {
  const { member } = turn
  const transport = session.fleet.transports.get(member.key)
  if (!transport) return EXIT.unreachable
  // A drain takes minutes: another member may have died meanwhile.
  const { world } = await look(session, io.signal, session.world)
  const short = recheck(world)
  if (short || !quorumHolds({ ...session, world }, member, io)) {
    if (turn.drains) await letIn(turn, session, environment, io)
    return short ? refuse([short], io, options) : EXIT.unfit
  }
  const boot = await bootOf(transport, io)
  say(io, `Rebooting ${member.nodeName}.`, `重启 ${member.nodeName}。`)
  await order(transport, io)
  const back = await comesBack(member, boot, environment, io)
  return back !== EXIT.done || !turn.drains ? back : letIn(turn, session, environment, io)
}

const carryOut = async (turn: Turn, means: Means, io: Io): Promise<number> => {
  const { nodeName } = turn.member
  const { session } = means
  if (!turn.drains) return goDown(turn, means, io)
  // A drain that fails or is cut off gives the node back by itself.
  const drained = await runTasks([drainTask(turn, session.intent.config)], session, io)
  if (drained !== EXIT.done) return drained
  const left = cordonedText(nodeName)
  const interrupted = { en: `Interrupted. ${left.en}`, zh: `已中断。${left.zh}` }
  const exit = await leaving(
    io.signal,
    () => interrupted,
    () => goDown(turn, means, io),
  )
  if (exit !== EXIT.done && exit !== EXIT.unfit) say(io, left.en, left.zh)
  return exit
}

/** Pods may come again. A lone control plane has been away itself, so its connection is a new one. */
const letIn = async ({ member, delegate, version }: Turn, session: Session, environment: Environment, io: Io): Promise<number> => {
  const task = {
    member: delegate,
    en: `Letting pods onto ${member.nodeName} again.`,
    zh: `恢复 ${member.nodeName} 的调度。`,
    script: uncordonScript(member.nodeName, member.key, version),
  }
  if (delegate.key !== member.key) return runTasks([task], session, io)
  await using fleet = await assemble([delegate], environment)
  return await runTasks([task], { fleet }, io)
}

/** What the command does to one host with a session; its exit code. `environment` is what it connects with again. */
export const rebootNode = async (
  session: Session,
  word: string,
  options: Options,
  io: Io,
  environment: Environment = environmentOf(io),
): Promise<number> => {
  const strangers = strangersIn(session)
  if (strangers.length > 0) return refuse(strangers, io, options)
  const turn = turnOf(session, word, io)
  if (!turn) return exitOf(session.problems) || EXIT.config
  // A reboot ends the process that still has a lost key in memory.
  const lost = turn.member.roles.controlPlane ? lostKeysIn(session) : []
  if (lost.length > 0) return refuse(lost, io, options)
  if (!quorumHolds(session, turn.member, io)) return EXIT.unfit
  const exit = await underLock(session, options, io, (io, recheck) => carryOut(turn, { session, recheck, environment, options }, io), {
    leaving: turn.member.key,
  })
  if (exit === EXIT.done) say(io, `${turn.member.nodeName} was rebooted.`, `${turn.member.nodeName} 已重启。`)
  return exit
}

/** Shows what the drains delete before anybody is asked; EXIT.done when cluster.yml allows it. Who does not answer is for `one` to say. */
const shown = (words: readonly string[], options: Options, environment: Environment, io: Io): Promise<number> =>
  withSession(
    options,
    io,
    async (session) => {
      const strangers = strangersIn(session)
      if (strangers.length > 0) return refuse(strangers, io, options)
      const turns = words.flatMap((word) => turnOf(session, word, { ...io, err: () => {} }) ?? []).filter(({ drains }) => drains)
      const [first] = turns
      const names = turns.map(({ member }) => member.nodeName)
      return first ? drainsAllowed(session, first.delegate, names, io) : EXIT.done
    },
    undefined,
    environment,
  )

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
  // What was typed or read for the first connection serves all later ones.
  const own = environmentOf(io)
  await using _ = own.share
  const environment = { ...own, share: lent(own.share) }
  const refused = (await shown(words, options, environment, io)) || (await confirmed(words, options, io))
  if (refused !== EXIT.done) return refused
  for (const word of words) {
    const exit = await withSession(options, io, (session) => rebootNode(session, word, options, io, environment), undefined, environment)
    if (exit !== EXIT.done) return exit
  }
  return EXIT.done
}
