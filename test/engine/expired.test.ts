import { beforeAll, expect, test } from 'vitest'
import type { Change } from '../../src/engine/change.ts'
import { stagesOf } from '../../src/engine/stages.ts'
import type { World } from '../../src/cluster/world.ts'
import type { PathFact } from '../../src/hosts/facts.ts'
import { scenarioNamed } from './scenarios.ts'
import { changesFor, converge } from './support.ts'

// Three control planes whose leaves have all ended: no etcd member finds another to be ready with, so they cannot be restarted one by one.

const { cluster, hosts, world } = scenarioNamed('three-planes-none')

const ended = (fact: PathFact, now: number): PathFact =>
  fact.certificate && !fact.certificate.authority ? { ...fact, certificate: { ...fact.certificate, notAfter: now - 60 } } : fact

const afterTheEnd = (healthy: World): World =>
  Object.fromEntries(
    Object.entries(healthy).map(([key, facts]) => [
      key,
      {
        ...facts,
        api: 'down' as const,
        nodes: [],
        manifests: {},
        etcdMembers: [],
        etcdData: facts.units.etcd?.active === 'active',
        paths: Object.fromEntries(Object.entries(facts.paths).map(([path, fact]) => [path, ended(fact, facts.now)])),
      },
    ]),
  )

const units = (changes: readonly Change[], name: string): Change[] => changes.filter(({ id }) => id === `unit ${name}`)

let changes: readonly Change[]
beforeAll(() => {
  changes = changesFor(cluster, hosts, afterTheEnd(converge(cluster, hosts, world).world))
})

test('every leaf is made anew, and no CA', () => {
  const healthy = converge(cluster, hosts, world).world
  const leaves = Object.values(healthy).flatMap(({ paths }) =>
    Object.values(paths).filter(({ certificate }) => certificate?.authority === false),
  )
  expect(changes.filter(({ want }) => want.kind === 'certificate').length).toBe(leaves.length)
  expect(changes.filter(({ want }) => want.kind === 'shared-secret' || want.kind === 'trust')).toEqual([])
})

test.each(['etcd', 'kube-apiserver'])('all %s start in one stage: none of them can serve without the others', (name) => {
  const stages = stagesOf(changes).filter(({ batches }) => batches.some((batch) => units(batch.changes, name).length > 0))
  expect(stages.length).toBe(1)
  expect(stages[0]?.batches.filter((batch) => units(batch.changes, name).length > 0).length).toBe(3)
  expect(units(changes, name).map(({ difference }) => difference.verb)).toEqual(['start', 'start', 'start'])
})

test('bottom-up: etcd, then the API servers, then what asks them, then the nodes', () => {
  const order = stagesOf(changes).flatMap(({ batches }) => batches.flatMap((batch) => batch.changes.map(({ id }) => id)))
  const first = (name: string): number => order.indexOf(`unit ${name}`)
  const last = (name: string): number => order.lastIndexOf(`unit ${name}`)
  expect(last('etcd')).toBeLessThan(last('kube-apiserver'))
  expect(last('kube-apiserver')).toBeLessThan(last('kube-controller-manager'))
  expect(last('kube-controller-manager')).toBeLessThan(first('kubelet'))
})

test('where one member alone has ended, it starts before any that serves is restarted', () => {
  const healthy = converge(cluster, hosts, world).world
  const [key = ''] = Object.keys(healthy).toSorted().slice(1)
  const facts = healthy[key]
  if (!facts) throw new Error('no host')
  const one = { ...healthy, [key]: afterTheEnd({ [key]: facts })[key] ?? facts }
  const stages = stagesOf(changesFor({ ...cluster, renew: true }, hosts, one)).filter(({ batches }) =>
    batches.some((batch) => units(batch.changes, 'etcd').length > 0),
  )
  expect(stages.map(({ batches }) => batches.map(({ host }) => host))[0]).toEqual([key])
  expect(stages.length).toBe(3)
})
