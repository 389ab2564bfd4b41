import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { type Host, labelOf, resolvePath } from '../config/hosts.ts'
import type { OwnAuthorities } from '../config/own-ca.ts'
import { placesOf } from '../config/walk.ts'
import { plan as decide } from '../engine/plan.ts'
import type { Plan } from '../engine/change.ts'
import type { Report } from '../engine/events.ts'
import { membersOf } from '../cluster/members.ts'
import type { World } from '../cluster/world.ts'
import type { Bundle } from '../delivery/bundle.ts'
import { readCertificate } from '../hosts/certificate-facts.ts'
import { assemble, type Fleet, probe } from './fleet.ts'
import { secondCluster } from './second-cluster.ts'
import { clockProblems } from './operator-clock.ts'
import { introduce } from '../hosts/introduce.ts'
import { labelled } from '../hosts/route.ts'
import { createShare } from '../hosts/share.ts'
import type { Environment } from '../hosts/transport.ts'
import { ifThere } from '../if-there.ts'
import { sourcesOf } from '../mirrors/sources.ts'
import { EXIT, type Problem, refusal } from '../problem.ts'
import { releaseOf, SUPPORTED } from '../releases/index.ts'
import { keysOf, lockPathOf, parseLock, pinsOf } from '../releases/pins.ts'
import { LOCK_COPY, lockCopies } from '../steps/operator-records.ts'
import type { SecretName } from '../cluster/secret-names.ts'
import { lostSecrets, missingSecrets } from '../steps/preflight/lost-secrets.ts'
import { identityProblems } from '../steps/preflight/identity.ts'
import { networkOf } from '../addons/networks.ts'
import { peerName, peersOf } from '../steps/preflight/network.ts'
import type { Cluster, Member } from '../cluster/types.ts'
import { problemsText } from '../ui/problems.ts'
import { createAsk } from '../ui/prompt.ts'
import type { Io, Options } from './types.ts'

/** What cluster.yml and its lock say, ready to be compared with hosts. */
export type Intent = Readonly<{
  file: string
  config: Config
  hosts: readonly Host[]
  cluster: Cluster
  warnings: readonly Problem[]
  ownAuthorities: OwnAuthorities
  /** Whether hosts read every installed file and hold it against its digest. */
  verify?: boolean
}>

/** Connections and what was seen through them. */
export type Session = Readonly<{
  intent: Intent
  fleet: Fleet
  world: World
  problems: readonly Problem[]
  /** Where all bytes come from, when the command line names a bundle. */
  bundle?: Bundle
  /** The text of cluster.lock.yml when it was missing here and the control planes had it. */
  adopted?: string
}>

/** Texts of the files that cluster.yml names and hosts get, by their names there. Loading has seen that they can be read. */
const namedTexts = async (
  { mirrors, private_registries, etcd_backup: backup }: Config,
  file: string,
): Promise<Readonly<Record<string, string>>> => {
  const folders = foldersOf(file)
  const authorities = [...private_registries.map(({ ca_file }) => ca_file), backup?.s3?.ca_file]
  const names = [mirrors.apt.keys.kubernetes, mirrors.apt.keys.docker, ...authorities, backup?.recipient].filter(
    (name) => name !== undefined,
  )
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(resolvePath(name, folders), 'utf8')] as const)),
  )
}

const foldersOf = (file: string) => ({ folder: file === '-' ? process.cwd() : dirname(resolve(file)), home: homedir() })

/** What a plan may know of the user's own CAs. */
const publicParts = async (own: OwnAuthorities): Promise<Cluster['authorities']> =>
  Object.fromEntries(await Promise.all(Object.entries(own).map(async ([name, { main }]) => [name, await readCertificate(main)] as const)))

const unreadable = (path: string, { code, message }: NodeJS.ErrnoException): Problem =>
  refusal(
    path,
    { en: `it cannot be read (${code ?? message})`, zh: `无法读取（${code ?? message}）` },
    { en: 'Mend its permissions, or move away what stands in its place.', zh: '请修正其权限，或移走占用该名称的内容。' },
  )

/** Reads cluster.yml and cluster.lock.yml; every Problem of both at once. */
export const readIntent = async (options: Options): Promise<Intent | { problems: readonly Problem[] }> => {
  const loaded = await loadConfig(options.file, { supported: SUPPORTED })
  const lockPath = lockPathOf(options.file === '-' ? 'cluster.yml' : options.file)
  const lockText = await ifThere(readFile(lockPath, 'utf8')).catch((error: NodeJS.ErrnoException) => unreadable(lockPath, error))
  if (typeof lockText === 'object') return { problems: [...loaded.problems, lockText] }
  const lock = parseLock(lockText, lockPath)
  const lockProblems = 'what' in lock ? [lock] : []
  if (!('config' in loaded) || loaded.config === undefined) return { problems: [...loaded.problems, ...lockProblems] }
  if ('what' in lock) return { problems: [lock] }
  const { config, hosts, problems, source, authorities } = loaded
  const release = releaseOf(config.kubernetes_version, config.components, lock.images)
  return {
    file: options.file,
    config,
    hosts,
    warnings: problems,
    ownAuthorities: authorities,
    verify: options.verify,
    cluster: {
      config,
      release,
      sources: sourcesOf(config.mirrors, config.private_registries),
      pins: pinsOf(release, lock),
      keys: keysOf(lock),
      authorities: await publicParts(authorities),
      places: placesOf(source.at),
      ...(lockText === undefined ? {} : { lockText }),
      files: await namedTexts(config, options.file),
    },
  }
}

/** The exit code of a list of problems: what cannot be reached weighs most, then unfit hosts, then the file. 0 without errors. */
export const exitOf = (problems: readonly Problem[]): number =>
  Math.max(EXIT.done, ...problems.filter(({ severity }) => severity === 'error').map(({ exit }) => exit))

const toProbe = ({ hosts, config }: Intent, world: World) => {
  const members: readonly Member[] = membersOf(hosts, world)
  return (key: string): string[] => {
    const member = members.find((one) => one.key === key)
    return member
      ? peersOf(member, members, networkOf(config))
          .filter((peer) => peer.member.ip !== '')
          .map(peerName)
      : []
  }
}

/** Looks at every connected host again. */
export const look = (session: Pick<Session, 'fleet' | 'intent'>, signal: AbortSignal, known: World = {}) =>
  probe(
    session.fleet,
    toProbe(session.intent, known),
    { version: session.intent.cluster.release.kubernetes, verify: session.intent.verify ?? false },
    signal,
  )

/** A machine without cluster.lock.yml takes the control planes' copy, when they agree on one; when not, a step says so. */
const adoptLock = (intent: Intent, world: World): { intent: Intent; adopted?: string } => {
  const [copy, ...others] = lockCopies(world)
  if (intent.cluster.lockText !== undefined || copy === undefined || others.length > 0) return { intent }
  const lock = parseLock(copy, LOCK_COPY)
  if ('what' in lock) return { intent }
  const { cluster, config } = intent
  const release = releaseOf(config.kubernetes_version, config.components, lock.images)
  return {
    intent: { ...intent, cluster: { ...cluster, release, pins: pinsOf(release, lock), keys: keysOf(lock), lockText: copy } },
    adopted: copy,
  }
}

/** What connecting needs of this machine and of the person at it. Its share is ended with the connections. */
export const environmentOf = (io: Pick<Io, 'home' | 'env' | 'interactive' | 'language'>): Environment => ({
  home: io.home,
  env: io.env,
  ask: io.interactive ? createAsk(io.language) : undefined,
  share: createShare(),
})

/** Connects to all hosts and looks at each once. */
export const openSession = async (
  read: Intent,
  io: Io,
  report: Report = () => {},
  environment: Environment = environmentOf(io),
): Promise<Session> => {
  const intent = { ...read, hosts: await labelled(read.hosts, environment) }
  report({ type: 'connecting', hosts: intent.hosts.map(({ key }) => key) })
  const connected = (host: Host, label: string): void => report({ type: 'connected', host: host.key, label })
  const fleet = await assemble(intent.hosts, environment, connected, await introduce(intent.hosts, environment))
  const { world, problems } = await look({ fleet, intent }, io.signal)
  const warnings = [...clockProblems(world), ...(await secondCluster(intent, world, io))]
  return { ...adoptLock(intent, world), fleet, world, problems: [...fleet.problems, ...problems, ...warnings] }
}

/** The plan for what a session saw. */
export const planOf = ({ intent, world }: Pick<Session, 'intent' | 'world'>): Plan => decide(intent.cluster, intent.hosts, world)

/** Hosts that are of another cluster than the control planes: what changes hosts without a plan asks for them first. */
export const strangersIn = ({ intent, world }: Pick<Session, 'intent' | 'world'>, expected: readonly string[] = []): Problem[] =>
  identityProblems(membersOf(intent.hosts, world), world, expected)

/** Shared keys that the cluster has lost: what would end the process that still has one in memory asks first. */
export const lostKeysIn = ({ intent, world }: Pick<Session, 'intent' | 'world'>): Problem[] => {
  const members = membersOf(intent.hosts, world)
  const at = members.find(({ roles }) => roles.controlPlane)
  return at ? lostSecrets({ ...intent.cluster, members, world }, at) : []
}

/** Shared secrets that a host alone holds whole: with it the cluster would lose them. */
export const onlyOn = ({ intent, world }: Pick<Session, 'intent' | 'world'>, host: string): SecretName[] => {
  const members = membersOf(intent.hosts, world)
  const { [host]: _, ...others } = world
  const missing = missingSecrets({ ...intent.cluster, members, world })
  return missingSecrets({ ...intent.cluster, members: members.filter(({ key }) => key !== host), world: others }).filter(
    (name) => !missing.includes(name),
  )
}

/** Prints problems for people. */
export const sayProblems = (problems: readonly Problem[], io: Io): void => {
  if (problems.length > 0) io.err(`${problemsText(problems, io.language, io.style)}\n`)
}

/** Says what stands in the way, to people or as the JSON document of a command that has nothing else to say; the exit code for it. */
export const refuse = (problems: readonly Problem[], io: Io, options: Options): number => {
  if (options.output === 'json') io.out(`${JSON.stringify({ problems })}\n`)
  else sayProblems(problems, io)
  return exitOf(problems)
}

/** The names by which output speaks of hosts. */
export const namesOf = (intent: Intent, world: World) =>
  membersOf(intent.hosts, world).map((member) => ({ key: member.key, nodeName: member.nodeName, label: labelOf(member) }))

/**
 * What most commands do: read the file, connect, look, work, and close the connections when the work is over. `work` returns the exit code;
 * `adjust` may change what is wanted before anything is looked at; `environment` is that of earlier connections.
 */
export const withSession = async (
  options: Options,
  io: Io,
  work: (session: Session) => Promise<number> | number,
  adjust: (intent: Intent) => Intent = (intent) => intent,
  environment?: Environment,
): Promise<number> => {
  const intent = await readIntent(options)
  if ('problems' in intent) return refuse(intent.problems, io, options)
  const session = await openSession(adjust(intent), io, undefined, environment)
  await using _ = session.fleet
  return await work(session)
}
