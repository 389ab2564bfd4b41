import { ensureWritable } from '../../delivery/out-file.ts'
import { readFile } from 'node:fs/promises'
import type { World } from '../../cluster/world.ts'
import { ifThere } from '../../if-there.ts'
import { upstream } from '../../mirrors/upstream.ts'
import { EXIT } from '../../problem.ts'
import { ARTIFACTS, type ArtifactName } from '../../releases/artifacts.ts'
import { checksumPath, readChecksum } from '../../releases/checksums.ts'
import { findPin, type Wanted } from '../../releases/evidence.ts'
import { addPins, type NewPin, setKeys } from '../../releases/lock-text.ts'
import { lockPathOf, parseLock } from '../../releases/pins.ts'
import { same, type Text } from '../../text.ts'
import { archProblems, list } from '../bundle.ts'
import { createHttp } from '../../net/http.ts'
import { lockDebs } from './debs.ts'
import { lockImages } from './images.ts'
import { type FoundKeys, lockKeys } from './keys.ts'
import { verifyLock } from './verify.ts'
import { type Asking, witnessesOf } from './witnesses.ts'
import { fetchOf, registryFor } from '../../run/outbound.ts'
import { type Intent, openSession, readIntent, refuse } from '../../run/session.ts'
import { tell } from '../../run/tell.ts'
import type { Command, Io, Options } from '../../run/types.ts'
import { writeWhole } from '../../run/write-file.ts'

/** What stays without a pin; where it is not `required`, the plan has other ways. */
type Refusal = Readonly<{ key: string; why: Text; required: boolean }>
type Found = Readonly<{ pins: readonly NewPin[]; refused: readonly Refusal[] }>

const NONE: Found = { pins: [], refused: [] }
const NO_KEYS: FoundKeys = { keys: [], waiting: [] }

const unique = (urls: readonly (string | undefined)[]): string[] => [...new Set(urls.filter((url) => url !== undefined))]

type Witnesses = ReturnType<typeof witnessesOf>

/** The files of a release without a pin. Upstream is asked last even where hosts may not: the operator's machine may reach it. */
const missingFiles = ({ cluster }: Intent, architectures: readonly string[], witnesses: Witnesses): Wanted[] => {
  const { release, pins, sources } = cluster
  const everywhere = (path: string) => unique([...sources.files(path), upstream.file(path)])
  return architectures
    .flatMap((arch) =>
      (Object.keys(ARTIFACTS) as ArtifactName[]).map((name) => ({
        artifact: ARTIFACTS[name](release, arch),
        others: witnesses(name, arch),
      })),
    )
    .filter(({ artifact }) => pins[artifact.path] === undefined)
    .map(({ artifact, others }) => ({
      others,
      path: artifact.path,
      urls: everywhere(artifact.path),
      checksumUrls: everywhere(checksumPath(artifact)),
      read: (text) => readChecksum(text, artifact.path),
    }))
}

const lockFiles = async (asking: Asking, architectures: readonly string[], options: Options, io: Io): Promise<Found> => {
  const pins: NewPin[] = []
  const refused: Refusal[] = []
  for (const wanted of missingFiles(asking.intent, architectures, witnessesOf(asking))) {
    tell(io, same(`${wanted.path} ...`))
    const found = await findPin(wanted, asking.http, options.flags['trust-first'] === true)
    if ('pin' in found) pins.push({ section: 'files', key: wanted.path, ...found })
    else refused.push({ key: wanted.path, why: found.refused, required: true })
  }
  return { pins, refused }
}

const sayKeys = ({ keys, waiting }: FoundKeys, io: Io): void => {
  for (const { name, because } of keys) tell(io, same(`+ keys.${name}: # ${because}`))
  for (const { name, ends, why } of waiting)
    tell(io, {
      en: `- the key of the ${name} packages ends on ${ends}; ${why.en}. Release files do not need it: there is nothing to do now.`,
      zh: `- ${name} 软件包的公钥将于 ${ends} 到期；${why.zh}。发布文件不依赖该公钥，目前无需处理。`,
    })
}

const say = ({ pins, refused }: Found, keys: FoundKeys, path: string, options: Options, io: Io): void => {
  if (options.output === 'json') {
    io.out(`${JSON.stringify({ file: path, pins, refused, keys: keys.keys })}\n`)
    return
  }
  sayKeys(keys, io)
  for (const { key, pin, because } of pins) tell(io, same(`+ ${key}: ${pin} # ${because}`))
  for (const { key, why, required } of refused)
    tell(io, {
      en: `${required ? '!' : '-'} ${key} stays without a pin: ${why.en}.`,
      zh: `${required ? '!' : '-'} ${key} 未锁定：${why.zh}。`,
    })
  if (pins.length + refused.length + keys.keys.length === 0) tell(io, { en: 'Everything is pinned.', zh: '全部已锁定。' })
  else if (pins.length > 0) tell(io, { en: `${path}: ${pins.length} pins added.`, zh: `${path}：新增 ${pins.length} 项。` })
}

/** Adds what was found to the lock, which is not touched when that is nothing. */
const write = async (path: string, pins: readonly NewPin[], { keys }: FoundKeys): Promise<void> => {
  if (pins.length + keys.length === 0) return
  const text = addPins(await ifThere(readFile(path, 'utf8')), pins)
  await writeWhole(path, keys.length === 0 ? text : setKeys(text, keys))
}

/** The architectures to pin for: those named, else those of the hosts that answered, else the usual one. */
export const archesOf = (named: readonly string[], world: World): readonly string[] => {
  if (named.length > 0) return named
  const found = new Set(Object.values(world).map(({ arch }) => arch))
  const known = ['amd64', 'arm64'].filter((arch) => found.has(arch))
  return known.length > 0 ? known : ['amd64']
}

/** `slipway lock`: looks for the digests that are still missing and writes them, with what speaks for each, into cluster.lock.yml. */
export const lock: Command = {
  name: 'lock',
  summary: {
    en: 'Fill in missing digests in cluster.lock.yml (for what the hosts are, or --arch amd64,arm64; --trust-first; --offline: ask no hosts); --verify: compare the lock with what is published now',
    zh: '在 cluster.lock.yml 中补全缺少的摘要（按主机的架构，或 --arch amd64,arm64；--trust-first；--offline：不连接主机）；--verify：与当前发布内容比对',
  },
  flags: { arch: { type: 'string' }, 'trust-first': { type: 'boolean' }, verify: { type: 'boolean' } },
  shared: ['offline'],
  run: async (options, io) => {
    const named = list(options.flags.arch)
    const wrong = archProblems(named)
    if (wrong.length > 0) return refuse(wrong, io, options)
    const intent = await readIntent(options)
    if ('problems' in intent) return refuse(intent.problems, io, options)
    const ask = fetchOf(intent, io)
    const http = createHttp(io.signal, ask)
    const registry = await registryFor(intent, io)
    if ('problems' in registry) return refuse(registry.problems, io, options)
    const path = lockPathOf(options.file === '-' ? 'cluster.yml' : options.file)
    if (options.flags.verify === true) {
      const lock = parseLock(await ifThere(readFile(path, 'utf8')), path)
      return 'what' in lock ? refuse([lock], io, options) : verifyLock(intent, lock, { http, registry }, options, io)
    }
    await ensureWritable(path)
    const session = options.offline ? undefined : await openSession(intent, io)
    await using _ = session?.fleet
    const arches = archesOf(named, session?.world ?? {})
    const all = [
      await lockFiles({ intent, http, ask, registry, signal: io.signal }, arches, options, io),
      session ? await lockDebs(session) : NONE,
      await lockImages(intent, registry, { arches, trustFirst: options.flags['trust-first'] === true }),
    ]
    const found: Found = { pins: all.flatMap(({ pins }) => pins), refused: all.flatMap(({ refused }) => refused) }
    const keys = options.offline ? NO_KEYS : await lockKeys(intent, http, Date.now() / 1000)
    await write(path, found.pins, keys)
    say(found, keys, path, options, io)
    return found.refused.some(({ required }) => required) ? EXIT.failed : EXIT.done
  },
}
