import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../../config/schema.ts'
import { type Removal, removalOf } from '../../engine/removal.ts'
import { parseSurvey, resetHost, SURVEY } from '../../engine/reset.ts'
import { SECRET_PATHS } from '../../resources/secrets.ts'
import { capture, type Transport } from '../../hosts/transport.ts'
import { EXIT } from '../../problem.ts'
import { problemText } from '../../ui/problems.ts'
import { askWord } from '../../ui/prompt.ts'
import { resultText, stageText } from '../../ui/reset-text.ts'
import { consent } from '../../run/consent.ts'
import { underLock } from '../../run/under-lock.ts'
import { look, onlyOn, refuse, type Session, sayProblems, strangersIn, withSession } from '../../run/session.ts'
import type { Io, Options } from '../../run/types.ts'
import { leaving } from '../../run/interrupted.ts'
import { drainsAllowed, sayLost } from './pods.ts'
import { type Task, runTasks } from './run.ts'
import { say } from './say.ts'
import { drainScript, stopScript } from './scripts.ts'
import { leavingTasks, nobody, provenQuorum } from './votes.ts'

const confirmed = (name: string, options: Options, io: Io): Promise<number> =>
  consent(
    options,
    io,
    async () =>
      (await askWord({ en: `Type the node's name (${name}) to go on:`, zh: `请输入节点名称（${name}）以继续：` }, io.language)) === name,
  )

/** A host that cannot be cleaned is given up only by an explicit word: it may be alive, and come back. */
const givenUp = ({ name, entry, alive }: Removal, options: Options, io: Io): boolean => {
  if (alive || options.flags.force === true) return true
  if (entry)
    say(
      io,
      `${name} does not answer. Bring it back, so that it is drained and cleaned; if it is gone for good, add --force.`,
      `${name} 没有响应。请恢复该主机，以便排空和清理；若已无法恢复，请加 --force。`,
    )
  else
    say(
      io,
      `${name} has no entry in the file, so its host cannot be cleaned. Put the entry back; or, if the host is gone for good, add --force.`,
      `文件中没有 ${name} 的条目，无法清理其主机。请恢复该条目；若主机已不存在，请加 --force。`,
    )
  return false
}

/** Pods first, then what serves the API from there, then the vote, then the Node. */
const tasksOf = (removal: Removal, config: Config): Task[] => {
  const { timeout } = config.upgrade_strategy.node_drain_input
  const { name, entry, alive, node, delegate } = removal
  return [
    ...(alive && node?.ready
      ? [
          {
            member: delegate,
            en: `Draining ${name}, for at most ${timeout} s.`,
            zh: `排空 ${name}，最多 ${timeout} 秒。`,
            script: drainScript(config, name, entry?.key ?? name),
          },
        ]
      : []),
    ...(alive && entry ? [{ member: entry, en: `Stopping ${name}.`, zh: `停止 ${name} 上的组件。`, script: stopScript() }] : []),
    ...leavingTasks(removal),
  ]
}

const isClean = async (transport: Transport, io: Io): Promise<boolean> => {
  const { exit, stdout } = await capture(transport, SURVEY, { signal: io.signal })
  return exit === 0 && !parseSurvey(stdout).present
}

/** Takes from the host what Slipway wrote there. */
const clean = async ({ name, entry, alive }: Removal, { fleet }: Session, io: Io): Promise<number> => {
  const transport = alive && entry ? fleet.transports.get(entry.key) : undefined
  if (!transport || (await isClean(transport, io))) return EXIT.done
  const result = await resetHost(transport, (stage) => io.err(`[${name}] ${stageText(stage, io.language)}\n`), io.signal)
  if (result.state === 'lost') io.err(`${problemText(result.problem, io.language, io.style)}\n`)
  else io.err(`${resultText(name, result, io.language)}\n`)
  return result.state === 'done' ? EXIT.done : result.state === 'lost' ? EXIT.unreachable : EXIT.failed
}

const carryOut = async (removal: Removal, session: Session, io: Io): Promise<number> => {
  const { name, entry, alive } = removal
  const left = {
    en: `Interrupted. ${name} may be cordoned: the same command goes on from here; to keep the node instead: slipway up.`,
    zh: `已中断。${name} 可能仍不可调度：再次运行同一命令即可继续；如要保留该节点，请运行 slipway up。`,
  }
  const exit = await leaving(
    io.signal,
    () => left,
    async () => (await runTasks(tasksOf(removal, session.intent.config), session, io)) || (await clean(removal, session, io)),
  )
  if (exit !== EXIT.done) {
    say(io, `The same command goes on from here, once that is mended.`, '排除原因后再次运行同一命令即可继续。')
    return exit
  }
  say(io, `${name} is out of the cluster.`, `${name} 已移出集群。`)
  if (entry)
    say(io, `Delete its entry (${entry.at}): otherwise the next up adds it again.`, `请删除其条目（${entry.at}），否则下次 up 会再次添加。`)
  if (!alive)
    say(
      io,
      `Its host was not cleaned. Should it ever come back: install it anew before it meets the others.`,
      '其主机未被清理；若日后恢复，请先重装再接入网络。',
    )
  return EXIT.done
}

/** With the last host that holds a shared key the cluster would lose it. */
const isLastHolder = ({ name, entry, alive }: Removal, session: Session, io: Io): boolean => {
  const names = alive && entry?.roles.controlPlane ? onlyOn(session, entry.key) : []
  const files = names.map((one) => SECRET_PATHS[one].at(-1)).join(', ')
  if (names.length > 0)
    say(
      io,
      `No other control plane has ${files}. Run slipway up first, which copies it from ${name}.`,
      `其他控制平面都没有 ${files}。请先运行 slipway up，从 ${name} 复制。`,
    )
  return names.length > 0
}

/** What is to be done, or the exit code of what speaks against it, which has been said. `before`: what was shown already. */
const permitted = (session: Session, word: string, options: Options, io: Io, before?: Removal): Removal | number => {
  const removal = removalOf(session.intent.hosts, session.world, word)
  if (typeof removal === 'string') return nobody(removal, word, io)
  if ('what' in removal) return refuse([removal], io, options)
  const { entry, node, member } = removal
  if (!entry && !node && !member) {
    say(io, `${word} is neither in the file nor in the cluster.`, `${word} 既不在文件中，也不在集群中。`)
    return EXIT.config
  }
  if (!givenUp(removal, options, io)) return EXIT.unreachable
  if (entry && isLastHolder(removal, session, io)) return EXIT.unfit
  if (!isDeepStrictEqual(removal.votes, before?.votes) && !provenQuorum(removal, io)) return EXIT.unfit
  return removal
}

/** Shows what is lost with the node; EXIT.done when that is allowed. A dead host is not drained, so nothing is asked of cluster.yml. */
const lossAllowed = async ({ name, alive, node, delegate }: Removal, session: Session, io: Io): Promise<number> => {
  if (!node) return EXIT.done
  if (alive && node.ready) return drainsAllowed(session, delegate, [name], io)
  await sayLost(session, delegate, [name], io)
  return EXIT.done
}

/** What the command does with a session; its exit code. `again` looks at the hosts once more. */
export const removeNode = async (session: Session, word: string, options: Options, io: Io, again = look): Promise<number> => {
  const strangers = strangersIn(session)
  if (strangers.length > 0) return refuse(strangers, io, options)
  sayProblems(session.problems, io)
  const removal = permitted(session, word, options, io)
  if (typeof removal === 'number') return removal
  const { name, node } = removal
  if (node && !node.ready) say(io, `${name} is not Ready: its pods are given up.`, `${name} 未就绪：其上的 Pod 将被放弃。`)
  const refused = (await lossAllowed(removal, session, io)) || (await confirmed(name, options, io))
  if (refused !== EXIT.done) return refused
  return underLock(session, options, io, async (io, recheck) => {
    // A question can stand for long, and a member that has died since counts: this one's etcd is stopped before its vote is taken away.
    const { world } = await again(session, io.signal, session.world)
    const short = recheck(world)
    if (short) return refuse([short], io, options)
    const now = permitted({ ...session, world }, word, options, io, removal)
    return typeof now === 'number' ? now : carryOut(now, session, io)
  })
}

/** `slipway node remove NAME`: drains, takes the etcd vote away (the quorum shown first), deletes the Node, cleans the host. */
export const remove = ([name = '']: readonly string[], options: Options, io: Io): Promise<number> =>
  withSession(options, io, (session) => removeNode(session, name, options, io))
