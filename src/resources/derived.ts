import type { World } from '../cluster/world.ts'
import type { PairName } from '../cluster/secret-names.ts'
import type { CertificateFact, Facts } from '../hosts/facts.ts'
import { type Generation, publicFact, rotationOn, valuesIn } from './generations.ts'
import { dropPath, setPath } from './paths.ts'
import { isAuthority, isPair, NEXT_PATHS, SECRET_NAMES, SECRET_PATHS } from './secrets.ts'

/** Every list of CAs that some host trusts: their own copies, and kubeconfigs. */
const trustedLists = (world: World): (readonly CertificateFact[])[] =>
  Object.values(world).flatMap(({ paths }) => Object.values(paths).flatMap(({ authorities }) => (authorities ? [authorities] : [])))

/** The value that waits beside a secret while it is exchanged. */
const waiting = (facts: Facts, name: PairName): Generation | undefined => {
  const [main, key] = NEXT_PATHS[name]
  return facts.paths[key] && valuesIn(facts.paths[main], facts.paths[key].sha256 ?? '')[0]
}

/** The longest list of CAs with this one in it, as some host holds it. */
const listWith = (id: string, lists: readonly (readonly CertificateFact[])[]): readonly CertificateFact[] =>
  lists.filter((list) => list.some(({ key }) => key === id)).toSorted((a, b) => b.length - a.length)[0] ?? []

/**
 * The values that belong into the public part beside a key: its own, and the one that follows it. Once the new one is in use, the old one is trusted
 * for a while, and only a copy can tell it.
 */
const valuesBeside = (facts: Facts, name: PairName, world: World): readonly Generation[] => {
  const [, path = ''] = SECRET_PATHS[name]
  const { publicPart: own, sha256: keySum = '' } = facts.paths[path] ?? {}
  if (!own?.id) return []
  const next = waiting(facts, name)
  const follows = next && next.id !== own.id ? [next] : []
  if (!isAuthority(name)) return next?.id === own.id ? [] : [{ id: own.id, text: own.pem, keySum }, ...follows]
  const copies = listWith(own.id, trustedLists(world)).filter(({ key }) => next?.id === own.id || key === own.id)
  return copies.length === 0 ? [] : [...copies.map((one) => ({ id: one.key, text: one.pem, keySum, certificate: one })), ...follows]
}

const derivedOn = (facts: Facts, world: World): Facts =>
  SECRET_NAMES.filter(isPair)
    .filter((name) => rotationOn(facts, name) === undefined)
    .reduce((seen, name) => {
      const values = valuesBeside(facts, name, world)
      const [main = ''] = SECRET_PATHS[name]
      return values.length === 0 ? seen : setPath(seen, main, publicFact(main, values))
    }, facts)

/** The same world with the public parts in their places that were lost and can be told with certainty, from the key beside them. */
export const withDerived = (world: World): World =>
  Object.fromEntries(Object.entries(world).map(([host, facts]) => [host, derivedOn(facts, world)]))

/** Keys of another host than a control plane are of another cluster, or of another time: nothing is read from there. */
const withoutKeys = (facts: Facts): Facts =>
  SECRET_NAMES.flatMap((name) => (isPair(name) ? [SECRET_PATHS[name][1] ?? '', NEXT_PATHS[name][1]] : SECRET_PATHS[name]))
    .filter((path) => facts.paths[path])
    .reduce(dropPath, facts)

/** What the control planes hold of the shared secrets, whole or so that the rest can be told. `planes` are their keys. */
export const holdings = (planes: readonly string[], world: World): World =>
  withDerived(Object.fromEntries(Object.entries(world).map(([host, facts]) => [host, planes.includes(host) ? facts : withoutKeys(facts)])))
