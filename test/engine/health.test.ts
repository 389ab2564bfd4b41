import { expect, test } from 'vitest'
import { unitPath } from '../../src/cluster/unit-path.ts'
import type { World } from '../../src/cluster/world.ts'
import { type Health, healthOf } from '../../src/engine/health.ts'
import type { Facts, UnitFact } from '../../src/hosts/facts.ts'
import { scenarioNamed } from './scenarios.ts'
import { rotation } from './support.ts'

const { cluster, hosts, world } = scenarioNamed('one-plane-cn')
const PLANE = '10.0.0.11'
const WORKER = '10.0.0.21'
const answering = (facts: Facts): Facts =>
  facts.units.etcd ? { ...facts, etcd: { leader: true, size: 1, inUse: 1, quota: 0, alarms: [] } } : facts
const installed: World = Object.fromEntries(Object.entries(rotation(cluster, hosts, world)).map(([key, facts]) => [key, answering(facts)]))

const health = (seen: World): Health => healthOf(cluster, hosts, seen)
const wordsOf = (seen: World): string[] => health(seen).problems.map(({ what }) => what.en)
const changed = (key: string, change: (facts: Facts) => Partial<Facts>): World => {
  const facts = installed[key] as Facts
  return { ...installed, [key]: { ...facts, ...change(facts) } }
}
const withUnit = (key: string, name: string, unit: Partial<UnitFact>): World =>
  changed(key, ({ units }) => ({ units: { ...units, [name]: { ...(units[name] as UnitFact), ...unit } } }))
const unitsOn = (seen: World, key: string) => health(seen).hosts.find(({ member }) => member.key === key)?.units ?? {}

test('a cluster that is well: every unit its roles need is active, and nothing is said', () => {
  expect(wordsOf(installed)).toEqual([])
  expect(Object.keys(unitsOn(installed, WORKER)).sort()).toEqual(
    expect.arrayContaining(['containerd', 'kube-apiserver-balancer', 'kube-proxy', 'kubelet']),
  )
  expect(unitsOn(installed, WORKER)).not.toHaveProperty('etcd')
  expect(Object.keys(unitsOn(installed, PLANE))).toEqual(
    expect.arrayContaining(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet']),
  )
})

// What is missing must not be judged by what is there: a unit that is stopped and disabled has nothing to show for itself.
test.each<readonly [string, World, string]>([
  ['stopped and disabled', withUnit(WORKER, 'containerd', { active: 'inactive', enabled: false, file: 'disabled' }), 'containerd inactive'],
  ['masked', withUnit(WORKER, 'kubelet', { active: 'inactive', enabled: false, file: 'masked' }), 'kubelet masked'],
  ['masked while it runs', withUnit(WORKER, 'kubelet', { enabled: false, file: 'masked-runtime' }), 'kubelet masked'],
  ['running, and not at the next boot', withUnit(WORKER, 'kubelet', { enabled: false, file: 'disabled' }), 'kubelet disabled'],
  ['running a file that is no more', withUnit(WORKER, 'kube-proxy', { program: 'replaced' }), 'kube-proxy replaced'],
  [
    'without its file, though it still runs',
    changed(WORKER, ({ paths: { [unitPath('kubelet')]: _, ...paths } }) => ({ paths })),
    'kubelet missing',
  ],
  ['unknown to systemd', changed(WORKER, ({ units: { kubelet: _, ...units } }) => ({ units })), 'kubelet inactive'],
])('a unit that is %s is named, and it is an error', (_, seen, state) => {
  const { problems } = health(seen)
  expect(problems).toEqual([expect.objectContaining({ severity: 'error', exit: 3 })])
  expect(problems[0]?.what.en).toBe(`not as its roles need it: ${state}`)
  expect(problems[0]?.at).toContain(WORKER)
})

test('a node that is not Ready, and one that the cluster does not have', () => {
  const nodes = (installed[PLANE] as Facts).nodes
  const unready = changed(PLANE, () => ({ nodes: nodes.map((node) => (node.name === 'w1' ? { ...node, ready: false } : node)) }))
  expect(wordsOf(unready)).toEqual(['its node w1 is not Ready'])
  expect(wordsOf(changed(PLANE, () => ({ nodes: nodes.filter(({ name }) => name !== 'w1') })))).toEqual(['the cluster has no node w1'])
  expect(wordsOf(changed(PLANE, () => ({ nodes: [] })))).toHaveLength(3)
})

test('no list of nodes is not taken for an empty one: refused, silent and not installed are told apart', () => {
  const refused = changed(PLANE, () => ({ nodes: [], nodeList: 'refused', nodeListError: 'nodes is forbidden' }))
  expect(wordsOf(refused)).toEqual(['its API refused to list the nodes: nodes is forbidden'])
  expect(wordsOf(changed(PLANE, () => ({ nodes: [], nodeList: 'silent' })))).toEqual(['its API does not answer'])
  expect(wordsOf(changed(PLANE, () => ({ nodes: [], nodeList: 'unasked', api: 'down' })))).toEqual(['its API does not answer'])
  expect(wordsOf(world)).toContain('no cluster is installed here yet')
  for (const { severity } of health(refused).problems) expect(severity).toBe('error')
})

test('etcd that runs and does not answer', () => {
  expect(wordsOf(changed(PLANE, ({ etcd: _, ...facts }) => ({ ...facts, etcd: undefined as never })))).toEqual([
    'its etcd runs and does not answer',
  ])
})

test('a timer of backups that is stopped', () => {
  const backup = { schedule: 'daily', keep: 3, directory: '/backup', recipient: 'key.pem' }
  const config = { ...cluster.config, etcd_backup: backup as never }
  const found = healthOf({ ...cluster, config, files: { ...cluster.files, 'key.pem': 'KEY' } }, hosts, installed)
  expect(found.problems.map(({ what }) => what.en)).toEqual(['not as its roles need it: slipway-etcd-backup.timer missing'])
})
