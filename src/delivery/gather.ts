import { membersOf } from '../cluster/members.ts'
import type { World } from '../cluster/world.ts'
import type { Host } from '../config/hosts.ts'
import type { Facts } from '../hosts/facts.ts'
import type { Transport } from '../hosts/transport.ts'
import { kindOf } from '../resources/index.ts'
import type { PackagesResource, Resource } from '../resources/types.ts'
import { binaries } from '../steps/binaries.ts'
import { images } from '../steps/images.ts'
import { osPackages } from '../steps/os-packages.ts'
import type { Cluster, Context } from '../cluster/types.ts'
import type { Complain } from './fallback.ts'
import { packagePlaces, type Resolved, resolvePackages, systemOf } from './packages.ts'
import { holdings, isUploadable, type Tools, type Uploadable } from './uploads.ts'

/** A system that a bundle is for, with a host whose apt can be asked about it. */
export type System = Readonly<{ facts: Facts; transport: Transport }>

/** Every system among the hosts that answered, for each architecture asked for (else their own). */
export const systemsOf = (
  world: World,
  transports: ReadonlyMap<string, Transport>,
  architectures: readonly string[],
): readonly System[] => {
  const found = new Map<string, System>()
  for (const [key, facts] of Object.entries(world)) {
    const transport = transports.get(key)
    if (!transport) continue
    for (const arch of architectures.length > 0 ? architectures : [facts.arch]) {
      const name = `${facts.os.id}-${facts.os.version}-${arch}`
      // Whether a host needs a clock is known on the host alone: a bundle brings it along.
      if (!found.has(name)) found.set(name, { facts: { ...facts, arch, container: false, timeSync: '' }, transport })
    }
  }
  return [...found.values()]
}

/** Everything that hosts of a system want of the operator's machine, in any role that cluster.yml has, for each release. */
export const wantedBy = ({ facts }: System, clusters: readonly Cluster[], hosts: readonly Host[], world: World): readonly Resource[] => {
  const members = membersOf(hosts, world)
  const wants = new Map<string, Resource>()
  for (const cluster of clusters)
    for (const member of members) {
      const context: Context = { ...cluster, member, facts, members, world }
      const { controlPlane, worker } = member.roles
      const steps = [binaries, osPackages, ...(controlPlane || worker ? [images] : [])]
      for (const want of steps.flatMap((step) => step.resources(context))) wants.set(kindOf(want).id(want), want)
    }
  return [...wants.values()]
}

/** What was gathered: digests with their sizes, packages by system, and what could not be had. */
export type Gathered = Readonly<{ blobs: Record<string, number>; systems: Record<string, Resolved>; refused: string[] }>

/** Fetches all of it, one thing after the other. */
export const gather = async (
  systems: readonly System[],
  wantsOf: (system: System) => readonly Resource[],
  tools: Tools,
  say: (what: string) => void,
  complain: Complain,
  signal: AbortSignal,
): Promise<Gathered> => {
  const { supply, http } = tools
  const gathered: Gathered = { blobs: {}, systems: {}, refused: [] }
  const hold = async (digests: readonly string[]): Promise<void> => {
    for (const digest of digests) gathered.blobs[digest] = (await supply.store.size(digest)) ?? 0
  }
  const holdUpload = async (want: Uploadable): Promise<void> => {
    const name = kindOf(want).id(want)
    say(name)
    const digests = await holdings(want, tools, complain)
    if (digests) await hold(digests)
    else gathered.refused.push(name)
  }
  const holdPackages = async (all: readonly PackagesResource[], transport: Transport): Promise<void> => {
    const [first] = all
    if (!first?.pushed) return
    const { pushed } = first
    const name = systemOf(pushed)
    const names = [...new Set(all.flatMap((want) => want.names))].sort()
    say(`packages ${name}: ${names.join(' ')}`)
    const resolved = await resolvePackages(names, pushed, transport, supply, http, complain, signal)
    if (!resolved) return void gathered.refused.push(`packages ${name}`)
    for (const deb of resolved.debs) {
      if (await supply.bring(deb.digest, packagePlaces(deb, pushed), complain)) await hold([deb.digest])
      else gathered.refused.push(`${deb.name} ${deb.version}`)
    }
    gathered.systems[name] = resolved
  }
  for (const system of systems) {
    const wants = wantsOf(system)
    for (const want of wants.filter(isUploadable)) await holdUpload(want)
    await holdPackages(
      wants.filter((want) => want.kind === 'packages'),
      system.transport,
    )
  }
  return gathered
}
