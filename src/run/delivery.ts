import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ArchiveError } from '../archive/read.ts'
import { type Bundle, readBundle } from '../delivery/bundle.ts'
import { createDelivery } from '../delivery/deliver.ts'
import type { Origin } from '../delivery/downloads.ts'
import { fromNetwork, onlyFrom } from '../delivery/fallback.ts'
import { isUploadable, uploadName, uploadsOf } from '../delivery/uploads.ts'
import { openCache } from '../delivery/cache.ts'
import { systemOf } from '../delivery/packages.ts'
import type { Deliver } from '../engine/apply.ts'
import type { Change } from '../engine/change.ts'
import { type Problem, refusal } from '../problem.ts'
import type { Text } from '../text.ts'
import { createHttp } from '../net/http.ts'
import { createRegistry } from '../net/registry-client.ts'
import { createFetch } from '../net/request.ts'
import { egressFor, fetchOf, registryOf } from './outbound.ts'
import type { Intent, Session } from './session.ts'
import type { Io } from './types.ts'

/** Where the operator's machine keeps what it fetched: $XDG_CACHE_HOME/slipway or ~/.cache/slipway. */
const cacheFolder = ({ env, home }: Io): string => join(env.XDG_CACHE_HOME || join(home, '.cache'), 'slipway')

/** Bytes from the configured places, kept in the cache. */
export const networkOrigin = (intent: Intent, io: Io): Origin => ({
  supply: fromNetwork(openCache(cacheFolder(io)), io.signal, egressFor(intent)),
  http: createHttp(io.signal, fetchOf(intent, io)),
  registry: registryOf(intent, io),
})

/** Nothing is asked of the network: what the bundle does not hold is not had. */
const bundleOrigin = ({ store, resolved }: Bundle, { signal }: Io): Origin => ({
  supply: onlyFrom(store),
  http: createHttp(signal, createFetch()),
  registry: createRegistry(createFetch(), signal),
  resolved,
})

/** How a run brings bytes to its hosts; nothing where they fetch by themselves. */
export const deliveryFor = (changes: readonly Change[], { intent, bundle }: Session, io: Io): Deliver | undefined => {
  if (intent.config.delivery !== 'push') return undefined
  return createDelivery(changes, bundle ? bundleOrigin(bundle, io) : networkOrigin(intent, io), io.signal)
}

/** The same wishes, with this machine as the only place that hosts take bytes from. */
export const pushed = (intent: Intent): Intent => {
  const config = { ...intent.config, delivery: 'push' as const }
  return { ...intent, config, cluster: { ...intent.cluster, config } }
}

const AGAIN: Text = {
  en: 'Carry the file over again, or make it anew: slipway bundle create.',
  zh: '请重新传输该文件，或重新生成：slipway bundle create。',
}

const REMAKE: Text = {
  en: 'Make one from this cluster.yml and its lock: slipway bundle create.',
  zh: '请用当前的 cluster.yml 及其锁定文件重新生成：slipway bundle create。',
}

/** Opens the bundle a command line names, after reading it through. */
export const openBundle = async (path: string): Promise<Bundle | Problem> => {
  const found = await stat(path).catch(() => undefined)
  if (!found) return refusal(path, { en: 'there is no such file', zh: '文件不存在' }, AGAIN)
  if (!found.isFile()) return refusal(path, { en: 'it is not a file', zh: '不是文件' }, AGAIN)
  try {
    return await readBundle(path)
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error
    return refusal(path, { en: `the bundle is refused: ${error.what.en}`, zh: `离线包被拒绝：${error.what.zh}` }, AGAIN)
  }
}

/** What a plan needs that the bundle does not hold, before anything is changed. */
export const lackingIn = async (bundle: Bundle, changes: readonly Change[], io: Io): Promise<readonly Problem[]> => {
  const origin = bundleOrigin(bundle, io)
  const lacks = new Set<string>()
  for (const { want } of changes) {
    if (want.kind === 'packages' && want.pushed && !bundle.resolved[systemOf(want.pushed)]) lacks.add(`packages ${systemOf(want.pushed)}`)
    if (isUploadable(want) && !(await uploadsOf(want, origin, () => {}))) lacks.add(uploadName(want))
  }
  return [...lacks].map((id) => refusal(bundle.path, { en: `the bundle does not hold ${id}`, zh: `离线包中没有 ${id}` }, REMAKE))
}
