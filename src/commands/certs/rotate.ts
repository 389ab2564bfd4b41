import { stagesFor } from '../../engine/plan.ts'
import { EXIT, type Problem, refusal } from '../../problem.ts'
import { authorityOf, rotationOf } from '../../resources/generations.ts'
import { isAuthority, isPair, ROTATIONS } from '../../resources/secrets.ts'
import type { Stage } from '../../resources/types.ts'
import type { SecretName } from '../../cluster/secret-names.ts'
import type { Cluster } from '../../cluster/types.ts'
import type { Text } from '../../text.ts'
import { converge } from '../../run/converge.ts'
import { exitOf, look, planOf, sayProblems, type Session } from '../../run/session.ts'
import type { Io, Options } from '../../run/types.ts'

/** What `certs rotate` takes, and the shared secrets it stands for. */
export const SUBJECTS: Readonly<Record<string, readonly SecretName[]>> = {
  ...Object.fromEntries(Object.entries(ROTATIONS).map(([name, word]) => [word, [name as SecretName]])),
  all: ['ca', 'etcd-ca', 'front-proxy-ca'],
}

/** Two runs for each step of the way, and what a run that was cut off left. */
const MOST_RUNS = 10

const TITLES: Readonly<Record<Stage, Text>> = {
  both: { en: 'Both are trusted; the old one is still in use.', zh: '新旧两份同时受信任，旧的仍在使用。' },
  switched: { en: 'The new one is put to use; the old one is still trusted.', zh: '启用新的一份，旧的仍受信任。' },
  dropped: { en: 'The old one is trusted no more.', zh: '不再信任旧的一份。' },
  settled: { en: 'What the exchange left beside it is taken away.', zh: '清除轮换留下的文件。' },
}

const HELD: Text = {
  en: 'The new service-account key signs. The old one stays trusted until the tokens it signed have ended: an hour for pods, as long as was asked for elsewhere.\nThen run: slipway certs rotate service-account-key --drop-old\n',
  zh: '已改用新的服务账号密钥签发令牌。旧密钥仍受信任，直到其签发的令牌失效：Pod 的令牌为一小时，其他令牌视申请的时长而定。\n之后请运行：slipway certs rotate service-account-key --drop-old\n',
}

const stageIn = ({ world }: Session, name: SecretName): Stage => rotationOf(world, name)?.stage ?? 'settled'

/** The secrets that take the next step. Those that a cut-off run left behind the others catch up first. */
const takersOf = (session: Session, names: readonly SecretName[], begun: boolean): readonly SecretName[] => {
  const under = names.filter((name) => stageIn(session, name) !== 'settled')
  if (under.length === 0) return names
  const behind = names.filter((name) => !under.includes(name))
  return !begun && behind.length > 0 && under.every((name) => stageIn(session, name) === 'both') ? behind : under
}

/** The user's own CA cannot follow itself. */
const unchanged = ({ intent, world }: Session, names: readonly SecretName[]): Problem[] =>
  names.filter(isAuthority).flatMap((name): Problem[] => {
    const own = intent.cluster.authorities?.[name]
    if (!own || own.key !== authorityOf(world, name)?.key || rotationOf(world, name)?.stage !== 'settled') return []
    return [
      refusal(
        intent.cluster.places?.certificates ?? 'cluster.yml',
        {
          en: `the cluster uses the CA that cluster.yml names for ${ROTATIONS[name]}`,
          zh: `集群正在使用 cluster.yml 为 ${ROTATIONS[name]} 指定的 CA`,
        },
        {
          en: 'Name the files of the new CA first, or take them out for one that Slipway makes.',
          zh: '请先写入新 CA 的文件，或删除该项，由 Slipway 生成。',
        },
      ),
    ]
  })

const told = (session: Session, what: Pick<Cluster, 'exchange' | 'rotates'>): Session => ({
  ...session,
  intent: { ...session.intent, cluster: { ...session.intent.cluster, ...what } },
})

/** One step of the way for all hosts: says what it is, and makes it so. */
const step = (session: Session, exchange: readonly SecretName[], options: Options, io: Io): Promise<number> => {
  const ahead = told(session, { exchange })
  const [name = 'ca'] = exchange
  const to = stagesFor(ahead.intent.cluster, session.intent.hosts, session.world)[name] ?? 'settled'
  // One file has nothing to take away beside it: its last step is the drop.
  const stage = to === 'settled' && !isPair(name) ? 'dropped' : to
  if (options.output === 'text') io.err(`\n${exchange.map((one) => ROTATIONS[one]).join(', ')}: ${TITLES[stage][io.language]}\n`)
  return converge(ahead, options, io)
}

const finish = (options: Options, io: Io, text: Text): number => {
  if (options.output === 'text') io.err(text[io.language])
  return EXIT.done
}

/** What comes next: making so what is planned already, a step of the exchange, or its end. */
type Next = Readonly<{ kind: 'settle' } | { kind: 'step'; exchange: readonly SecretName[] } | { kind: 'end'; text: Text }>

const nextIn = (session: Session, subject: string, begun: boolean, dropOld: boolean): Next => {
  const names = SUBJECTS[subject] ?? []
  const left = planOf(session)
  if (left.changes.length > 0 || exitOf([...left.problems, ...session.problems]) !== EXIT.done) return { kind: 'settle' }
  if (begun && names.every((name) => stageIn(session, name) === 'settled'))
    return { kind: 'end', text: { en: `The exchange of ${subject} is over.\n`, zh: `${subject} 的轮换已完成。\n` } }
  const exchange = takersOf(session, names, begun)
  const waits = exchange.includes('sa') && stageIn(session, 'sa') === 'switched' && !dropOld
  return waits ? { kind: 'end', text: HELD } : { kind: 'step', exchange }
}

/**
 * `slipway certs rotate`: from the old value to the new one in steps that are each a run of their own. Where it stands is read from the hosts
 * every time, so a run that was cut off is gone on with by the same command. The next step is only taken when nothing is left to do of the last.
 */
export const rotateSecrets = async (first: Session, subject: string, options: Options, io: Io): Promise<number> => {
  const names = SUBJECTS[subject] ?? []
  const missing = exitOf(first.problems)
  const refused = unchanged(first, names)
  // A host that is not there would come back with the old trust alone.
  if (missing !== EXIT.done || refused.length > 0) {
    sayProblems([...first.problems, ...refused], io)
    return missing || exitOf(refused)
  }
  let session = told(first, { rotates: names })
  let begun = names.some((name) => stageIn(session, name) !== 'settled')
  let how = options
  for (let run = 0; run < MOST_RUNS; run++) {
    const next = nextIn(session, subject, begun, options.flags['drop-old'] === true)
    if (next.kind === 'end') return finish(options, io, next.text)
    const exit = next.kind === 'settle' ? await converge(session, how, io) : await step(session, next.exchange, how, io)
    if (exit !== EXIT.done) return exit
    if (next.kind === 'step' && options.flags.step === true)
      return finish(options, io, {
        en: 'One step was taken. The same command takes the next one.\n',
        zh: '已完成一步。再次运行同一命令继续下一步。\n',
      })
    begun ||= next.kind === 'step'
    const seen = await look(session, io.signal, session.world)
    session = { ...session, world: seen.world, problems: [...first.problems, ...seen.problems] }
    how = { ...options, yes: true }
  }
  throw new Error(`the exchange of ${subject} did not come to an end`)
}
