import type { Plan } from '../engine/change.ts'
import { EXIT } from '../problem.ts'
import { lockPathOf } from '../releases/pins.ts'
import { authorityOf } from '../resources/generations.ts'
import type { Text } from '../text.ts'
import { planText } from '../ui/plan-text.ts'
import { confirmPlan } from '../ui/prompt.ts'
import { carryOut } from './carry-out.ts'
import { consent } from './consent.ts'
import { lackingIn } from './delivery.ts'
import { planWithPods } from './drain-look.ts'
import { withLogins } from './logins.ts'
import { exitOf, look, namesOf, refuse, sayProblems, type Session } from './session.ts'
import type { Io, Options } from './types.ts'
import { type Recheck, underLock } from './under-lock.ts'
import { writeWhole } from './write-file.ts'

const idsOf = ({ changes }: Plan): string =>
  changes.map(({ host, id, difference }) => `${host} ${id} ${difference.verb} ${difference.diff ?? ''}`).join('\n')

/** Shows the plan to people, and to whoever is asked about it; EXIT.done for a yes. */
const agreed = async (plan: Plan, session: Session, options: Options, io: Io): Promise<number> => {
  const asks = io.interactive && !options.yes
  if (asks || options.output === 'text')
    io.err(planText(plan, namesOf(session.intent, session.world), io.language, io.style, options.verbose))
  return consent(options, io, () => confirmPlan(io.language))
}

const done = (io: Io, options: Options, text: Text): number => {
  if (options.output === 'text') io.err(`${text[io.language]}\n`)
  return EXIT.done
}

const sawAll = ({ intent, world }: Session): boolean => intent.hosts.every(({ key }) => world[key] !== undefined)

/** What may be claimed when a run is over: nothing of a host that was not looked at. */
const claim = (session: Session): Text => {
  const name = session.intent.config.cluster_name
  return sawAll(session)
    ? { en: `The cluster ${name} is as cluster.yml says.`, zh: `集群 ${name} 已与 cluster.yml 一致。` }
    : {
        en: `Of the cluster ${name}, the hosts that answered are as cluster.yml says.`,
        zh: `集群 ${name} 中有响应的主机已与 cluster.yml 一致。`,
      }
}

const noChanges = (session: Session): Text =>
  sawAll(session)
    ? { en: 'No changes. The hosts are as cluster.yml says.', zh: '没有更改。主机与 cluster.yml 一致。' }
    : { en: 'No changes. The hosts that answered are as cluster.yml says.', zh: '没有更改。有响应的主机与 cluster.yml 一致。' }

/** The part under the lock: look again, because somebody may have changed something while a person was reading the plan. */
const locked = async (first: Plan, session: Session, recheck: Recheck, options: Options, io: Io): Promise<number> => {
  const { intent, fleet } = session
  const again = await look(session, io.signal, session.world)
  const renewed: Session = { ...session, world: again.world }
  const second = await planWithPods(renewed, io.signal)
  const short = recheck(again.world)
  const problems = [...again.problems, ...second.problems, ...(short ? [short] : [])]
  if (exitOf(problems) !== EXIT.done) return refuse(problems, io, options)
  if (second.changes.length === 0) return done(io, options, { en: 'Nothing is left to do.', zh: '没有需要更改的内容。' })
  if (idsOf(second) !== idsOf(first)) {
    io.err(io.language === 'zh' ? '主机在此期间有变化，新的计划如下：\n' : 'The hosts changed in the meantime. This is the new plan:\n')
    const refused = await agreed(second, renewed, options, io)
    if (refused !== EXIT.done) return refused
  }
  const exit = await carryOut(second, { ...renewed, fleet, intent }, options, io)
  return exit === EXIT.done ? done(io, options, claim(renewed)) : exit
}

const isEstablished = ({ world }: Session): boolean => Object.keys(world).length > 0 && authorityOf(world, 'ca') !== undefined

/** A cluster that exists goes on without a dead host; a first install either has all its hosts or touches none. */
const needsAllHosts = (session: Session, { strict }: Options): boolean => strict || !isEstablished(session)

/** The hosts that did not answer decide how a run ends that went well on all others. */
const withoutSome = (missing: number, io: Io): number => {
  if (missing !== EXIT.done)
    io.err(
      io.language === 'zh'
        ? `以上无法连接的主机未作任何处理；恢复后请运行：${io.command}\n`
        : `The hosts that could not be reached were left as they are. When they are back: ${io.command}\n`,
    )
  return missing
}

const make = async (plan: Plan, session: Session, options: Options, io: Io): Promise<number> => {
  if (plan.changes.length === 0) return done(io, options, noChanges(session))
  const refused = await agreed(plan, session, options, io)
  if (refused !== EXIT.done) return refused
  return underLock(session, options, io, (io, recheck) => locked(plan, session, recheck, options, io))
}

/** What the control planes had of cluster.lock.yml lies beside cluster.yml from now on. */
const keepAdopted = async ({ adopted }: Session, options: Options, io: Io): Promise<void> => {
  if (adopted === undefined) return
  const path = lockPathOf(options.file === '-' ? 'cluster.yml' : options.file)
  await writeWhole(path, adopted)
  io.err(
    io.language === 'zh' ? `${path} 不存在，已取用控制平面上的副本。\n` : `${path} was missing here: the control planes' copy was taken.\n`,
  )
}

/** Plans for what was seen, asks, and makes it so; the exit code of a run. */
export const converge = async (seen: Session, options: Options, io: Io): Promise<number> => {
  const { intent, problems: unread } = await withLogins(seen.intent, io)
  if (unread.length > 0) return refuse(unread, io, options)
  const session: Session = { ...seen, intent }
  await keepAdopted(session, options, io)
  const plan = await planWithPods(session, io.signal)
  const problems = [...session.intent.warnings, ...session.problems, ...plan.problems]
  if (exitOf(plan.problems) !== EXIT.done) return refuse(problems, io, options)
  const lacking = session.bundle ? await lackingIn(session.bundle, plan.changes, io) : []
  if (lacking.length > 0) {
    sayProblems(problems, io)
    return refuse(lacking, io, options)
  }
  const missing = exitOf(session.problems)
  if (missing !== EXIT.done && needsAllHosts(session, options)) return refuse(problems, io, options)
  sayProblems(problems, io)
  return (await make(plan, session, options, io)) || withoutSome(missing, io)
}
