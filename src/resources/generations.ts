import type { World } from '../cluster/world.ts'
import { publicKeyDigest, sha256 } from '../digest.ts'
import type { CertificateFact, Facts, PathFact } from '../hosts/facts.ts'
import { isAuthority, isPair, NEXT_PATHS, SECRET_PATHS, SIGNING_PATH } from './secrets.ts'
import type { Stage } from './types.ts'
import type { AuthorityName, PairName, SecretName } from '../cluster/secret-names.ts'

/** One value of a shared secret. `text` is its public part; `keySum` the digest of its key's file ('' while only the next run will know it). */
export type Generation = Readonly<{ id: string; text: string; keySum: string; certificate?: CertificateFact }>

/** Where a shared secret stands: `signer` is in use; `other` is trusted beside it, because it is coming or going. */
export type Rotation = Readonly<{ stage: Stage; signer: Generation; other?: Generation }>

const PEM = /-----BEGIN ([A-Z ]+)-----[\s\S]+?-----END \1-----\n?/g

const ofCertificate = (certificate: CertificateFact, keySum: string): Generation => ({
  id: certificate.key,
  text: certificate.pem,
  keySum,
  certificate,
})

/** The values in a public part: certificates of a CA, or public keys. */
export const valuesIn = (fact: PathFact | undefined, keySum: string): Generation[] => {
  if (!fact) return []
  if (fact.certificate)
    return (fact.authorities ?? [fact.certificate]).flatMap((one) => (one.authority ? [ofCertificate(one, keySum)] : []))
  const keys = [...(fact.text ?? '').matchAll(PEM)].map(([text]) => ({ id: publicKeyDigest(text), text, keySum }))
  return keys
}

/** Whether a key belongs to one of these values, as far as its host can tell. */
const belongs = (key: PathFact | undefined, values: readonly Generation[]): boolean =>
  key?.publicPart === undefined || values.some(({ id }) => id === key.publicPart?.id)

const pairOn = (facts: Facts, name: PairName): Rotation | undefined => {
  const [main = '', key = ''] = SECRET_PATHS[name]
  const [nextMain, nextKey] = NEXT_PATHS[name]
  const keySum = facts.paths[key]?.sha256
  const nextSum = facts.paths[nextKey]?.sha256
  const here = valuesIn(facts.paths[main], keySum ?? '')
  const [first] = here
  if (!first || keySum === undefined || !belongs(facts.paths[key], here)) return undefined
  const [next] = nextSum === undefined ? [] : valuesIn(facts.paths[nextMain], nextSum)
  const old = here.find(({ id }) => id !== next?.id)
  if (!next) return { stage: 'settled', signer: first }
  if (keySum !== nextSum) return { stage: 'both', signer: old ?? first, other: next }
  return old ? { stage: 'switched', signer: next, other: { ...old, keySum: '' } } : { stage: 'dropped', signer: next }
}

/** Names of encryption keys count up: "key1" is older than "key2". The probe prints the names alone. */
const numberOf = (id: string): number => Number(/\d+$/.exec(id)?.[0] ?? 1)

const encryptionOn = (facts: Facts): Rotation | undefined => {
  const fact = facts.paths[SECRET_PATHS.encryption[0] ?? '']
  if (!fact) return undefined
  const [first, second] = (fact.text ?? '').split('\n').filter(Boolean)
  if (first === undefined) return undefined
  const of = (id: string): Generation => ({ id, text: `${id}\n`, keySum: fact.sha256 ?? '' })
  if (second === undefined) return { stage: 'settled', signer: of(first) }
  return { stage: numberOf(first) < numberOf(second) ? 'both' : 'switched', signer: of(first), other: of(second) }
}

/** Where a secret stands on one host; undefined unless it is there whole. */
export const rotationOn = (facts: Facts | undefined, name: SecretName): Rotation | undefined => {
  if (!facts) return undefined
  return isPair(name) ? pairOn(facts, name) : encryptionOn(facts)
}

/** The hosts that hold a secret whole, in name order. */
export const holdersOf = (world: World, name: SecretName): string[] =>
  Object.keys(world)
    .sort()
    .filter((host) => rotationOn(world[host], name) !== undefined)

type Ranked = Readonly<{ host: string; rotation: Rotation; rank: number }>

const RANKS: Readonly<Record<Stage, number>> = { settled: 0, both: 1, switched: 2, dropped: 3 }

/** The holders by how far each is on the way from one value to the next: a run that was cut off leaves neighbours on that way. */
const ranked = (world: World, name: SecretName): Ranked[] => {
  const held = holdersOf(world, name).flatMap((host) => {
    const rotation = rotationOn(world[host], name)
    return rotation ? [{ host, rotation }] : []
  })
  const coming = held.map(
    ({ rotation: { stage, signer, other } }) => (stage === 'both' ? other : stage === 'settled' ? undefined : signer)?.id,
  )
  const arrived = isPair(name) ? 4 : 3
  return held.map(({ host, rotation }) => {
    const there = rotation.stage === 'settled' && coming.includes(rotation.signer.id)
    return { host, rotation, rank: there ? arrived : RANKS[rotation.stage] }
  })
}

/** What all control planes are to hold: what the foremost of them holds. undefined while none holds anything. */
export const rotationOf = (world: World, name: SecretName): Rotation | undefined =>
  ranked(world, name).toSorted((a, b) => b.rank - a.rank)[0]?.rotation

/** The foremost holder of a secret, to read it from. */
export const sourceOf = (world: World, name: SecretName): string | undefined =>
  ranked(world, name).toSorted((a, b) => b.rank - a.rank)[0]?.host

/** All values that are trusted, the older first: the order in which a bundle holds them. */
export const trusted = ({ stage, signer, other }: Rotation): readonly Generation[] => {
  if (!other) return [signer]
  return stage === 'both' ? [signer, other] : [other, signer]
}

/** The hosts between which a secret differs in a way that no cut-off run explains: nothing may be signed until a person has decided. */
export const conflicts = (world: World, name: SecretName): string[] => {
  const all = ranked(world, name)
  const ranks = all.map(({ rank }) => rank)
  const far = Math.max(...ranks) - Math.min(...ranks) > 1
  const valuesAt = (rank: number) =>
    new Set(
      all
        .filter((one) => one.rank === rank)
        .map(({ rotation }) => [...trusted(rotation)].map(({ id }) => id).join(' ') + rotation.signer.keySum),
    )
  return all.length > 0 && (far || ranks.some((rank) => valuesAt(rank).size > 1)) ? all.map(({ host }) => host) : []
}

/** The certificate of a CA that signs; undefined while it has not been minted. */
export const authorityOf = (world: World, name: AuthorityName): CertificateFact | undefined => rotationOf(world, name)?.signer.certificate

/** The certificates by which what a CA signs is recognised now. */
export const authoritiesOf = (world: World, name: AuthorityName): readonly CertificateFact[] =>
  [rotationOf(world, name)].flatMap((rotation) => (rotation ? trusted(rotation) : [])).flatMap(({ certificate }) => certificate ?? [])

const isPublic = (path: string): boolean => path.endsWith('.crt') || path.endsWith('.pub')
const fileFact = (path: string, sum: string): PathFact => ({
  type: 'file',
  mode: isPublic(path) ? '0644' : '0600',
  owner: 'root:root',
  sha256: sum,
})
const keyFact = (path: string, { id, text, keySum }: Generation): PathFact => ({ ...fileFact(path, keySum), publicPart: { id, pem: text } })

/** The public part of a secret, as a fact. */
export const publicFact = (path: string, values: readonly Generation[]): PathFact => {
  const text = values.map((value) => value.text).join('')
  const certificates = values.flatMap(({ certificate }) => certificate ?? [])
  const [certificate] = certificates
  return { ...fileFact(path, sha256(text)), text, ...(certificate ? { certificate, authorities: certificates } : {}) }
}

/** The files of a secret on a control plane, as facts. */
export const filesOf = (name: SecretName, rotation: Rotation): Readonly<Record<string, PathFact>> => {
  const { stage, signer, other } = rotation
  const [main = '', key = ''] = SECRET_PATHS[name]
  if (!isPair(name)) {
    const names = other ? [signer, other] : [signer]
    return { [main]: { ...fileFact(main, signer.keySum), text: names.map(({ id }) => `${id}\n`).join('') } }
  }
  const [nextMain, nextKey] = NEXT_PATHS[name]
  const next = stage === 'both' ? other : stage === 'settled' ? undefined : signer
  return {
    [main]: publicFact(main, trusted(rotation)),
    [key]: keyFact(key, signer),
    ...(next ? { [nextMain]: publicFact(nextMain, [next]), [nextKey]: keyFact(nextKey, next) } : {}),
    ...(name === 'ca' && other ? { [SIGNING_PATH]: publicFact(SIGNING_PATH, [signer]) } : {}),
  }
}

/** What tells the values of one cluster from those of another, for as long as they are symbols. */
const clusterTag = (world: World): string => world[Object.keys(world).sort()[0] ?? '']?.machineId ?? ''

/** A value that does not exist yet: nothing real can be confused with it. `before`: the value that it follows. */
export const symbolOf = (name: SecretName, now: number, world: World, before?: Generation): Generation => {
  const tag = clusterTag(world)
  if (!isPair(name)) {
    const id = `key${before ? numberOf(before.id) + 1 : 1}`
    return { id, text: `${id}\n`, keySum: sha256(`symbol of ${id} in ${tag}`) }
  }
  const id = before ? `next to ${before.id}` : `symbol ${name} in ${tag}`
  const label = isAuthority(name) ? 'CERTIFICATE' : 'PUBLIC KEY'
  const text = `-----BEGIN ${label}-----\n${id}\n-----END ${label}-----\n`
  const keySum = sha256(`key of ${id}`)
  if (!isAuthority(name)) return { id: publicKeyDigest(text), text, keySum }
  return {
    id,
    text,
    keySum,
    certificate: {
      commonName: name,
      organizations: [],
      sans: [],
      usages: [],
      notBefore: now,
      notAfter: now + 10 * 365 * 86400,
      authority: true,
      key: id,
      issuer: id,
      pem: text,
    },
  }
}

/** The next place on the way: from one value to both, to signing with the other, to trusting it alone, to being done. */
export const advanced = (name: SecretName, rotation: Rotation, next: Generation): Rotation => {
  const { stage, signer, other } = rotation
  // One file holds all of it, so each step has a digest of its own.
  const of = (one: Generation, step: string): Generation =>
    isPair(name) ? one : { ...one, keySum: sha256(`symbol of ${step} ${next.id}`) }
  if (stage === 'settled') return { stage: 'both', signer: of(signer, 'both'), other: next }
  if (stage === 'both' && other) return { stage: 'switched', signer: of(other, 'switched'), other: signer }
  return { stage: stage === 'dropped' || !isPair(name) ? 'settled' : 'dropped', signer: of(signer, 'dropped') }
}
