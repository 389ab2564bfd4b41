import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plan, simulate } from '../../src/engine/plan.ts'
import type { Change } from '../../src/engine/change.ts'
import { type Stage, stagesOf } from '../../src/engine/stages.ts'
import type { World } from '../../src/cluster/world.ts'
import { authoritiesOf, authorityOf, conflicts, rotationOf } from '../../src/resources/generations.ts'
import { SECRET_NAMES } from '../../src/resources/secrets.ts'
import type { SecretName } from '../../src/cluster/secret-names.ts'
import { SCENARIOS, type Scenario, scenarioNamed } from './scenarios.ts'
import { changesFor, converge, inOrder } from './support.ts'

const stageOf = (world: World, name: SecretName): string | undefined => rotationOf(world, name)?.stage

/** What one run of an exchange does, and the world after it. */
const advance = ({ cluster, hosts }: Scenario, world: World, exchange: readonly SecretName[]) => {
  const changes = changesFor({ ...cluster, exchange }, hosts, world)
  return { changes, world: simulate(world, inOrder(changes)) }
}

/** The worlds at the end of each run of an exchange, from before the first to after the last. */
const wholeWay = (one: Scenario, exchange: readonly SecretName[]): World[] => {
  const worlds = [converge(one.cluster, one.hosts, one.world).world]
  for (let run = 0; run < 4; run++) {
    const last = worlds.at(-1) as World
    if (run > 0 && exchange.every((name) => stageOf(last, name) === 'settled')) break
    worlds.push(advance(one, last, exchange).world)
  }
  return worlds
}

const stoppedAt = (stages: readonly Stage[], stage: number, done: readonly number[]): Change[] => [
  ...stages.slice(0, stage).flatMap(({ batches }) => batches.flatMap(({ changes }) => changes)),
  ...(stages[stage]?.batches ?? []).flatMap(({ changes }, index) => changes.slice(0, (done[index] ?? 0) % (changes.length + 1))),
]

const CASES: readonly (readonly [string, readonly SecretName[], number])[] = [
  ['the CA', ['ca'], 4],
  ['all CAs', ['ca', 'etcd-ca', 'front-proxy-ca'], 4],
  ['the service-account key', ['sa'], 4],
  ['the encryption key', ['encryption'], 3],
]

describe.each(SCENARIOS)('$name', (one) => {
  const { cluster, hosts } = one

  test.each(CASES)('%s: every run ends where the next plan is empty, and the last one where nothing waits', (_, exchange, runs) => {
    const worlds = wholeWay(one, exchange)
    expect(worlds.length - 1).toBe(runs)
    for (const world of worlds) {
      const left = plan(cluster, hosts, world)
      expect(left.changes.map(({ host, id, difference }) => `${host} ${id}: ${difference.reason.en}`)).toEqual([])
      for (const name of SECRET_NAMES) expect(conflicts(world, name)).toEqual([])
    }
    expect(exchange.map((name) => stageOf(worlds.at(-1) as World, name))).toEqual(exchange.map(() => 'settled'))
    for (const name of exchange) {
      const [before, after] = [worlds[0], worlds.at(-1)].map((world) => rotationOf(world as World, name)?.signer.id)
      expect(after).not.toBe(before)
    }
  })

  test('nothing a plan writes depends on a value that is only drawn while applying', () => {
    const names = ['ca', 'etcd-ca', 'front-proxy-ca', 'sa'] as const
    const { changes } = advance(one, converge(cluster, hosts, one.world).world, names)
    expect(JSON.stringify(changes)).not.toContain('next to')
  })

  test('no leaf is ever signed by a CA that some host does not trust, and at the end all by the new one', () => {
    const worlds = wholeWay(one, ['ca', 'etcd-ca', 'front-proxy-ca'])
    const leaves = (world: World) =>
      Object.values(world).flatMap(({ paths }) =>
        Object.values(paths).flatMap(({ certificate }) => (certificate?.authority === false ? [certificate.issuer] : [])),
      )
    for (const [index, world] of worlds.entries()) {
      const trustedBefore = new Set(
        (['ca', 'etcd-ca', 'front-proxy-ca'] as const).flatMap((name) =>
          authoritiesOf(worlds[index - 1] ?? world, name).map(({ key }) => key),
        ),
      )
      for (const issuer of leaves(world)) expect([...trustedBefore]).toContain(issuer)
    }
    const end = worlds.at(-1) as World
    const now = new Set((['ca', 'etcd-ca', 'front-proxy-ca'] as const).map((name) => authorityOf(end, name)?.key))
    expect(new Set(leaves(end))).toEqual(now)
    const trusted = Object.values(end).flatMap(({ paths }) =>
      Object.values(paths).flatMap(({ authorities = [] }) => authorities.map(({ key }) => key)),
    )
    expect(new Set(trusted)).toEqual(now)
  })

  test.each(CASES)('%s: stopped anywhere, going on ends where an undisturbed run does', (_, exchange) => {
    const worlds = wholeWay(one, exchange)
    fc.assert(
      fc.property(
        fc.nat(worlds.length - 2),
        fc.nat(20),
        fc.array(fc.nat(200), { minLength: hosts.length, maxLength: hosts.length }),
        (run, stage, done) => {
          const from = worlds[run] as World
          const { changes } = advance(one, from, exchange)
          const stages = stagesOf(changes)
          const cut = simulate(from, stoppedAt(stages, stage % stages.length, done))
          for (const name of exchange) expect(conflicts(cut, name)).toEqual([])
          const { world: found } = converge(cluster, hosts, cut)
          // Where nothing of the run was begun, there is nothing to finish: the run itself is what follows.
          const begun = exchange.some((name) => stageOf(found, name) !== stageOf(from, name))
          const next = begun ? found : advance(one, found, exchange).world
          // One secret may have been begun and the others not: they follow in the next run.
          const behind = exchange.filter((name) => stageOf(next, name) === stageOf(from, name))
          const end = behind.length > 0 && begun ? advance(one, next, behind).world : next
          expect(end).toEqual(worlds[run + 1])
        },
      ),
      { numRuns: 15 },
    )
  })
})

describe('what restarts', () => {
  const one = scenarioNamed('three-planes-none')

  const restarts = (changes: readonly Change[]): string[] => [
    ...new Set(changes.flatMap(({ want, difference }) => (want.kind === 'unit' && difference.verb === 'restart' ? [want.name] : []))),
  ]

  test('for the etcd CA only etcd and who asks it', () => {
    const worlds = wholeWay(one, ['etcd-ca'])
    const runs = worlds.slice(0, -1).map((world) => restarts(advance(one, world, ['etcd-ca']).changes))
    expect(runs).toEqual([['etcd', 'kube-apiserver'], ['etcd', 'kube-apiserver'], ['etcd', 'kube-apiserver'], []])
  })

  test('for the encryption key only the API servers', () => {
    const worlds = wholeWay(one, ['encryption'])
    expect(worlds.slice(0, -1).map((world) => restarts(advance(one, world, ['encryption']).changes))).toEqual([
      ['kube-apiserver'],
      ['kube-apiserver'],
      ['kube-apiserver'],
    ])
  })

  test('one control plane at a time', () => {
    const worlds = wholeWay(one, ['ca'])
    for (const world of worlds.slice(0, -1)) {
      const stages = stagesOf(advance(one, world, ['ca']).changes)
      for (const { batches } of stages) {
        const hostsOf = batches.filter(({ changes }) => restarts(changes).some((unit) => unit === 'etcd' || unit === 'kube-apiserver'))
        expect(hostsOf.length).toBeLessThanOrEqual(1)
      }
    }
  })
})

test('a CA of the user never takes the place of another by itself; its exchange may begin', () => {
  const one = scenarioNamed('three-planes-none')
  const installed = converge(one.cluster, one.hosts, one.world).world
  const drawn = authorityOf(installed, 'ca')
  if (!drawn) throw new Error('no CA')
  const cluster = { ...one.cluster, authorities: { ca: { ...drawn, commonName: 'Example Corp', key: 'f'.repeat(64) } } }
  const [alone, asked] = [plan(cluster, one.hosts, installed), plan({ ...cluster, rotates: ['ca'] }, one.hosts, installed)]
  expect(alone.problems.map(({ what, exit }) => [what.en, exit])).toEqual([[expect.stringContaining('the cluster has another CA'), 2]])
  expect(asked).toEqual({ changes: [], problems: [] })
})
