// What an upgrade asks beforehand, in which order it goes, and what it leaves alone.
import { describe, expect, test } from 'vitest'
import { plan, simulate } from '../../src/engine/plan.ts'
import type { Change, Plan } from '../../src/engine/change.ts'
import { atOnce } from '../../src/engine/rollout.ts'
import { type Stage, stagesOf } from '../../src/engine/stages.ts'
import type { World } from '../../src/cluster/world.ts'
import type { Facts } from '../../src/hosts/facts.ts'
import { RESTORING } from '../../src/resources/etcd-restore.ts'
import { setPath } from '../../src/resources/paths.ts'
import { restoringText } from '../../src/steps/restoring.ts'
import { clusterOf, hostLike, scenarioNamed } from './scenarios.ts'
import { rotation } from './support.ts'

const { hosts, world: bare } = scenarioNamed('three-planes-none')
const NODES = hosts.map(({ address, roles, name }) => {
  const role = roles.controlPlane ? 'control-plane' : 'worker'
  return `  - {address: ${address}, user: root, role: [${role}], hostname_override: ${name}, set_hostname: true}\n`
})
const at = (version: string, more = '') =>
  clusterOf(`cluster_name: large\nkubernetes_version: ${version}\n${more}nodes:\n${NODES.join('')}`)
const OLD = at('v1.36.3').cluster
const NEW = at('v1.37.2').cluster
const healthy = rotation(OLD, hosts, bare)

const change = (world: World, key: string, values: Partial<Facts>): World => ({ ...world, [key]: { ...(world[key] as Facts), ...values } })
const without = (world: World, ...keys: string[]): World => Object.fromEntries(Object.entries(world).filter(([key]) => !keys.includes(key)))
const said = ({ problems }: Plan, severity = 'error'): string[] =>
  problems.filter((one) => one.severity === severity).map(({ at: place, what }) => `${place} ${what.en}`)
const short = (stages: readonly Stage[]): string[] =>
  stages.map(({ batches }) =>
    batches
      .map(
        ({ host, changes }) =>
          `${host.slice(7)}: ${changes
            .map(({ id }) => id)
            .filter((id) => /^(unit|drain|uncordon) /.test(id))
            .join(', ')}`,
      )
      .join(' | '),
  )
const ids = (changes: readonly Change[]): string[] => changes.map(({ host, id }) => `${host.slice(7)} ${id}`)

describe('1.36 to 1.37 on three control planes and two workers', () => {
  const { changes, problems } = plan(NEW, hosts, healthy)

  test('is without objections', () => {
    expect(problems).toEqual([])
  })

  test('lets each API server step aside before its etcd restarts', () => {
    const etcd = changes.flatMap(({ want }) => (want.kind === 'unit' && want.name === 'etcd' ? [want.aside?.name] : []))
    expect(etcd).toEqual(['kube-apiserver', 'kube-apiserver', 'kube-apiserver'])
  })

  test('goes one member, one API server, one control plane, one node at a time, each node between drain and uncordon', () => {
    expect(short(stagesOf(changes).filter(({ phases }) => !phases.includes('prepare')))).toEqual([
      '11: unit etcd',
      '12: unit etcd',
      '13: unit etcd',
      '11: unit kube-apiserver',
      '12: unit kube-apiserver',
      '13: unit kube-apiserver',
      '11: unit kube-controller-manager, unit kube-scheduler',
      '12: unit kube-controller-manager, unit kube-scheduler',
      '13: unit kube-controller-manager, unit kube-scheduler',
      ...['cp1', 'cp2', 'cp3', 'w1', 'w2'].flatMap((name, index) => [
        `11: drain ${name}`,
        `${index < 3 ? 11 + index : 18 + index}: unit kubelet, unit kube-proxy`,
        `11: uncordon ${name}`,
      ]),
      '11: ',
      '12:  | 13:  | 21:  | 22: ',
    ])
  })

  test('every member of etcd is saved before its own first new byte', () => {
    for (const { batches } of stagesOf(changes))
      for (const { changes: own } of batches) {
        const [snapshot, unit] = ['etcd-snapshot ', 'unit etcd'].map((start) => own.findIndex(({ id }) => id.startsWith(start)))
        if (unit !== -1) expect(snapshot).toBeGreaterThanOrEqual(0)
        expect(snapshot).toBeLessThanOrEqual(unit ?? 0)
      }
  })

  test('a snapshot that an earlier attempt left is taken anew, one of this attempt is not', () => {
    const stopped = simulate(
      healthy,
      changes.filter(({ id }) => id.startsWith('etcd-snapshot')),
    )
    expect(ids(plan(NEW, hosts, stopped).changes)).toContain('11 etcd-snapshot /var/lib/slipway/snapshots/before-v1.37.2.db')
    const begun = simulate(
      stopped,
      changes.filter(({ id, host }) => id === 'unit etcd' && host === '10.0.0.11'),
    )
    expect(ids(plan(NEW, hosts, begun).changes)).not.toContain('12 etcd-snapshot /var/lib/slipway/snapshots/before-v1.37.2.db')
  })
})

describe('interrupted', () => {
  const { changes } = plan(NEW, hosts, healthy)
  const upTo = (id: string, host: string): World => {
    const order = stagesOf(changes).flatMap(({ batches }) => batches.flatMap((batch) => batch.changes))
    return simulate(
      healthy,
      order.slice(
        0,
        order.findIndex((one) => one.id === id && one.host === host),
      ),
    )
  }
  const rest = (world: World): string[] =>
    short(stagesOf(plan(NEW, hosts, world).changes)).filter((line) => /drain|uncordon|kubelet/.test(line))

  test('after a drain: that node goes on first, and is back before another is drained', () => {
    expect(rest(upTo('unit kubelet', '10.0.0.22'))).toEqual(['11: drain w2', '22: unit kubelet, unit kube-proxy', '11: uncordon w2'])
    const w2First = change(upTo('drain w1', '10.0.0.11'), '10.0.0.11', {
      nodes: upTo('drain w1', '10.0.0.11')['10.0.0.11']?.nodes.map((one) => (one.name === 'w2' ? { ...one, drained: true } : one)) ?? [],
    })
    expect(rest(w2First).slice(0, 4)).toEqual(['11: drain w2', '22: unit kubelet, unit kube-proxy', '11: uncordon w2', '11: drain w1'])
  })

  test('after the kubelet changed: the node takes pods before another is drained', () => {
    expect(rest(upTo('uncordon w1', '10.0.0.11'))).toEqual([
      '11: uncordon w1',
      '11: drain w2',
      '22: unit kubelet, unit kube-proxy',
      '11: uncordon w2',
    ])
  })
})

describe('what is asked first', () => {
  const node = (name: string, values: object): World => {
    const nodes = healthy['10.0.0.11']?.nodes.map((one) => (one.name === name ? { ...one, ...values } : one)) ?? []
    return change(healthy, '10.0.0.11', { nodes })
  }
  const { etcdMembers = [], units = {} } = healthy['10.0.0.12'] ?? {}

  /** cp2's API server does not answer, and its unit is in this state since so many seconds. */
  const aside = (active: string, seconds: number, restarts = 0): World => {
    const { now = 0 } = healthy['10.0.0.12'] ?? {}
    const unit = { ...units['kube-apiserver'], active, restarts, since: now - seconds }
    return change(healthy, '10.0.0.12', { api: 'down', units: { ...units, 'kube-apiserver': unit as never } })
  }

  test.each([
    ['a control plane that does not answer', without(healthy, '10.0.0.13'), /10\.0\.0\.13:22 it is a control plane and does not answer/],
    ['an API server that is not ready', aside('active', 200), /10\.0\.0\.12:22 its kube-apiserver is not ready/],
    ['an API server that was stopped', aside('inactive', 200), /10\.0\.0\.12:22 its kube-apiserver is not ready/],
    ['an API server that crashes', aside('activating', 1, 2), /10\.0\.0\.12:22 its kube-apiserver is not ready/],
    ['a node that is not Ready', node('w1', { ready: false }), /10\.0\.0\.21:22 its node w1 is not Ready/],
    [
      'an etcd that does not run',
      change(healthy, '10.0.0.12', { units: { ...units, etcd: { ...units.etcd, active: 'failed' } as never } }),
      /10\.0\.0\.12:22 its etcd is not a healthy member/,
    ],
    [
      'a learner',
      change(healthy, '10.0.0.11', { etcdMembers: etcdMembers.map((one) => ({ ...one, learner: one.name === 'cp2' })) }),
      /10\.0\.0\.12:22 its etcd is not a healthy member/,
    ],
  ])('%s stops an upgrade before it begins', (_, world, message) => {
    const decided = plan(NEW, hosts, world)
    expect(decided.changes).toEqual([])
    expect(
      said(decided).some((line) => message.test(line)),
      said(decided).join('\n'),
    ).toBe(true)
    // The same state is no objection to anything else.
    expect(said(plan(OLD, hosts, world))).toEqual([])
  })

  test.each([
    ['activating', 200],
    ['deactivating', 200],
    ['active', 5],
    ['inactive', 5],
  ])('an API server that is %s, for %s s, stops nothing: it stood aside in a run that was killed', (active, seconds) => {
    expect(said(plan(NEW, hosts, aside(active, seconds)))).toEqual([])
    expect(said(plan(NEW, hosts, aside(active, seconds, 2))).join()).toMatch(/its kube-apiserver is not ready/)
  })

  test('a worker that does not answer is left out', () => {
    const decided = plan(NEW, hosts, without(healthy, '10.0.0.22'))
    expect(said(decided)).toEqual([])
    expect(ids(decided.changes)).toContain('21 unit kubelet')
  })

  test('what an interrupted run may have left is no objection', () => {
    const first = plan(NEW, hosts, healthy).changes.filter(({ host, phase }) => host === '10.0.0.11' && ['prepare', 'etcd'].includes(phase))
    const begun = change(simulate(healthy, first), '10.0.0.11', { api: 'down' })
    expect(said(plan(NEW, hosts, begun))).toEqual([])
  })

  const api = { group: 'flowcontrol.apiserver.k8s.io', version: 'v1beta3', resource: 'flowschemas' }

  test('an API in use that the new minor does not have stops it; one that goes later is a warning; others are no matter', () => {
    const using = (removedIn: string): World => change(healthy, '10.0.0.12', { deprecatedApis: [{ ...api, removedIn }] })
    expect(said(plan(NEW, hosts, using('1.37')))).toEqual([
      'root@10.0.0.12:22 somebody asks its API server for flowschemas.v1beta3.flowcontrol.apiserver.k8s.io, which v1.37 no longer has',
    ])
    expect(said(plan(NEW, hosts, using('1.39')))).toEqual([])
    expect(said(plan(NEW, hosts, using('1.39')), 'warning').length).toBe(1)
    expect(plan(NEW, hosts, using('')).problems).toEqual([])
    expect(plan(OLD, hosts, using('1.37')).problems).toEqual([])
  })
})

describe('etcd on hosts of its own', () => {
  const ETCD = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5']
  const apart = (version: string) =>
    clusterOf(
      [
        `cluster_name: apart\nkubernetes_version: ${version}\nnodes:\n`,
        ...ETCD.map((address) => `  - {address: ${address}, user: root, role: [etcd]}\n`),
        '  - {address: 10.0.0.11, user: root, role: [control-plane]}\n',
      ].join(''),
    )
  const before = apart('v1.36.3')
  const standingApart = async (): Promise<World> => {
    const hostsOf = [...ETCD, '10.0.0.11'].map(async (address) => {
      return [address, await hostLike('debian-12-bare', address === '10.0.0.11' ? 'cp1' : `e${address.slice(-1)}`, address)] as const
    })
    return rotation(before.cluster, before.hosts, Object.fromEntries(await Promise.all(hostsOf)))
  }
  const errors = (world: World): string[] => said(plan(apart('v1.37.2').cluster, before.hosts, world))

  test('is asked of its own members, the control plane has no list: one that is dead or learns stops an upgrade', async () => {
    const all = await standingApart()
    expect(errors(all)).toEqual([])
    expect(errors(without(all, '10.0.0.1'))).toEqual(['root@10.0.0.1:22 its etcd is not a healthy member'])
    const learns = (facts: Facts): Facts => ({
      ...facts,
      etcdMembers: facts.etcdMembers.map((one) => ({ ...one, learner: one.name === 'e2' })),
    })
    const learning = Object.fromEntries(Object.entries(all).map(([key, facts]) => [key, learns(facts)]))
    expect(errors(learning)).toEqual(['root@10.0.0.2:22 its etcd is not a healthy member'])
  })
})

describe('two control planes, of whose etcd none can be spared', () => {
  const two = hosts.slice(0, 2)
  const pair = (version: string) =>
    clusterOf(`cluster_name: large\nkubernetes_version: ${version}\nnodes:\n${NODES.slice(0, 2).join('')}`).cluster
  const world = rotation(
    pair('v1.36.3'),
    two,
    Object.fromEntries(Object.entries(bare).filter(([key]) => two.some((one) => one.key === key))),
  )

  test('can be upgraded and can get new certificates, one member at a time', () => {
    for (const cluster of [pair('v1.37.2'), { ...pair('v1.36.3'), renew: true }]) {
      const decided = plan(cluster, two, world)
      expect(said(decided)).toEqual([])
      expect(short(stagesOf(decided.changes)).filter((line) => line.includes('unit etcd'))).toEqual(['11: unit etcd', '12: unit etcd'])
    }
  })

  test('cannot while one does not answer', () => {
    expect(said(plan({ ...pair('v1.36.3'), renew: true }, two, without(world, '10.0.0.12')))).not.toEqual([])
  })
})

describe('a version that is taken back when etcd has the new minor and no API server has', () => {
  const { changes } = plan(NEW, hosts, healthy)
  const stopped = simulate(
    healthy,
    changes.filter(({ phase }) => phase === 'prepare' || phase === 'etcd'),
  )

  test('is refused, and going on is not', () => {
    const taken = 'it runs etcd 3.7.3, newer than 3.6.14'
    expect(said(plan(OLD, hosts, stopped))).toEqual([
      `root@10.0.0.11:22 ${taken}`,
      `root@10.0.0.12:22 ${taken}`,
      `root@10.0.0.13:22 ${taken}`,
    ])
    expect(said(plan(NEW, hosts, stopped))).toEqual([])
  })

  test('is not refused while one member has the old minor, and so the cluster too', () => {
    const mixed = simulate(
      healthy,
      changes.filter(({ phase, host }) => phase === 'etcd' && host === '10.0.0.11'),
    )
    expect(said(plan(OLD, hosts, mixed))).toEqual([])
    expect(ids(plan(OLD, hosts, mixed).changes)).toContain('11 unit etcd')
  })

  test('is one mistake a control plane after the upgrade too, in whatever state that is', () => {
    const upgraded = change(simulate(healthy, changes), '10.0.0.12', { api: 'down', units: {} })
    expect(said(plan(OLD, hosts, upgraded))).toEqual(
      ['11', '12', '13'].map((host) => `root@10.0.0.${host}:22 it runs Kubernetes v1.37.2, newer than v1.36.3`),
    )
  })

  test('is not in the way of a backup of then, which brings its own data', () => {
    const text = restoringText({ id: '', began: 0, bump: 0, ready: true, cluster: '' })
    const restoring = (facts: Facts): Facts => setPath(facts, RESTORING, { type: 'file', mode: '0600', owner: 'root:root', text })
    expect(said(plan(OLD, hosts, Object.fromEntries(Object.entries(stopped).map(([key, facts]) => [key, restoring(facts)]))))).toEqual([])
  })
})

describe('while a control plane does not answer and may be older', () => {
  const all = plan(NEW, hosts, healthy).changes
  // Everything but the nodes is done; then cp3 dies, which had come as far as its etcd.
  const midway = simulate(
    healthy,
    all.filter(
      ({ phase, host }) =>
        phase === 'prepare' || phase === 'etcd' || (host !== '10.0.0.13' && ['apiserver', 'controllers'].includes(phase)),
    ),
  )
  const dead = without(midway, '10.0.0.13')

  test('no kubelet and no kube-proxy goes on, nothing is drained, and it is said why', () => {
    const decided = plan(NEW, hosts, dead)
    expect(ids(decided.changes).filter((id) => /drain|kubelet|kube-proxy/.test(id))).toEqual([])
    expect(said(decided)).toEqual([])
    expect(said(decided, 'warning')).toEqual([
      'root@10.0.0.13:22 its kube-apiserver may be older than v1.37.2: kubelet and kube-proxy of 4 nodes stay as they are until it answers',
    ])
  })

  test('nothing is left over of what could be done', () => {
    const { changes } = plan(NEW, hosts, dead)
    expect(ids(plan(NEW, hosts, simulate(dead, changes)).changes)).toEqual([])
  })

  test('a node that an interrupted run left drained takes pods again, on the version it has', () => {
    const nodes = dead['10.0.0.11']?.nodes.map((one) => (one.name === 'w1' ? { ...one, drained: true, unschedulable: true } : one)) ?? []
    const { changes } = plan(NEW, hosts, change(dead, '10.0.0.11', { nodes }))
    expect(changes.find(({ id }) => id === 'uncordon w1')?.want).toMatchObject({ version: 'v1.36.3' })
  })

  test('no new node joins', () => {
    const fresh = change(dead, '10.0.0.22', bare['10.0.0.22'] as Facts)
    expect(said(plan(NEW, hosts, fresh))).toEqual([
      'root@10.0.0.13:22 its kube-apiserver may be older than v1.37.2: w2 cannot join before it answers',
    ])
  })

  test('when it answers again, its API server is first, and then the kubelets go on', () => {
    const { changes, problems } = plan(NEW, hosts, midway)
    expect(problems).toEqual([])
    const stages = short(stagesOf(changes))
    expect(stages[0]).toBe('13: unit kube-apiserver')
    expect(stages).toContain('21: unit kubelet, unit kube-proxy')
  })

  test('one whose kubelet was seen with the new minor holds nobody back', () => {
    const nodes = dead['10.0.0.11']?.nodes.map((one) => (one.name === 'cp3' ? { ...one, kubelet: 'v1.37.2' } : one)) ?? []
    expect(ids(plan(NEW, hosts, change(dead, '10.0.0.11', { nodes })).changes)).toContain('21 unit kubelet')
  })
})

describe('a change without a new minor', () => {
  const release = (values: object) => ({
    ...OLD,
    release: { ...OLD.release, ...values },
    pins: new Proxy(OLD.pins, { get: (pins, name: string) => pins[name] ?? `sha256:${'0'.repeat(64)}` }),
  })
  const changedTo = (values: object): Plan => plan(release(values), hosts, healthy)
  const units = ({ changes }: Plan): string[] => [...new Set(changes.flatMap(({ id }) => (/^(unit|drain) /.test(id) ? [id] : [])))].sort()

  test('a patch restarts Kubernetes in the same order, and drains nobody', () => {
    const decided = changedTo({ kubernetes: 'v1.36.4' })
    expect(said(decided)).toEqual([])
    expect(units(decided)).toEqual([
      'unit kube-apiserver',
      'unit kube-controller-manager',
      'unit kube-proxy',
      'unit kube-scheduler',
      'unit kubelet',
    ])
    expect(short(stagesOf(decided.changes)).filter((line) => line.includes('kubelet'))).toEqual(
      ['11', '12', '13', '21', '22'].map((host) => `${host}: unit kubelet, unit kube-proxy`),
    )
    expect(decided.changes.some(({ id }) => id.startsWith('etcd-snapshot'))).toBe(false)
  })

  test('containerd restarts node by node, and nothing else does', () => {
    const decided = changedTo({ containerd: '2.3.9' })
    expect(units(decided)).toEqual(['unit containerd'])
    expect(short(stagesOf(decided.changes)).filter((line) => line.includes('containerd'))).toEqual(
      ['11', '12', '13', '21', '22'].map((host) => `${host}: unit containerd`),
    )
  })

  test('etcd restarts one member at a time', () => {
    const decided = changedTo({ etcd: '3.6.15' })
    expect(units(decided)).toEqual(['unit etcd'])
    expect(short(stagesOf(decided.changes)).filter((line) => line.includes('etcd'))).toEqual([
      '11: unit etcd',
      '12: unit etcd',
      '13: unit etcd',
    ])
  })

  test.each([
    ['runc', { runc: '1.4.9' }],
    ['the CNI plugins', { cni: '1.9.9' }],
  ])('%s restart nothing: links are switched', (_, values) => {
    const decided = changedTo(values)
    expect(decided.changes.length).toBeGreaterThan(0)
    expect(units(decided)).toEqual([])
    expect(decided.changes.some(({ want }) => want.kind === 'link')).toBe(true)
  })
})

describe('how many workers at once', () => {
  test.each([
    ['10%', 2, 1],
    ['10%', 25, 2],
    ['50%', 5, 2],
    ['100%', 3, 3],
    ['3', 10, 3],
    [3, 10, 3],
  ])('%s of %i is %i', (limit, workers, expected) => {
    expect(atOnce(limit, workers)).toBe(expected)
  })

  test('workers of one group are drained, changed and given back together; control planes never are', () => {
    const two = at(
      'v1.37.2',
      'upgrade_strategy: {max_unavailable_worker: 2, node_drain_input: {force: false, grace_period: 30, timeout: 60}}\n',
    ).cluster
    const stages = short(stagesOf(plan(two, hosts, healthy).changes)).filter((line) => /drain w|2[12]: unit kubelet|uncordon w/.test(line))
    expect(stages).toEqual([
      '11: drain w1, drain w2',
      '21: unit kubelet, unit kube-proxy | 22: unit kubelet, unit kube-proxy',
      '11: uncordon w1, uncordon w2',
    ])
  })

  test('drain: false changes kubelets under running pods, as it was told to', () => {
    const none = at('v1.37.2', 'upgrade_strategy: {drain: false}\n').cluster
    expect(ids(plan(none, hosts, healthy).changes).filter((id) => id.includes('drain'))).toEqual([])
  })
})
