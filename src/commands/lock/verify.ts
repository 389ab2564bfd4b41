import { readReference } from '../../images/reference.ts'
import { upstream } from '../../mirrors/upstream.ts'
import type { Http } from '../../net/http.ts'
import type { Registry } from '../../net/registry-client.ts'
import { EXIT } from '../../problem.ts'
import { checksumPath, readChecksum } from '../../releases/checksums.ts'
import type { LockFile } from '../../releases/pins.ts'
import { judge, type Said, type Verdict, verdictText } from '../../releases/published-now.ts'
import type { Intent } from '../../run/session.ts'
import { tell } from '../../run/tell.ts'
import type { Io, Options } from '../../run/types.ts'
import { placesOf, repositoryOf } from './images.ts'

const COMPONENTS = [
  ['github.com/etcd-io/', 'etcd'],
  ['github.com/containerd/', 'containerd'],
  ['github.com/opencontainers/', 'runc'],
] as const

const componentOf = (path: string): string => COMPONENTS.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'kubernetes'

/** What every place publishes as the checksum of a file. */
const checksumsOf = async (path: string, { cluster }: Intent, http: Http): Promise<readonly Said[]> => {
  const text = checksumPath({ component: componentOf(path), path })
  const urls = [...new Set([...cluster.sources.files(text), `https://${text}`])]
  const said: Said[] = []
  for (const url of urls) {
    const { host } = new URL(url)
    const answer = await http.text(url)
    const digest = answer === undefined ? undefined : readChecksum(answer, path)
    if (digest !== undefined) said.push({ host, digest })
    else said.push({ host, why: answer === undefined ? (http.why(url) ?? '-') : 'no checksum of it' })
  }
  return said
}

/** A name of the lock as the places that keep its digests have it: a copy with digests of its own is asked for where it is. */
const basesOf = (ref: string, intent: Intent): readonly string[] => {
  const reference = readReference(ref)
  if (reference === undefined) return []
  const kept = placesOf(ref, intent).filter(({ carrier, keeps }) => keeps || carrier.name === ref)
  const own = upstream.endpoint(reference.domain)?.url ?? `https://${reference.domain}`
  return [...new Set([...kept.flatMap(({ carrier }) => carrier.bases), `${own}/v2/${reference.path}`])]
}

/** What a tag means at every place now. */
const digestsOf = async (ref: string, intent: Intent, registry: Registry): Promise<readonly Said[]> => {
  const said: Said[] = []
  for (const base of basesOf(ref, intent)) {
    const { host } = new URL(base)
    const { digest, error, status } = await registry.head(repositoryOf(base), readReference(ref)?.tag ?? 'latest')
    said.push(digest === undefined ? { host, why: error ?? `HTTP ${status}` } : { host, digest })
  }
  return said
}

const sum = (verdicts: readonly Verdict[], state: Verdict['state']): number => verdicts.filter((one) => one.state === state).length

/** `slipway lock --verify`: every file and image of the lock against what is published now; nothing is written. Packages are verified by apt itself. */
export const verifyLock = async (
  intent: Intent,
  lock: LockFile,
  { http, registry }: Readonly<{ http: Http; registry: Registry }>,
  options: Options,
  io: Io,
): Promise<number> => {
  const verdicts: Verdict[] = []
  const add = (verdict: Verdict): void => {
    verdicts.push(verdict)
    if (options.output !== 'json') tell(io, verdictText(verdict))
  }
  for (const [path, pin] of Object.entries(lock.files)) add(judge(path, pin, await checksumsOf(path, intent, http)))
  for (const [ref, pin] of Object.entries(lock.images)) add(judge(ref, pin, await digestsOf(ref, intent, registry)))
  const [same, differs, silent] = [sum(verdicts, 'same'), sum(verdicts, 'differs'), sum(verdicts, 'silent')]
  if (options.output === 'json') io.out(`${JSON.stringify({ verdicts, same, differs, silent })}\n`)
  else
    tell(io, {
      en: `${same} as published, ${differs} that differ, ${silent} of which nobody says anything.`,
      zh: `${same} 项与发布内容一致，${differs} 项不同，${silent} 项无来源可查。`,
    })
  return differs > 0 ? EXIT.failed : EXIT.done
}
