import { expect, test } from 'vitest'
import { membersOf } from '../../../src/cluster/members.ts'
import type { World } from '../../../src/cluster/world.ts'
import { plan } from '../../../src/engine/plan.ts'
import type { Facts } from '../../../src/hosts/facts.ts'
import { identityProblems } from '../../../src/steps/preflight/identity.ts'
import { clusterOf, hostLike } from '../../engine/scenarios.ts'
import { A, B, bare, type Draft, facts, installed, withNode, worldA, worldB, yamlOf } from '../../engine/two-clusters.ts'

/** What the plan of this file says of a world, as "exit what / fix". */
const said = (draft: Draft, world: World): string[] => {
  const { cluster, hosts } = clusterOf(yamlOf(draft))
  const { changes, problems } = plan(cluster, hosts, world)
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) expect(changes).toEqual([])
  return errors.map(({ at, what, fix, exit }) => `${exit} ${at}: ${what.en}. ${fix.en}`)
}
const without = (one: Facts, ...gone: RegExp[]): Facts => ({
  ...one,
  paths: Object.fromEntries(Object.entries(one.paths).filter(([path]) => !gone.some((pattern) => pattern.test(path)))),
})

test('a cluster as it was installed is of one piece', () => {
  expect(said(A, worldA)).toEqual([])
  expect(said(B, worldB)).toEqual([])
})

test('a worker of another cluster is not touched: both clusters are named', () => {
  const [problem, ...more] = said(withNode(A, '10.0.1.21', 'a-w2', 'worker'), { ...worldA, '10.0.1.21': facts(worldB, '10.0.1.21') })
  expect(more).toEqual([])
  expect(problem).toMatch(
    /^3 root@10\.0\.1\.21:22: it belongs to the cluster b \(CA bbbbbbbb, nodes b-w1\), and the control planes of this file to the cluster a \(CA aaaaaaaa, nodes a-cp, a-w1\)\. Correct its entry \(cluster\.yml:\d+:\d+ nodes\[2\]\)\./,
  )
})

test.each([
  ['without its record', [/^\/var\/lib\/slipway\/cluster$/]],
  ['with nothing but its certificate', [/^\/var\/lib\/slipway\/cluster$/, /^\/etc\/kubernetes/]],
  ['with nothing but its record', [/^\/etc\/kubernetes/, /^\/var\/lib\/kubelet/]],
])('so is one %s', (_, gone) => {
  const stranger = without(facts(worldB, '10.0.1.21'), ...gone)
  expect(said(withNode(A, '10.0.1.21', 'a-w2', 'worker'), { ...worldA, '10.0.1.21': stranger })).toEqual([
    expect.stringMatching(/^3 root@10\.0\.1\.21:22: it belongs to the cluster.*CA bbbbbbbb/),
  ])
})

test('a certificate of a CA that nobody shows is another cluster too', () => {
  const stranger = without(facts(worldB, '10.0.1.21'), /^\/var\/lib\/slipway\/cluster$/, /^\/etc\/kubernetes/)
  const unknown = Object.fromEntries(
    Object.entries(stranger.paths).map(([path, fact]) => [
      path,
      fact.certificate ? { ...fact, certificate: { ...fact.certificate, issuer: '' } } : fact,
    ]),
  )
  expect(said(withNode(A, '10.0.1.21', 'a-w2', 'worker'), { ...worldA, '10.0.1.21': { ...stranger, paths: unknown } })).toEqual([
    expect.stringContaining('it belongs to the cluster (CA unknown, nodes b-w1)'),
  ])
})

test("another cluster's control plane as a worker: no advice destroys it, and ours is not blamed", () => {
  const [problem = '', ...more] = said(withNode(A, '10.0.1.11', 'a-w2', 'worker'), { ...worldA, '10.0.1.11': facts(worldB, '10.0.1.11') })
  expect(more).toEqual([])
  expect(problem).toMatch(/^3 root@10\.0\.1\.11:22: it belongs to the cluster b .*It holds the keys of that cluster/)
  expect(problem).not.toContain('slipway reset')
})

test('an old certificate of another cluster beside the CA of this one makes no host of both', () => {
  const w1 = facts(worldA, '10.0.0.21')
  const old = '/var/lib/kubelet/pki/kubelet-client-2025-01-01-00-00-00.pem'
  const stale = facts(worldB, '10.0.1.21').paths['/var/lib/kubelet/pki/kubelet-client-slipway.pem'] ?? expect.fail('no certificate')
  const world = { ...worldA, '10.0.0.21': { ...w1, paths: { ...w1.paths, [old]: stale } } }
  expect(said(A, world)).toEqual([])
  expect(said(withNode(A, '10.0.1.21', 'a-w2', 'worker'), { ...world, '10.0.1.21': facts(worldB, '10.0.1.21') })).toHaveLength(1)
})

test('bare control planes that get their CA from a backup: the hosts of that CA are theirs, others are not', async () => {
  const { hosts } = clusterOf(yamlOf(A))
  const world = { '10.0.0.11': (await bare(A))['10.0.0.11'] as Facts, '10.0.0.21': facts(worldA, '10.0.0.21') }
  const problems = (ca: string) => identityProblems(membersOf(hosts, world), world, [ca]).map(({ at, exit }) => `${exit} ${at}`)
  expect(problems(facts(worldA, '10.0.0.11').paths['/etc/kubernetes/pki/ca.crt']?.certificate?.key ?? '')).toEqual([])
  expect(problems('bbbbbbbbsymbol ca')).toEqual(['3 root@10.0.0.21:22'])
})

test('control planes of two clusters: neither is taken for ours', () => {
  const both = withNode(withNode(A, '10.0.1.11', 'a-cp2', 'control-plane'), '10.0.1.21', 'a-w2', 'worker')
  expect(said(both, { ...worldA, ...worldB })).toEqual([
    expect.stringMatching(
      /^3 cluster\.yml nodes: its control planes belong to different clusters: a-cp to the cluster a \(CA aaaaaaaa.*; a-cp2 to the cluster b \(CA bbbbbbbb/,
    ),
  ])
})

test('a first install with a host of another cluster', async () => {
  const { '10.0.0.11': plane } = await bare(A)
  expect(said(A, { '10.0.0.11': plane as Facts, '10.0.0.21': facts(await installed(A, 'oldoldol'), '10.0.0.21') })).toEqual([
    expect.stringMatching(
      /^3 root@10\.0\.0\.21:22: it belongs to the cluster a \(CA oldoldol.*and none of the control planes of this file does.*slipway reset --limit a-w1/,
    ),
  ])
})

test('while the control planes do not answer nobody can tell', () => {
  const { '10.0.0.11': _, ...rest } = worldA
  expect(said(A, rest)).toEqual([
    expect.stringMatching(
      /^4 root@10\.0\.0\.11:22: no control plane shows a cluster, and a-w1 belongs to the cluster a \(CA aaaaaaaa.*cannot be told\. Bring a-cp back/,
    ),
  ])
})

test('a host that was a member of this cluster, and one that is bare, are welcome', async () => {
  const grown = withNode(A, '10.0.0.22', 'a-w2', 'worker')
  const three = await installed(grown, 'aaaaaaaa')
  expect(said(grown, { ...worldA, '10.0.0.22': facts(three, '10.0.0.22') })).toEqual([])
  expect(said(grown, { ...worldA, '10.0.0.22': await hostLike('debian-12-bare', 'a-w2', '10.0.0.22') })).toEqual([])
})
