import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { prepareScript, readyScript } from '../../src/commands/etcd/prepare.ts'
import { membersOf } from '../../src/cluster/members.ts'
import { plan, simulate } from '../../src/engine/plan.ts'
import type { Change } from '../../src/engine/change.ts'
import { stagesOf } from '../../src/engine/stages.ts'
import type { World } from '../../src/cluster/world.ts'
import type { Facts } from '../../src/hosts/facts.ts'
import { RESTORING } from '../../src/resources/etcd-restore.ts'
import { setPath } from '../../src/resources/paths.ts'
import { SECRET_PATHS } from '../../src/resources/secrets.ts'
import { bumpOf, type Restoring, restoringOf, restoringText } from '../../src/steps/restoring.ts'
import { sha256 } from '../../src/digest.ts'
import { SCENARIOS, scenarioNamed } from './scenarios.ts'
import { changesFor, converge } from './support.ts'

const marked = (facts: Facts, restoring: Restoring): Facts =>
  setPath(facts, RESTORING, {
    type: 'file',
    mode: '0600',
    owner: 'root:root',
    sha256: sha256(restoringText(restoring)),
    text: restoringText(restoring),
  })

const STOPPED = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']

/** Every host as `slipway etcd restore` leaves it when it has prepared it. */
const prepared = (world: World, restoring: Restoring): World =>
  Object.fromEntries(
    Object.entries(world).map(([key, facts]) => {
      const units = Object.fromEntries(
        Object.entries(facts.units).map(([name, unit]) => [
          name,
          STOPPED.includes(name) ? { ...unit, active: 'inactive', enabled: false } : unit,
        ]),
      )
      return [key, marked({ ...facts, units, etcdData: false, etcdMembers: [], api: 'down', nodes: [], manifests: {} }, restoring)]
    }),
  )

const READY: Restoring = {
  id: '0123456789abcdef',
  began: Date.UTC(2026, 10, 26, 12),
  bump: 7,
  ready: true,
  cluster: 'cp1=https://10.0.0.11:2380,cp2=https://10.0.0.12:2380',
}

describe.each(SCENARIOS)('a restore of $name', ({ cluster, hosts, world }) => {
  const installed = converge(cluster, hosts, world).world
  const ready = {
    ...READY,
    cluster: membersOf(hosts, world)
      .filter(({ roles }) => roles.etcd)
      .map(({ nodeName, ip }) => `${nodeName}=https://${ip}:2380`)
      .join(','),
  }
  const changes = changesFor(cluster, hosts, prepared(installed, ready))
  const etcdHosts = hosts.filter(({ roles }) => roles.etcd).length
  const kinds = (own: readonly Change[]) => own.map(({ want }) => want.kind)

  test('puts the data before etcd starts, on all its members in one stage', () => {
    const stages = stagesOf(changes).filter(({ batches }) => batches.some(({ changes: own }) => kinds(own).includes('etcd-restore')))
    expect(stages).toHaveLength(1)
    const batches = stages[0]?.batches.filter(({ changes: own }) => kinds(own).includes('etcd-restore')) ?? []
    expect(batches).toHaveLength(etcdHosts)
    for (const { changes: own } of batches) {
      const ids = own.map(({ id }) => id)
      expect(ids.findIndex((id) => id.startsWith('etcd-restore'))).toBeLessThan(ids.indexOf('unit etcd'))
    }
  })

  test('ends on every host, when the API answers', () => {
    const stages = stagesOf(changes)
    const last = stages.findIndex(({ batches }) => batches.some(({ changes: own }) => own.some(({ id }) => id === 'unit kube-apiserver')))
    const ending = stages.findIndex(({ batches }) => batches.some(({ changes: own }) => kinds(own).includes('restore-end')))
    expect(ending).toBeGreaterThan(last)
    expect(changes.filter(({ want }) => want.kind === 'restore-end')).toHaveLength(Object.keys(world).length)
  })

  test('is complete with one run, and forgotten then', () => {
    const after = simulate(prepared(installed, ready), changes)
    expect(Object.values(after).some(({ paths }) => paths[RESTORING])).toBe(false)
    expect(changesFor(cluster, hosts, after)).toEqual([])
  })

  test('goes on after any cut, without restoring a member twice', () => {
    const start = prepared(installed, ready)
    for (const cut of [1, changes.length >> 1, changes.length - 1]) {
      const half = simulate(start, changes.slice(0, cut))
      const rest = changesFor(cluster, hosts, half)
      const again = rest.filter(({ want }) => want.kind === 'etcd-restore').map(({ host }) => host)
      const done = changes
        .slice(0, cut)
        .filter(({ want }) => want.kind === 'etcd-restore')
        .map(({ host }) => host)
      expect(again.filter((host) => done.includes(host))).toEqual([])
      expect(changesFor(cluster, hosts, simulate(half, rest))).toEqual([])
    }
  })

  test('onto bare hosts is an install with data', () => {
    const bare = Object.fromEntries(Object.entries(world).map(([key, facts]) => [key, marked(facts, ready)]))
    const wanted = changesFor(cluster, hosts, bare)
    expect(kinds(wanted).filter((kind) => kind === 'etcd-restore')).toHaveLength(etcdHosts)
    expect(changesFor(cluster, hosts, simulate(bare, wanted))).toEqual([])
  })
})

test('while not every host is prepared nothing may start, and the way on is named', () => {
  const { cluster, hosts, world } = scenarioNamed('three-planes-none')
  const installed = converge(cluster, hosts, world).world
  const [first = ''] = Object.keys(installed)
  const half = { ...installed, [first]: prepared(installed, { ...READY, ready: false })[first] as Facts }
  const { changes, problems } = plan(cluster, hosts, half)
  expect(changes).toEqual([])
  expect(problems.find(({ what }) => what.en.includes('interrupted'))).toMatchObject({
    exit: 3,
    fix: { en: expect.stringContaining('slipway etcd restore') },
  })
})

describe('Nodes of hosts that do not answer', () => {
  const { cluster, hosts, world } = scenarioNamed('one-plane-cn')
  const endOf = (...silent: string[]) => {
    const seen = Object.entries(prepared(converge(cluster, hosts, world).world, READY)).filter(([key]) => !silent.includes(key))
    return changesFor(cluster, hosts, Object.fromEntries(seen)).flatMap(({ want }) => (want.kind === 'restore-end' ? [want] : []))[0]
  }

  test('have the name of the file, or are known by the address alone: the API that could name them is not restored yet', () => {
    expect(endOf()).toEqual({ kind: 'restore-end', nodes: ['cp1', 'w1', 'w2'] })
    expect(endOf('10.0.0.22')).toEqual({
      kind: 'restore-end',
      nodes: ['cp1', 'w1'],
      unnamed: [{ host: 'root@10.0.0.22:22', ip: '10.0.0.22' }],
    })
  })
})

describe('the revision of what is restored', () => {
  test('never goes back, whichever backup of a cluster is restored, however often', () => {
    const restores = fc.array(
      fc.record({ pause: fc.integer({ min: 1, max: 10 ** 8 }), writes: fc.nat(999), backup: fc.option(fc.nat(9)) }),
      { minLength: 1, maxLength: 10 },
    )
    fc.assert(
      fc.property(restores, (steps) => {
        let [now, revision] = [Date.UTC(2026, 0, 1), 5]
        const backups: number[] = []
        for (const { pause, writes, backup } of steps) {
          backups.push(revision)
          const chosen = backups[backup === null ? backups.length - 1 : backup % backups.length] ?? 0
          now += pause
          // At most a thousand writes a millisecond.
          const seen = revision + writes * pause
          revision = chosen + bumpOf(now, chosen)
          expect(revision).toBeGreaterThan(seen)
          expect(Number.isSafeInteger(revision)).toBe(true)
        }
      }),
    )
  })

  test('is the same on all members, and after a cut: every host remembers it', () => {
    const { world } = scenarioNamed('three-planes-none')
    for (const facts of Object.values(world)) expect(restoringOf(marked(facts, READY))).toEqual(READY)
  })
})

describe('what a host is prepared with', () => {
  const secrets = Object.fromEntries(
    Object.values(SECRET_PATHS)
      .flat()
      .map((path) => [path, `text of ${path}\n`]),
  )
  const script = prepareScript({ controlPlane: true, etcd: true, worker: false }, { ...READY, ready: false }, secrets)
  const at = (text: string): number => {
    const index = script.indexOf(text)
    expect(index, text).toBeGreaterThan(0)
    return index
  }

  test('the mark comes first, writers stop before etcd, and its data go only then', () => {
    const order = [
      at('ready=no'),
      at('disable --now --quiet kube-apiserver'),
      at('disable --now --quiet etcd'),
      at('mv /var/lib/etcd/member'),
    ]
    expect(order).toEqual(order.toSorted((a, b) => a - b))
  })

  test('a key lands before its certificate', () =>
    expect(at("put '/etc/kubernetes/pki/ca.key'")).toBeLessThan(at("put '/etc/kubernetes/pki/ca.crt'")))

  test('a worker gets no keys', () => {
    expect(prepareScript({ controlPlane: false, etcd: false, worker: true }, READY, secrets)).not.toContain('text of')
    expect(prepareScript({ controlPlane: false, etcd: true, worker: false }, READY, secrets)).not.toContain('text of')
  })

  test('that all are prepared is a second script', () => expect(readyScript(READY)).toContain('ready=yes'))
})
