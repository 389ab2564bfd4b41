import { capture } from '../../hosts/transport.ts'
import type { Os } from '../../mirrors/types.ts'
import { repositoriesFor } from '../../releases/alternates.ts'
import { type DebFinding, debPins, debScript, parseDebs } from './deb-script.ts'
import type { NewPin } from '../../releases/lock-text.ts'
import { same, type Text } from '../../text.ts'
import type { Session } from '../../run/session.ts'

type Missed = Readonly<{ key: string; why: Text; required: boolean }>

/** One host of each system and architecture: packages differ between them, not between hosts. */
const oneOfEach = ({ world }: Session): readonly (readonly [key: string, os: Os])[] => {
  const all = Object.entries(world).map(([key, { os, arch }]) => [key, { ...os, arch } as Os] as const)
  return [...new Map(all.map(([key, os]) => [`${os.codename} ${os.arch}`, [key, os] as const])).values()]
}

const ask = async (session: Session, key: string, os: Os): Promise<readonly DebFinding[]> => {
  const { config, cluster } = session.intent
  const now = session.world[key]?.now ?? 0
  const transport = session.fleet.transports.get(key)
  const around = {
    release: cluster.release,
    os,
    sources: cluster.sources,
    keys: config.mirrors.apt.keys,
    files: cluster.files,
    extended: cluster.keys ?? {},
    now,
  }
  const repositories = repositoriesFor(around)
  if (!transport || repositories.length === 0) return []
  const { stdout } = await capture(transport, debScript(repositories))
  return parseDebs(stdout)
}

const missed = (found: readonly DebFinding[]): Missed[] =>
  found.flatMap((one) =>
    'why' in one ? [{ key: `the packages of ${one.repository} at ${one.host}`, why: same(one.why), required: false }] : [],
  )

/** The pins of signed packages, as the hosts' own apt has verified them. Hosts that do not answer are named; nothing on a host changes. */
export const lockDebs = async (session: Session): Promise<Readonly<{ pins: readonly NewPin[]; refused: readonly Missed[] }>> => {
  const { intent } = session
  const found = (await Promise.all(oneOfEach(session).map(([key, os]) => ask(session, key, os)))).flat()
  const silent = session.problems
    .filter(({ severity }) => severity === 'error')
    .map(({ at, what }): Missed => ({ key: `the packages for ${at}`, why: what, required: false }))
  return { pins: debPins(found, intent.cluster.pins), refused: [...missed(found), ...silent] }
}
