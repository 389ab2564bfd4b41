import { readFile } from 'node:fs/promises'
import { readReference } from '../images/reference.ts'
import { upstream } from '../mirrors/upstream.ts'
import { EXIT } from '../problem.ts'
import { ARTIFACTS } from '../releases/artifacts.ts'
import { checksumPath, readChecksum } from '../releases/checksums.ts'
import { findPin, type Wanted } from '../releases/evidence.ts'
import { addPins, type NewPin } from '../releases/lock-text.ts'
import { lockPathOf } from '../releases/pins.ts'
import { same, type Text } from '../text.ts'
import { createHttp, type Http } from './http.ts'
import { imagesOf } from './images.ts'
import { fetchOf } from './outbound.ts'
import { headManifest } from './registry.ts'
import { exitOf, type Intent, readIntent, sayProblems } from './session.ts'
import { tell } from './tell.ts'
import type { Command, Io, Options } from './types.ts'
import { writeWhole } from './write-file.ts'

type Refusal = Readonly<{ key: string; why: Text }>
type Found = Readonly<{ pins: readonly NewPin[]; refused: readonly Refusal[] }>

const unique = (urls: readonly (string | undefined)[]): string[] => [...new Set(urls.filter((url) => url !== undefined))]

/** The files of a release without a pin. Upstream is asked last even where hosts may not: the operator's machine may reach it. */
const missingFiles = ({ cluster }: Intent, architectures: readonly string[]): Wanted[] => {
  const { release, pins, sources } = cluster
  const everywhere = (path: string) => unique([...sources.files(path), upstream.file(path)])
  return architectures
    .flatMap((arch) => Object.values(ARTIFACTS).map((make) => make(release, arch)))
    .filter(({ path }) => pins[path] === undefined)
    .map((artifact) => ({
      path: artifact.path,
      urls: everywhere(artifact.path),
      checksumUrls: everywhere(checksumPath(artifact)),
      read: (text) => readChecksum(text, artifact.path),
    }))
}

const lockFiles = async (intent: Intent, options: Options, http: Http, io: Io): Promise<Found> => {
  const architectures = typeof options.flags.arch === 'string' ? options.flags.arch.split(',') : ['amd64']
  const pins: NewPin[] = []
  const refused: Refusal[] = []
  for (const wanted of missingFiles(intent, architectures)) {
    tell(io, same(`${wanted.path} ...`))
    const found = await findPin(wanted, http, options.flags['trust-first'] === true)
    if ('pin' in found) pins.push({ section: 'files', key: wanted.path, ...found })
    else refused.push({ key: wanted.path, why: found.refused })
  }
  return { pins, refused }
}

/** One HEAD per image and place, until one answers; the second place only confirms. */
const lockImage = async (ref: string, intent: Intent, http: Http): Promise<NewPin | Refusal> => {
  const reference = readReference(ref)
  if (reference === undefined) return { key: ref, why: { en: 'it is no image reference', zh: '不是有效的镜像引用' } }
  const failures: string[] = []
  // Aliyun rewrites manifests when it copies: its digests are not upstream's (kubernetes/minikube#21778).
  const places = intent.cluster.sources
    .endpoints(reference.domain)
    .filter(({ url, login }) => login === undefined && !/\.aliyuncs\.com(\/|$)/.test(url))
  for (const { url, overridePath } of places) {
    const { digest, error } = await headManifest(http, overridePath ? url : `${url}/v2`, reference.path, reference.tag ?? 'latest')
    if (digest !== undefined && /^sha256:[0-9a-f]{64}$/.test(digest))
      return { section: 'images', key: ref, pin: digest, because: `HEAD at ${new URL(url).host}` }
    failures.push(`${new URL(url).host}: ${error ?? 'no digest'}`)
  }
  return { key: ref, why: same(failures.join('; ') || '-') }
}

const lockImages = async (intent: Intent, http: Http): Promise<Found> => {
  const missing = imagesOf(intent).filter(({ digest }) => digest === undefined)
  const answers: (NewPin | Refusal)[] = []
  // One after the other: mirrors count requests, and ban who asks for too much at once (mirrors.md §4).
  for (const { upstream: ref } of missing) answers.push(await lockImage(ref, intent, http))
  return { pins: answers.filter((one) => 'pin' in one), refused: answers.filter((one) => 'why' in one) }
}

const textOf = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })

const say = ({ pins, refused }: Found, path: string, options: Options, io: Io): void => {
  if (options.output === 'json') {
    io.out(`${JSON.stringify({ file: path, pins, refused })}\n`)
    return
  }
  for (const { key, pin, because } of pins) tell(io, same(`+ ${key}: ${pin} # ${because}`))
  for (const { key, why } of refused) tell(io, { en: `! ${key} stays without a pin: ${why.en}.`, zh: `! ${key} 未锁定：${why.zh}。` })
  if (pins.length + refused.length === 0) tell(io, { en: 'Everything is pinned.', zh: '全部已锁定。' })
  else if (pins.length > 0) tell(io, { en: `${path}: ${pins.length} pins added.`, zh: `${path}：新增 ${pins.length} 项。` })
}

/** `slipway lock`: looks for the digests that are still missing and writes them, with what speaks for each, into cluster.lock.yml. */
export const lock: Command = {
  name: 'lock',
  summary: {
    en: 'Fill in missing digests in cluster.lock.yml (--arch amd64,arm64; --trust-first)',
    zh: '在 cluster.lock.yml 中补全缺少的摘要（--arch amd64,arm64；--trust-first）',
  },
  flags: { arch: { type: 'string' }, 'trust-first': { type: 'boolean' } },
  run: async (options, io) => {
    const intent = await readIntent(options)
    if ('problems' in intent) {
      sayProblems(intent.problems, io)
      return exitOf(intent.problems)
    }
    const http = createHttp(io.signal, fetchOf(intent))
    const [files, images] = [await lockFiles(intent, options, http, io), await lockImages(intent, http)]
    const found: Found = { pins: [...files.pins, ...images.pins], refused: [...files.refused, ...images.refused] }
    const path = lockPathOf(options.file === '-' ? 'cluster.yml' : options.file)
    if (found.pins.length > 0) await writeWhole(path, addPins(await textOf(path), found.pins))
    say(found, path, options, io)
    return found.refused.length > 0 ? EXIT.failed : EXIT.done
  },
}
