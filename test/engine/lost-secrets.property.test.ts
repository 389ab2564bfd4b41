import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plan, simulate } from '../../src/engine/plan.ts'
import type { World } from '../../src/cluster/world.ts'
import type { SecretName } from '../../src/cluster/secret-names.ts'
import { holdersOf, rotationOf } from '../../src/resources/generations.ts'
import { dropPath, setPath } from '../../src/resources/paths.ts'
import { isPair, SECRET_NAMES, SECRET_PATHS } from '../../src/resources/secrets.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'
import { converge, inOrder } from './support.ts'

const FILES = SECRET_NAMES.flatMap((name) => SECRET_PATHS[name])
const planesOf = ({ hosts }: Scenario): string[] => hosts.filter(({ roles }) => roles.controlPlane).map(({ key }) => key)

/** How a file can be lost: gone, or there and worth nothing. */
type Way = 'gone' | 'garbage' | 'directory'
type Loss = Readonly<{ host: string; path: string; way: Way }>

const lose = (world: World, { host, path, way }: Loss): World => {
  const facts = world[host]
  const fact = facts?.paths[path]
  if (!facts || !fact) return world
  const { text: _, certificate: __, authorities: ___, publicPart: ____, ...bare } = fact
  const key = path.endsWith('.key') ? { publicPart: { id: '', pem: '' } } : { text: 'garbage\n' }
  const broken =
    way === 'garbage'
      ? { ...bare, sha256: '0'.repeat(64), ...(path.endsWith('.yaml') ? {} : key) }
      : { ...bare, type: 'directory' as const }
  if (way === 'directory') delete (broken as { sha256?: string }).sha256
  return { ...world, [host]: way === 'gone' ? dropPath(facts, path) : setPath(facts, path, broken) }
}

const losses = (one: Scenario): fc.Arbitrary<readonly Loss[]> =>
  fc.array(
    fc.record({
      host: fc.constantFrom(...planesOf(one)),
      path: fc.constantFrom(...FILES),
      way: fc.constantFrom<Way>('gone', 'garbage', 'directory'),
    }),
    { minLength: 1, maxLength: 25 },
  )

const signers = (world: World): Partial<Record<SecretName, string>> =>
  Object.fromEntries(
    SECRET_NAMES.map((name) => [name, JSON.stringify([rotationOf(world, name)?.signer.id, rotationOf(world, name)?.signer.keySum])]),
  )

/** The private part, which nothing else tells. */
const keyFile = (name: SecretName): string => SECRET_PATHS[name].at(-1) ?? ''

describe.each(SCENARIOS)('$name', (one) => {
  const { cluster, hosts } = one
  const { world: installed } = converge(cluster, hosts, one.world)

  test('whatever is lost of a cluster that exists: refused, or every secret is the one it was', () => {
    const before = signers(installed)
    fc.assert(
      fc.property(losses(one), (lost) => {
        const world = lost.reduce(lose, installed)
        const { changes, problems } = plan(cluster, hosts, world)
        const errors = problems.filter(({ severity }) => severity === 'error')
        if (errors.length > 0) {
          expect(changes).toEqual([])
          expect(errors.map(({ exit }) => exit)).toEqual([3])
          return
        }
        const after = simulate(world, inOrder(changes))
        expect(signers(after)).toEqual(before)
        for (const name of SECRET_NAMES) expect(holdersOf(after, name)).toEqual(planesOf(one).toSorted())
        expect(plan(cluster, hosts, after).changes).toEqual([])
      }),
      { numRuns: 20 },
    )
  })

  test.each(SECRET_NAMES)('%s lost on all control planes: exit 3, no change', (name) => {
    for (const path of [keyFile(name)]) {
      const world = planesOf(one).reduce((seen, host) => lose(seen, { host, path, way: 'gone' }), installed)
      const { changes, problems } = plan(cluster, hosts, world)
      expect(changes).toEqual([])
      expect(problems.filter(({ severity }) => severity === 'error').map(({ exit, what }) => [exit, what.en.includes(path)])).toEqual([
        [3, true],
      ])
    }
  })

  test.each(SECRET_NAMES.filter(isPair))('the public part of %s lost on all control planes is told from its key', (name) => {
    const path = SECRET_PATHS[name][0] ?? ''
    const world = planesOf(one).reduce((seen, host) => lose(seen, { host, path, way: 'gone' }), installed)
    const { changes, problems } = plan(cluster, hosts, world)
    // Only the control planes have the front proxy's CA.
    if (
      name === 'front-proxy-ca' ||
      (name === 'etcd-ca' &&
        planesOf(one).length === hosts.filter(({ roles }) => roles.etcd).length &&
        hosts.every(({ roles }) => !roles.etcd || roles.controlPlane))
    ) {
      expect(problems.filter(({ severity }) => severity === 'error').map(({ exit }) => exit)).toEqual([3])
      return
    }
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(rotationOf(simulate(world, inOrder(changes)), name)).toEqual(rotationOf(installed, name))
  })

  test('all of them at once, with their folder, and the control planes bare again: no new ones', () => {
    const all = FILES.reduce((seen, path) => planesOf(one).reduce((now, host) => lose(now, { host, path, way: 'gone' }), seen), installed)
    const bare = { ...installed, ...Object.fromEntries(planesOf(one).map((host) => [host, one.world[host]])) } as World
    const lonely = Object.keys(bare).every((host) => planesOf(one).includes(host))
    for (const world of lonely ? [all] : [all, bare]) {
      const { changes, problems } = plan(cluster, hosts, world)
      expect(changes).toEqual([])
      expect(
        problems.some(
          ({ severity, exit, what }) =>
            severity === 'error' && exit === 3 && /keys of the cluster on .* are lost|belongs to the cluster/.test(what.en),
        ),
      ).toBe(true)
    }
  })
})

test('two clusters have two CAs, also where they are symbols', () => {
  const [one, two] = SCENARIOS.map(({ cluster, hosts, world }) => rotationOf(converge(cluster, hosts, world).world, 'ca')?.signer)
  expect(one?.id).not.toBe(two?.id)
  expect(one?.certificate?.key).not.toBe(two?.certificate?.key)
})
