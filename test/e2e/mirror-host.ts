// One host of the lab and the mirror as that host alone sees it: faults are set for its address, and only its requests are read.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault } from '../../vagrant/mirror/faults.ts'
import { CONTROL, type ClusterFile, launch, type Request } from './lab.ts'

/** $SLIPWAY_MIRRORS_HOST names the lab host to use. */
export const HOST = process.env.SLIPWAY_MIRRORS_HOST ?? 'cp1'
const ADDRESSES: Readonly<Record<string, string>> = { cp1: '10.77.0.11', cp2: '10.77.0.12', cp3: '10.77.0.13', s4: '10.77.0.34' }
export const ADDRESS = ADDRESSES[HOST] ?? ''

/** Runs a shell script as root on it, past ssh. */
export const inside = async (script: string, seconds = 200): Promise<string> => {
  const { exit, stdout, stderr } = await launch('docker', ['exec', '-i', `slipway-lab-${HOST}`, 'sh', '-s'], { input: script, seconds })
    .ended
  if (exit !== 0) throw new Error(`${HOST}: exit ${exit}\n${stderr}\n${stdout}`)
  return stdout
}

const control = async (path: string, init: RequestInit = {}): Promise<string> =>
  (await fetch(`${CONTROL}${path}`, { ...init, signal: AbortSignal.timeout(20_000) })).text()

const others = async (): Promise<Fault[]> => (JSON.parse(await control('/faults')) as Fault[]).filter(({ client }) => client !== ADDRESS)

/** Makes the mirror misbehave towards this host, and towards this host alone; what others have set stays. */
export const misbehave = async (faults: readonly Omit<Fault, 'client'>[]): Promise<void> => {
  const body = JSON.stringify([...(await others()), ...faults.map((fault) => ({ ...fault, client: ADDRESS }))])
  const said = await control('/faults', { method: 'PUT', body })
  if (!said.startsWith('[')) throw new Error(said)
}
export const behave = (): Promise<void> => misbehave([])

/** What this host asked the mirrors for. */
export const asked = async (since: string): Promise<Request[]> =>
  (await control(`/log?since=${since}`))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Request)
    .filter(({ client }) => client === ADDRESS)

/** A whole cluster on this one host. */
export const oneNode = (config: ClusterFile): void => {
  config.cluster_name = 'wall'
  // What is told of one place that fails is told of no second one.
  Object.assign(config.mirrors as object, { files: ['daocloud'] })
  config.nodes = [{ address: ADDRESS, role: ['control-plane', 'worker'], hostname_override: HOST }]
}

/** Every file of /etc/apt with all that a write could change of it, and its text. */
export const aptFiles = (): Promise<string> =>
  inside(
    `find /etc/apt -type d -printf '%p %y %m %u:%g\\n' -o -printf '%p %y %m %u:%g %s %T@ %l\\n' | sort; find /etc/apt -type f -exec sha256sum {} + | sort -k 2`,
  )

export const labLock = (): Readonly<{ files: Record<string, string>; debs: Record<string, string>; images: Record<string, string> }> => {
  const text = readFileSync(join(import.meta.dirname, '../../vagrant/cluster.lock.yml'), 'utf8')
  const section = (name: string) =>
    Object.fromEntries(
      (new RegExp(`^${name}:\\n((?:  .*\\n)*)`, 'm').exec(text)?.[1] ?? '')
        .split('\n')
        .filter(Boolean)
        .map((line) => /^ {2}(.*): (sha256:.*)$/.exec(line)?.slice(1) as [string, string]),
    )
  return { files: section('files'), debs: section('debs'), images: section('images') }
}
