import { isHoldingPlace, type Removal, removalOf } from '../../engine/removal.ts'
import { EXIT } from '../../problem.ts'
import { commandText } from '../../ui/command-text.ts'
import { confirmYes } from '../../ui/prompt.ts'
import { converge } from '../../run/converge.ts'
import { consent } from '../../run/consent.ts'
import { underLock } from '../../run/under-lock.ts'
import { look, refuse, type Session, sayProblems, strangersIn, withSession } from '../../run/session.ts'
import type { Io, Options } from '../../run/types.ts'
import { sayLost } from './pods.ts'
import { runTasks } from './run.ts'
import { say } from './say.ts'
import { leavingTasks, nobody, provenQuorum } from './votes.ts'

const confirmed = (name: string, options: Options, io: Io): Promise<number> =>
  consent(options, io, () =>
    confirmYes({ en: `Give the place of the old ${name} away?`, zh: `放弃旧的 ${name}，由新主机接替？` }, io.language),
  )

/** What is said before anything is done; undefined lets it go on, a number is the exit code that ends it. */
const objection = (removal: Removal, session: Session, word: string, io: Io): number | undefined => {
  const { name, entry, alive } = removal
  if (!entry) {
    say(io, `${word} has no entry in the file: there is no host to put in its place.`, `文件中没有 ${word} 的条目，没有可用于替换的主机。`)
    return EXIT.config
  }
  if (!alive) {
    say(
      io,
      `The new host of ${name} does not answer. Without a new host, it is slipway node remove ${name} --force.`,
      `${name} 的新主机没有响应。若没有新主机，请使用 slipway node remove ${name} --force。`,
    )
    return EXIT.unreachable
  }
  if (isHoldingPlace(removal, session.world)) {
    say(
      io,
      `The host of ${name} is up and still belongs to the cluster. To begin anew with it: slipway node remove ${name}, then slipway up.`,
      `${name} 的主机在线，且仍属于集群。如需重新开始：先 slipway node remove ${name}，再 slipway up。`,
    )
    return EXIT.unfit
  }
  return provenQuorum(removal, io) ? undefined : EXIT.unfit
}

/** What the command does with a session; its exit code. */
export const replaceNode = async (session: Session, word: string, options: Options, io: Io): Promise<number> => {
  const strangers = strangersIn(session)
  if (strangers.length > 0) return refuse(strangers, io, options)
  const removal = removalOf(session.intent.hosts, session.world, word)
  if (typeof removal === 'string') {
    sayProblems(session.problems, io)
    return nobody(removal, word, io)
  }
  if ('what' in removal) return refuse([removal], io, options)
  const ended = objection(removal, session, word, io)
  if (ended !== undefined) {
    sayProblems(session.problems, io)
    return ended
  }
  const tasks = leavingTasks(removal)
  if (tasks.length > 0) {
    if (removal.node) await sayLost(session, removal.delegate, [removal.name], io)
    const refused = await confirmed(removal.name, options, io)
    if (refused !== EXIT.done) return refused
    const exit = await underLock(session, options, io, (io) => runTasks(tasks, session, io))
    if (exit !== EXIT.done) return exit
  }
  const { world, problems } = await look(session, io.signal, session.world)
  // Once the new host has joined etcd, it is one of the cluster's own, which up goes on with and this command refuses.
  const goesOn = { ...io, command: commandText(['up', '-f', options.file]) }
  return converge({ ...session, world, problems: [...session.fleet.problems, ...problems] }, options, goesOn)
}

/** `slipway node replace NAME`: the old member and Node go, the new host at the entry's address is installed as `up` would. */
export const replace = ([name = '']: readonly string[], options: Options, io: Io): Promise<number> =>
  withSession(options, io, (session) => replaceNode(session, name, options, io))
