import type { Facts, PathFact } from '../hosts/facts.ts'
import type { World } from '../cluster/world.ts'
import type { Text } from '../text.ts'
import { quote } from '../shell/quote.ts'
import { withDerived } from './derived.ts'
import { advanced, filesOf, type Generation, holdersOf, type Rotation, rotationOf, rotationOn, symbolOf } from './generations.ts'
import { heredoc } from '../shell/heredoc.ts'
import { dropPath, setPath } from './paths.ts'
import { isPair, landing, SECRET_PATHS, SIGNING_PATH } from './secrets.ts'
import type { Kind, Seen, SharedSecretResource, Stage } from './types.ts'

const modeOf = (path: string): string => (path.endsWith('.crt') || path.endsWith('.pub') ? '0644' : '0600')

const REASONS: Readonly<Record<Stage, Text>> = {
  settled: { en: 'its exchange is over', zh: '轮换已完成' },
  both: { en: 'a new one is trusted beside it', zh: '新旧两份同时受信任' },
  switched: { en: 'the new one is put to use', zh: '启用新的一份' },
  dropped: { en: 'the old one is trusted no more', zh: '不再信任旧的一份' },
}

/** Whether a file of a secret is as it should be. What is in a public part is compared by its values, a key by its digest. */
const asWanted = (seen: PathFact | undefined, wanted: PathFact): boolean => {
  if (!seen || seen.mode !== wanted.mode || seen.owner !== wanted.owner) return false
  if (!wanted.authorities) return seen.sha256 === wanted.sha256
  const keys = (fact: PathFact) => (fact.authorities ?? []).map(({ key }) => key).join(' ')
  return keys(seen) === keys(wanted)
}

const leftoversOn = (facts: Facts, files: Readonly<Record<string, PathFact>>, { name }: SharedSecretResource): string[] =>
  landing(name).filter((path) => facts.paths[path] && !files[path])

/** Where a secret comes from that is not whole on a host. */
const source = (facts: Facts, world: World, name: SharedSecretResource['name']): Text => {
  const [, key = ''] = SECRET_PATHS[name]
  if (facts.paths[key]?.publicPart?.id === rotationOf(world, name)?.signer.id && isPair(name))
    return { en: 'its public part follows from the key that is here', zh: '其公开部分可由此处的私钥得出' }
  return SECRET_PATHS[name].some((path) => facts.paths[path])
    ? { en: 'what is here is not whole, and other control planes have it', zh: '此处的内容不完整，其他控制平面已有它' }
    : { en: 'other control planes have it', zh: '其他控制平面已有它' }
}

/** Where the secret will stand once this resource is in place everywhere. */
const aim = (want: SharedSecretResource, { facts, world }: Pick<Seen, 'facts' | 'world'>): Rotation => {
  const now = rotationOf(withDerived(world), want.name)
  if (!now) return { stage: 'settled', signer: symbolOf(want.name, facts.now, world) }
  return now.stage === want.stage ? now : advanced(want.name, now, symbolOf(want.name, facts.now, world, now.signer))
}

/** The facts of a control plane with a secret in its place. */
export const placed = (facts: Facts, want: Pick<SharedSecretResource, 'name'>, rotation: Rotation): Facts => {
  const files = filesOf(want.name, rotation)
  const cleared = landing(want.name).reduce((seen, path) => (files[path] ? seen : dropPath(seen, path)), facts)
  return Object.entries(files).reduce((seen, [path, fact]) => setPath(seen, path, fact), cleared)
}

export const sharedSecret: Kind<SharedSecretResource> = {
  id: (want) => `shared-secret ${want.name}`,
  touches: ({ name, stage, leftovers }) => {
    const [main = '', ...keys] = SECRET_PATHS[name]
    if (leftovers) return []
    const signing = name === 'ca' ? [SIGNING_PATH] : []
    if (stage === 'settled') return [main, ...keys]
    return stage === 'switched' ? [...(keys.length > 0 ? keys : [main]), ...signing] : [main, ...signing]
  },
  diff: (want, { facts, world }) => {
    if (holdersOf(world, want.name).length === 0)
      return { verb: 'create', reason: { en: 'no control plane has it yet', zh: '所有控制平面都还没有它' } }
    if (rotationOn(facts, want.name) === undefined) return { verb: 'create', reason: source(facts, world, want.name) }
    const files = filesOf(want.name, aim(want, { facts, world }))
    const differs = Object.entries(files).some(([path, fact]) => !asWanted(facts.paths[path], fact))
    return differs || leftoversOn(facts, files, want).length > 0 ? { verb: 'update', reason: REASONS[want.stage] } : undefined
  },
  produce: (want, vault) => vault.secret(want.name),
  script: ({ name }, { verb }, payload) => {
    const files = landing(name)
    const gone = verb === 'create' ? [] : files.filter((path) => payload[path] === undefined)
    return [
      ...files.flatMap((path) =>
        payload[path] === undefined ? [] : [heredoc(`put ${path} ${modeOf(path)} root:root`, payload[path] ?? '')],
      ),
      gone.length > 0 ? `rm -f ${gone.map(quote).join(' ')}\n` : '',
    ].join('')
  },
  after: (want, { facts, world }) => placed(facts, want, aim(want, { facts, world })),
}

/** The world as it will be when the exchange of a secret has gone one step further on all control planes. `next`: the value that follows, where it is known. */
export const stepOn = (world: Readonly<Record<string, Facts>>, name: SharedSecretResource['name'], next?: Generation): typeof world => {
  const now = rotationOf(world, name)
  if (!now) return world
  const holders = holdersOf(world, name)
  const to = advanced(name, now, next ?? symbolOf(name, world[holders[0] ?? '']?.now ?? 0, world, now.signer))
  return Object.fromEntries(
    Object.entries(world).map(([host, facts]) => [host, holders.includes(host) ? placed(facts, { name }, to) : facts]),
  )
}
