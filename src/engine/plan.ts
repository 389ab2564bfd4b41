import type { Host } from '../config/hosts.ts'
import type { Problem } from '../problem.ts'
import { holdings } from '../resources/derived.ts'
import { type Generation, rotationOf } from '../resources/generations.ts'
import { kindOf } from '../resources/index.ts'
import { isAuthority, SECRET_NAMES } from '../resources/secrets.ts'
import { stepOn } from '../resources/shared-secret.ts'
import type { CertificateResource, Resource, Stage as SecretStage } from '../resources/types.ts'
import type { SecretName } from '../cluster/secret-names.ts'
import { functionalCheck, checkOfNodes } from '../steps/functional-check.ts'
import { PHASES } from '../steps/index.ts'
import type { Phase, Step } from '../steps/types.ts'
import type { Cluster, Context, Member } from '../cluster/types.ts'
import { identityProblems } from '../steps/preflight/identity.ts'
import { unfit } from '../steps/preflight/unfit.ts'
import type { Change, Plan } from './change.ts'
import { etcdView, mayBeAway } from '../cluster/etcd-view.ts'
import { membersOf, pickDelegate } from '../cluster/members.ts'
import { renamesOf } from './renames.ts'
import { keepsQuorum } from '../cluster/quorum.ts'
import { rollOut } from './rollout.ts'
import { unpinned } from './unpinned.ts'
import type { World } from '../cluster/world.ts'

/** Where a step runs. */
const appliesTo = (step: Step, member: Member, delegate: Member | undefined): boolean => {
  const { controlPlane, etcd, worker } = member.roles
  switch (step.on) {
    case 'every':
      return true
    case 'node':
      return controlPlane || worker
    case 'control-plane':
      return controlPlane
    case 'etcd':
      return etcd
    case 'worker-only':
      return worker && !controlPlane
    case 'one-control-plane':
      return member.key === delegate?.key
  }
}

type Wanted = Readonly<{ phase: Phase; step: Step; want: Resource }>

/** Everything wanted on one host, in order. Two steps that claim the same thing are our mistake. */
const wantedOn = (context: Context, delegate: Member | undefined): Wanted[] => {
  const claimed = new Map<string, string>()
  return PHASES.flatMap((phase) =>
    phase.steps
      .filter((step) => appliesTo(step, context.member, delegate))
      .flatMap((step) =>
        step.resources(context).map((want) => {
          const id = kindOf(want).id(want)
          const other = claimed.get(id)
          if (other !== undefined) throw new Error(`the steps ${other} and ${step.id} both claim "${id}" on ${context.member.nodeName}`)
          claimed.set(id, step.id)
          return { phase, step, want }
        }),
      ),
  )
}

const changesOn = (context: Context, delegate: Member | undefined): Change[] => {
  const pending = new Set<string>()
  const changes: Change[] = []
  for (const { phase, step, want: asked } of wantedOn(context, delegate)) {
    const want = context.renew && asked.kind === 'certificate' ? { ...asked, renewDays: Number.POSITIVE_INFINITY } : asked
    const kind = kindOf(want)
    const difference = kind.diff(want, { facts: context.facts, world: context.world, pending })
    if (!difference) continue
    for (const path of kind.touches(want)) pending.add(path)
    changes.push({ host: context.member.key, phase: phase.id, step: step.id, id: kind.id(want), want, difference })
  }
  return changes
}

/** Voters and how many of them live: as etcd tells it, or as the file has it while etcd does not answer. */
const countVotes = (members: readonly Member[], world: World): readonly [voters: number, healthy: number] => {
  const { voters, healthy } = etcdView(members, world)
  if (voters.length > 0) return [voters.length, healthy.size]
  const planned = members.filter(({ roles }) => roles.etcd)
  return [planned.length, planned.filter(({ key }) => world[key]?.units.etcd?.active === 'active').length]
}

/** A restart of one etcd member while others are dead could stop the whole cluster. */
const quorumProblems = (members: readonly Member[], changes: readonly Change[], world: World): Problem[] => {
  const [voters, healthy] = countVotes(members, world)
  if (keepsQuorum(voters, healthy, 'restart')) return []
  const view = etcdView(members, world)
  return changes
    .filter(({ want, difference }) => want.kind === 'unit' && want.name === 'etcd' && difference.verb === 'restart')
    .flatMap(({ host }) => members.filter(({ key }) => key === host))
    .filter((member) => !mayBeAway(view, member))
    .map((member) =>
      unfit(
        member,
        {
          en: `its etcd would have to restart while only ${healthy} of ${voters} members are healthy: that would cost the quorum`,
          zh: `其 etcd 需要重启，但 ${voters} 个成员中只有 ${healthy} 个健康：这会失去法定人数`,
        },
        { en: 'Bring the other members back first.', zh: '请先恢复其他成员。' },
      ),
    )
}

const problemsOn = (context: Context, delegate: Member | undefined): Problem[] =>
  PHASES.flatMap((phase) => phase.steps)
    .filter((step) => appliesTo(step, context.member, delegate))
    .flatMap((step) => step.problems?.(context) ?? [])

const nextOf = ({ authorities }: Cluster, name: SecretName): Generation | undefined => {
  const certificate = isAuthority(name) ? authorities?.[name] : undefined
  return certificate && { id: certificate.key, text: certificate.pem, keySum: '', certificate }
}

const planesOf = (hosts: readonly Host[]): string[] => hosts.flatMap(({ roles, key }) => (roles.controlPlane ? [key] : []))

/** The world with the shared secrets where this run takes them: what everything else is judged by. */
const intended = (cluster: Cluster, hosts: readonly Host[], world: World): World =>
  (cluster.exchange ?? []).reduce<World>((seen, name) => stepOn(seen, name, nextOf(cluster, name)), holdings(planesOf(hosts), world))

/** The fingerprint of the CA that a first install gives the cluster, where it is the user's own. */
const expectedCa = ({ authorities }: Cluster): string[] => (authorities?.ca ? [authorities.ca.key] : [])

/** The stage to which a run takes each shared secret. */
export const stagesFor = (cluster: Cluster, hosts: readonly Host[], world: World): Readonly<Partial<Record<SecretName, SecretStage>>> => {
  const aim = intended(cluster, hosts, world)
  return Object.fromEntries(SECRET_NAMES.map((name) => [name, rotationOf(aim, name)?.stage ?? 'settled']))
}

/** What steps are asked by, for every host that answered. */
export const contextsOf = (cluster: Cluster, members: readonly Member[], world: World): Context[] => {
  const aim = intended(cluster, members, world)
  return members.flatMap((member) => {
    const facts = world[member.key]
    return facts ? [{ ...cluster, member, facts, members, world: aim }] : []
  })
}

/** All that each host that answered is to have, by its key. */
export const wantedOnHosts = (cluster: Cluster, hosts: readonly Host[], world: World): ReadonlyMap<string, readonly Resource[]> => {
  const members = membersOf(hosts, world)
  const delegate = pickDelegate(members, world)
  return new Map(
    contextsOf(cluster, members, world).map((context) => [context.member.key, wantedOn(context, delegate).map(({ want }) => want)]),
  )
}

/** The certificates that each host that answered is to have, by its key. */
export const wantedCertificates = (
  cluster: Cluster,
  hosts: readonly Host[],
  world: World,
): ReadonlyMap<string, readonly CertificateResource[]> =>
  new Map([...wantedOnHosts(cluster, hosts, world)].map(([key, wants]) => [key, wants.filter((want) => want.kind === 'certificate')]))

/**
 * With the functional check of every node whose host is to record that it passed. The host that makes it writes its own record right behind it:
 * one execution less.
 */
const withCheck = (contexts: readonly Context[], changes: readonly Change[], delegate: Member | undefined): readonly Change[] => {
  const speaker = contexts.find(({ member }) => member.key === delegate?.key)
  const due = changes.filter(({ want }) => want.kind === 'checked')
  if (!speaker || due.length === 0) return changes
  const want = checkOfNodes(
    speaker,
    due.map(({ host }) => host),
  )
  const reason = { en: `for ${want.nodes.join(', ')}, as they are after this run`, zh: `针对 ${want.nodes.join('、')} 在本次运行后的状态` }
  const place = { host: speaker.member.key, phase: 'addons', step: functionalCheck.id }
  const own = due.filter(({ host }) => host === place.host)
  return [
    ...changes.filter((change) => !own.includes(change)),
    { ...place, id: kindOf(want).id(want), want, difference: { verb: 'start', reason } },
    ...own.map((change) => ({ ...change, ...place })),
  ]
}

/**
 * Decides what has to change. Pure: the same cluster and world give the same plan, and a world in which the plan was carried out
 * gives an empty one. Hosts that are not in the world get no changes.
 */
export const plan = (cluster: Cluster, hosts: readonly Host[], world: World): Plan => {
  const members = membersOf(hosts, world)
  const strangers = identityProblems(members, world, expectedCa(cluster))
  if (strangers.length > 0) return { changes: [], problems: strangers }
  const delegate = pickDelegate(members, world)
  const contexts = contextsOf(cluster, members, world)
  const problems = contexts.flatMap((context) => problemsOn(context, delegate))
  // An unfit host may make wants that mean nothing (an unknown system, no address): they would only bury the real cause.
  if (problems.some(({ severity }) => severity === 'error')) return { changes: [], problems }
  const changed = contexts.flatMap((context) => changesOn(context, delegate))
  const own = withCheck(contexts, changed, delegate)
  const renames = renamesOf(members, world)
  const changes = rollOut({ cluster, members, world, delegate, renames }, own)
  return { changes, problems: [...problems, ...unpinned(cluster, changes), ...quorumProblems(members, changes, world)] }
}

/** The world after a plan was carried out: every change made on facts. The double of a run, for tests and previews. */
export const simulate = (world: World, changes: readonly Change[]): World =>
  changes.reduce<World>((seen, { host, want }) => {
    const facts = seen[host]
    return facts ? { ...seen, [host]: kindOf(want).after(want, { facts, world: seen, pending: new Set() }) } : seen
  }, world)
