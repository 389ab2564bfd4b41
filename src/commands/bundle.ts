import { ensureWritable } from '../delivery/out-file.ts'
import { type Contents, writeBundle } from '../delivery/bundle.ts'
import { type Gathered, gather, type System, systemsOf, wantedBy } from '../delivery/gather.ts'
import { licencesText } from '../delivery/licences.ts'
import { isUploadable } from '../delivery/uploads.ts'
import { escapeRemote } from '../hosts/lines.ts'
import { resolveVersion } from '../config/version.ts'
import { EXIT, type Problem, refusal } from '../problem.ts'
import { releaseOf, SUPPORTED } from '../releases/index.ts'
import type { Resource } from '../resources/types.ts'
import type { Cluster } from '../cluster/types.ts'
import { same } from '../text.ts'
import { VERSION } from '../version.ts'
import { networkOrigin, pushed } from '../run/delivery.ts'
import { withLogins } from '../run/logins.ts'
import { refuse, sayProblems, type Session, withSession } from '../run/session.ts'
import { tell } from '../run/tell.ts'
import type { Command, Io, Options } from '../run/types.ts'

/** The words of a flag that takes a list, or several, or both. */
export const list = (value: unknown): string[] =>
  [value ?? []]
    .flat()
    .flatMap((text) => String(text).split(','))
    .filter((text) => text !== '')

/** The cluster under each release the bundle is to bring: its own, and those of --upgrade-to. */
const clustersFor = ({ cluster }: Session['intent'], versions: readonly string[]): readonly Cluster[] => [
  cluster,
  ...versions.map((version): Cluster => {
    const release = releaseOf(version, cluster.config.components, cluster.pins)
    return { ...cluster, release, pins: { ...release.pins, ...cluster.pins } }
  }),
]

const versionProblems = (versions: readonly string[]): Problem[] =>
  versions
    .filter((version) => resolveVersion(version, SUPPORTED) !== version)
    .map((version) =>
      refusal(
        `--upgrade-to ${version}`,
        { en: 'this release is not known.', zh: '未知的版本。' },
        same(`--upgrade-to ${SUPPORTED.join(', ')}`),
      ),
    )

/** What is wrong with the words of --arch. */
export const archProblems = (architectures: readonly string[]): Problem[] =>
  architectures
    .filter((arch) => arch !== 'amd64' && arch !== 'arm64')
    .map((arch) =>
      refusal(`--arch ${arch}`, { en: 'this architecture is not supported.', zh: '不支持的架构。' }, same('--arch amd64,arm64')),
    )

/** Bytes without a pin are not carried anywhere. */
const unpinned = (wants: readonly Resource[]): Problem[] => {
  const names = wants.flatMap((want) => {
    if (want.kind === 'image') return want.places.length === 0 ? [want.name] : []
    return want.kind === 'artifact' && want.pin === '' && !want.others?.length ? [want.artifact.path] : []
  })
  return [...new Set(names)].map((name) =>
    refusal(
      'cluster.lock.yml',
      { en: `${name} has no pinned digest`, zh: `${name} 没有锁定的摘要` },
      {
        en: 'Run `slipway lock` for this release and architecture, or add its "sha256:..." yourself.',
        zh: '请对该版本和架构运行 `slipway lock`，或自行写入 "sha256:..."。',
      },
    ),
  )
}

const contentsOf = ({ blobs, systems }: Gathered, clusters: readonly Cluster[]): Contents => ({
  format: 1,
  slipway: VERSION,
  kubernetes: clusters.map(({ release }) => release.kubernetes),
  systems: Object.fromEntries(Object.entries(systems).map(([name, { debs }]) => [name, { debs: debs.map((deb) => ({ ...deb })) }])),
  blobs,
})

const report = (path: string, about: Contents, written: { size: number; digest: string }, options: Options, io: Io): void => {
  if (options.output === 'json') {
    const systems = Object.fromEntries(Object.entries(about.systems).map(([name, { debs }]) => [name, debs.length]))
    io.out(`${JSON.stringify({ file: path, ...written, kubernetes: about.kubernetes, systems, files: Object.keys(about.blobs).length })}\n`)
    return
  }
  const megabytes = Math.ceil(written.size / 1024 / 1024)
  const systems = Object.keys(about.systems).join(', ')
  tell(io, {
    en: `${path}: ${about.kubernetes.join(', ')} for ${systems}; ${megabytes} MiB, ${written.digest}`,
    zh: `${path}：${about.kubernetes.join('、')}，适用于 ${systems}；${megabytes} MiB，${written.digest}`,
  })
}

const make = async (session: Session, options: Options, io: Io): Promise<number> => {
  const { intent, fleet, world } = session
  const versions = list(options.flags['upgrade-to'])
  const architectures = list(options.flags.arch)
  const clusters = clustersFor(intent, versions)
  const systems = systemsOf(world, fleet.transports, architectures)
  // One host of each system is enough; those that do not answer may be of another.
  const problems = [...intent.warnings, ...session.problems]
  if (systems.length === 0) return refuse(problems, io, options)
  sayProblems(problems, io)
  const wantsOf = (system: System) => wantedBy(system, clusters, intent.hosts, world)
  const missing = unpinned(systems.flatMap(wantsOf).filter(isUploadable))
  if (missing.length > 0) return refuse(missing, io, options)
  const say = (what: string) => options.output === 'text' && tell(io, same(`${what} ...`))
  const complain = (line: string) => tell(io, same(`! ${escapeRemote(line)}`))
  const read = await withLogins(intent, io)
  if (read.problems.length > 0) return refuse(read.problems, io, options)
  const origin = networkOrigin(read.intent, io)
  const path = options.rest[1] ?? `${intent.config.cluster_name}-${clusters[0]?.release.kubernetes}.slipway.tar`
  await ensureWritable(path)
  const gathered = await gather(systems, wantsOf, origin, say, complain, io.signal)
  if (gathered.refused.length > 0) {
    for (const name of gathered.refused) tell(io, { en: `No source delivered ${name}.`, zh: `没有来源提供 ${name}。` })
    return EXIT.failed
  }
  const about = contentsOf(gathered, clusters)
  report(path, about, await writeBundle(path, about, licencesText(gathered.systems), origin.supply.store), options, io)
  return EXIT.done
}

/** `slipway bundle create`: everything a cluster.yml needs in one file, for hosts without a network. */
export const bundle: Command = {
  name: 'bundle',
  most: 2,
  summary: {
    en: 'create [FILE]: everything this cluster.yml needs in one file, for up --bundle FILE (--arch amd64,arm64; --upgrade-to VERSION)',
    zh: 'create [文件]：将此 cluster.yml 所需的一切打包成一个文件，供 up --bundle 使用（--arch amd64,arm64；--upgrade-to 版本）',
  },
  usage: ['create [FILE] [--arch amd64,arm64] [--upgrade-to VERSION]'],
  flags: { arch: { type: 'string', multiple: true }, 'upgrade-to': { type: 'string', multiple: true } },
  run: (options, io) => {
    if (options.rest[0] !== 'create') {
      tell(io, { en: 'slipway bundle takes: create.', zh: 'slipway bundle 的子命令：create。' })
      return Promise.resolve(EXIT.config)
    }
    const problems = [...versionProblems(list(options.flags['upgrade-to'])), ...archProblems(list(options.flags.arch))]
    if (problems.length > 0) return Promise.resolve(refuse(problems, io, options))
    return withSession(options, io, (session) => make(session, options, io), pushed)
  },
}
