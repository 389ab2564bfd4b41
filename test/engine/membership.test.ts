import { describe, expect, test } from 'vitest'
import type { Host } from '../../src/config/hosts.ts'
import { etcdView, mayBeAway, peerUrl } from '../../src/cluster/etcd-view.ts'
import { membersOf } from '../../src/cluster/members.ts'
import { plan } from '../../src/engine/plan.ts'
import { acceptsMember, keepsQuorum } from '../../src/cluster/quorum.ts'
import { ambiguity, entriesNamed, isHoldingPlace, removalOf } from '../../src/engine/removal.ts'
import type { World } from '../../src/cluster/world.ts'
import type { EtcdMemberFact, Facts } from '../../src/hosts/facts.ts'
import type { Cluster, Member } from '../../src/cluster/types.ts'
import { clusterOf, hostLike } from './scenarios.ts'
import { converge } from './support.ts'

const SIZES = [1, 2, 3, 4, 5, 6, 7]

type Rotation = Readonly<{ cluster: Cluster; hosts: readonly Host[]; world: World }>

const address = (index: number): string => `10.0.0.${11 + index}`
const yamlOf = (planes: number, more = ''): string =>
  [
    'cluster_name: x\nkubernetes_version: v1.36.3\nnodes:\n',
    ...Array.from(
      { length: planes },
      (_, index) => `  - {address: ${address(index)}, role: [control-plane], hostname_override: cp${index + 1}}\n`,
    ),
    more,
  ].join('')

/** A cluster of so many control planes, installed, as its probe would see it while all live. */
const rotation = async (planes: number): Promise<Rotation> => {
  const { cluster, hosts } = clusterOf(yamlOf(planes))
  const bare = await Promise.all(
    hosts.map(async ({ key }, index) => [key, await hostLike('debian-12-bare', `cp${index + 1}`, address(index))] as const),
  )
  const { world } = converge(cluster, hosts, Object.fromEntries(bare))
  return { cluster, hosts, world: seen(world, hosts, new Set(hosts.keys())) }
}

const listOf = (hosts: readonly Host[]): EtcdMemberFact[] =>
  hosts.map(({ address: ip, name = '' }, index) => ({ id: `${index}`, started: true, name, peer: `https://${ip}:2380`, learner: false }))

const node = (name: string, ip: string) => ({
  ...{ name, address: ip, kubelet: 'v1.36.3', ready: true, unschedulable: false, labels: {}, taints: [], podCidr: '', drained: false },
  managed: '{"labels":[],"taints":[]}',
})

/** What a probe of the healthy ones shows: without a majority etcd and the API are silent. */
const seen = (world: World, hosts: readonly Host[], healthy: ReadonlySet<number>): World => {
  const majority = healthy.size * 2 > hosts.length
  const answering = (facts: Facts): Facts => ({
    ...facts,
    etcdMembers: majority ? listOf(hosts) : [],
    api: majority ? 'ready' : 'down',
    nodes: majority ? hosts.map(({ name = '', address: ip }) => node(name, ip)) : [],
  })
  return Object.fromEntries(
    hosts.flatMap(({ key }, index) => (healthy.has(index) && world[key] ? [[key, answering(world[key])] as const] : [])),
  )
}

const subsets = (size: number): ReadonlySet<number>[] =>
  Array.from(
    { length: 2 ** size },
    (_, bits) => new Set(Array.from({ length: size }, (__, index) => index).filter((index) => (bits >> index) & 1)),
  )

/**
 * The model: members and healthy ones are sets, etcd works while a majority of the members is healthy, and a change is safe when etcd works
 * before it and at every moment of it. One of one or of two may be away for its own restart: it can never be spared.
 */
const works = (members: ReadonlySet<number>, healthy: ReadonlySet<number>): boolean =>
  [...members].filter((one) => healthy.has(one)).length * 2 > members.size
const without = (set: ReadonlySet<number>, one: number): ReadonlySet<number> => new Set([...set].filter((other) => other !== one))
const safe = {
  restart: (members: ReadonlySet<number>, healthy: ReadonlySet<number>, one: number): boolean =>
    works(members, healthy) && (members.size <= 2 || works(members, without(healthy, one))),
  remove: (members: ReadonlySet<number>, healthy: ReadonlySet<number>, one: number): boolean =>
    works(members, healthy) && members.size > 1 && works(without(members, one), without(healthy, one)),
  add: (members: ReadonlySet<number>, healthy: ReadonlySet<number>, one: number): boolean =>
    works(members, healthy) && works(new Set([...members, one]), new Set([...healthy, one])),
}

describe.each(SIZES)('%i members, every set of healthy ones', (size) => {
  const all: ReadonlySet<number> = new Set(Array.from({ length: size }, (_, index) => index))

  test('keepsQuorum refuses exactly what the model refuses, for every member and every change', () => {
    for (const healthy of subsets(size)) {
      for (const one of all) {
        const lives = healthy.has(one)
        if (lives) expect(keepsQuorum(size, healthy.size, 'restart'), `restart ${one}`).toBe(safe.restart(all, healthy, one))
        const change = lives ? 'remove-healthy' : 'remove-dead'
        expect(keepsQuorum(size, healthy.size, change), `${change} ${one}`).toBe(safe.remove(all, healthy, one))
      }
      expect(keepsQuorum(size, healthy.size, 'add')).toBe(safe.add(all, healthy, size))
      // etcd's own rule is never laxer than the quorum's.
      if (acceptsMember(size, healthy.size)) expect(safe.add(all, healthy, size)).toBe(true)
    }
  })

  test('so does every place that asks: a restart by a plan, a reboot, a removal, a new member', async () => {
    const { cluster, hosts, world } = await rotation(size)
    const services = { ...cluster.config.services, etcd: { extra_args: { v: '2' } } }
    const changed = { ...cluster, config: { ...cluster.config, services } }
    // An eighth member is refused by the file itself.
    const { cluster: grown, hosts: more } = clusterOf(yamlOf(Math.min(size + 1, 7)))
    const newcomer = await hostLike('debian-12-bare', `cp${size + 1}`, address(size))
    for (const healthy of subsets(size).filter((set) => set.size > 0)) {
      const now = seen(world, hosts, healthy)
      const where = `healthy: ${[...healthy].map((one) => `cp${one + 1}`).join(' ')}`
      const { problems } = plan(changed, hosts, now)
      const refused = problems.filter(({ what }) => what.en.includes('would cost the quorum')).map(({ at }) => at)
      const lost = [...healthy].filter((one) => !safe.restart(all, healthy, one)).map((one) => `root@${address(one)}:22`)
      expect(refused, where).toEqual(lost)
      const view = etcdView(membersOf(hosts, now), now)
      for (const one of all) {
        const removal = removalOf(hosts, now, `cp${one + 1}`)
        const allowed = typeof removal !== 'string' && 'votes' in removal && removal.votes?.allowed === true
        expect(allowed, `${where}; remove cp${one + 1}`).toBe(safe.remove(all, healthy, one))
        if (view.voters.length > 0 && healthy.has(one))
          expect(mayBeAway(view, { ip: address(one) }), `${where}; reboot cp${one + 1}`).toBe(safe.restart(all, healthy, one))
      }
      if (size === 7) continue
      const growth = plan(grown, more, { ...now, [address(size)]: newcomer }).problems.filter(({ at }) => at.includes(address(size)))
      const errors = growth.filter(({ severity }) => severity === 'error')
      expect(errors.length === 0, `${where}; add cp${size + 1}: ${errors.map(({ what }) => what.en).join()}`).toBe(
        acceptsMember(size, healthy.size),
      )
    }
  })
})

describe('a host that is no member any more, or not yet', () => {
  const problemsFor = (given: Rotation): string[] =>
    plan(given.cluster, given.hosts, given.world)
      .problems.filter(({ severity }) => severity === 'error')
      .map(({ what, exit }) => `${exit} ${what.en}`)
  const bare = (index: number): Promise<Facts> => hostLike('debian-12-bare', `cp${index + 1}`, address(index))

  test('installed anew: it may not vote with an empty memory, a replacement is asked for', async () => {
    const three = await rotation(3)
    const world = { ...three.world, [address(1)]: await bare(1) }
    expect(problemsFor({ ...three, world })).toEqual([
      '3 etcd knows cp2 as a member, but its data are gone: the host was installed anew, or its disk is another one',
    ])
  })

  test('installed anew while the others cannot answer: not founded again from the list of then', async () => {
    const three = await rotation(3)
    const silent = { ...(three.world[address(2)] as Facts), etcdMembers: [], api: 'down' as const, nodes: [] }
    const world = { [address(0)]: await bare(0), [address(2)]: silent }
    expect(problemsFor({ ...three, world })).toContain(
      '3 etcd does not answer on any host, and this one has no data: founding it anew would lose the cluster',
    )
  })

  test('founded but never started: it joins where its fellows wait for it', async () => {
    const three = await rotation(3)
    const members = listOf(three.hosts).map((one) => (one.name === 'cp3' ? { ...one, started: false } : one))
    const world = Object.fromEntries(Object.entries(three.world).map(([key, facts]) => [key, { ...facts, etcdMembers: members }]))
    const { changes, problems } = plan(three.cluster, three.hosts, { ...world, [address(2)]: await bare(2) })
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(changes.filter(({ want }) => want.kind === 'etcd-join').map(({ host }) => host)).toEqual([address(2)])
  })

  test('taken out, with its data still there: it is to be cleaned first', async () => {
    const three = await rotation(3)
    const members = listOf(three.hosts.slice(0, 2))
    const world = Object.fromEntries(
      Object.entries(three.world).map(([key, facts]) => [key, { ...facts, etcdMembers: key === address(2) ? [] : members }]),
    )
    expect(problemsFor({ ...three, world })).toEqual([
      '3 it holds data of an etcd member that is none any more: cp3 was taken out of the cluster',
    ])
  })

  test('a second member joins only when the first one is through', async () => {
    const one = await rotation(1)
    const { cluster, hosts } = clusterOf(yamlOf(3))
    const world = { ...one.world, [address(1)]: await bare(1), [address(2)]: await bare(2) }
    const { changes, problems } = plan(cluster, hosts, world)
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(changes.flatMap(({ host, want }) => (want.kind === 'etcd-join' ? [[host, want.endpoints]] : []))).toEqual([
      [address(1), [`https://${address(0)}:2379`]],
      [address(2), [`https://${address(0)}:2379`]],
    ])
    // The one that runs is not touched.
    expect(changes.filter(({ host, want }) => host === address(0) && want.kind === 'unit')).toEqual([])
  })
})

describe('removalOf', () => {
  test('names the healthy member that takes the vote away, never the leaving one', async () => {
    const three = await rotation(3)
    const removal = removalOf(three.hosts, three.world, 'cp1')
    expect(removal).toMatchObject({
      name: 'cp1',
      alive: true,
      member: { id: '0' },
      delegate: { nodeName: 'cp2' },
      voter: { nodeName: 'cp2' },
    })
    expect(removalOf(three.hosts, three.world, address(0))).toMatchObject({ name: 'cp1' })
  })

  test('of a dead one', async () => {
    const three = await rotation(3)
    const world = seen(three.world, three.hosts, new Set([1, 2]))
    expect(removalOf(three.hosts, world, 'cp1')).toMatchObject({
      alive: false,
      votes: { members: 3, healthy: 2, membersAfter: 2, healthyAfter: 2, needed: 2, allowed: true },
    })
  })

  test('of one whose line is gone', async () => {
    const three = await rotation(3)
    expect(removalOf(three.hosts.slice(0, 2), three.world, 'cp3')).toMatchObject({
      entry: undefined,
      alive: false,
      node: { name: 'cp3' },
      member: { id: '2' },
    })
  })

  test('of the last control plane, and with nobody to do it', async () => {
    const [one, three] = [await rotation(1), await rotation(3)]
    expect(removalOf(one.hosts, one.world, 'cp1')).toBe('last')
    expect(removalOf(three.hosts, seen(three.world, three.hosts, new Set([0])), 'cp3')).toBe('silent')
  })

  test('of none while a word may mean several', async () => {
    const three = await rotation(3)
    const nodes = three.hosts.map((host) => ({ ...host, address: '203.0.113.9', key: `203.0.113.9:${2201 + host.index}` }))
    const world = Object.fromEntries(nodes.map(({ key }, index) => [key, three.world[address(index)] as Facts]))
    expect(removalOf(nodes, world, '203.0.113.9')).toMatchObject({
      at: '203.0.113.9',
      what: { en: 'it names several hosts: 203.0.113.9:2201 (cp1), 203.0.113.9:2202 (cp2), 203.0.113.9:2203 (cp3)' },
      exit: 2,
    })
    for (const word of ['cp2', '203.0.113.9:2202']) expect(removalOf(nodes, world, word)).toMatchObject({ name: 'cp2' })
  })
})

describe('the entries that a word means', () => {
  const entries = [
    { key: '203.0.113.9:2201', address: '203.0.113.9', nodeName: 'cp1' },
    { key: '203.0.113.9:2202', address: '203.0.113.9', nodeName: '203.0.113.9' },
    { key: 'w1', address: 'w1', nodeName: 'w2' },
    { key: '10.0.0.9', address: '10.0.0.9', nodeName: 'w1' },
    { key: '10.0.0.10:22', address: '10.0.0.10', nodeName: 'w3' },
    { key: '10.0.0.10:2222', address: '10.0.0.10', nodeName: '10.0.0.9' },
  ] as Member[]
  const keys = (word: string): string[] => entriesNamed(entries, word).map(({ key }) => key)

  test.each([
    ['a name', 'cp1', ['203.0.113.9:2201']],
    ['a key', '203.0.113.9:2202', ['203.0.113.9:2202']],
    ['an address of two, the name of neither: a silent host is only called by it', '203.0.113.9', ['203.0.113.9:2201', '203.0.113.9:2202']],
    ['the key of one and the name of another', 'w1', ['w1', '10.0.0.9']],
    ['a key before an address', '10.0.0.10:22', ['10.0.0.10:22']],
    ['nobody', 'w9', []],
  ])('%s', (_, word, expected) => expect(keys(word)).toEqual(expected))

  test('one is no ambiguity, and several are named with what tells them apart', () => {
    expect(ambiguity('w9', entries.slice(0, 1))).toBeUndefined()
    expect(ambiguity('203.0.113.9', entries.slice(0, 2))?.what).toEqual({
      en: 'it names several hosts: 203.0.113.9:2201 (cp1), 203.0.113.9:2202',
      zh: '对应多台主机：203.0.113.9:2201 (cp1)、203.0.113.9:2202',
    })
  })
})

describe('isHoldingPlace: whether there is anything to replace', () => {
  test('a living member holds it, a bare host in its place does not', async () => {
    const three = await rotation(3)
    const of = (world: World): boolean => {
      const removal = removalOf(three.hosts, world, 'cp2')
      if (typeof removal === 'string' || 'what' in removal) throw new Error(JSON.stringify(removal))
      return isHoldingPlace(removal, world)
    }
    expect(of(three.world)).toBe(true)
    const facts = three.world[address(1)] as Facts
    const down = { ...facts, etcdMembers: [], units: { ...facts.units, etcd: { ...facts.units.etcd, active: 'failed' } } } as Facts
    expect(of({ ...three.world, [address(1)]: down })).toBe(true)
    expect(of({ ...three.world, [address(1)]: await hostLike('debian-12-bare', 'cp2', address(1)) })).toBe(false)
  })
})

test('a line that is deleted of a member whose Node nothing was set on yet: the member is missed', async () => {
  const three = await rotation(3)
  const unset = (facts: Facts): Facts => ({
    ...facts,
    nodes: facts.nodes.map((one) => (one.name === 'cp3' ? { ...one, managed: '' } : one)),
  })
  const world = Object.fromEntries(three.hosts.slice(0, 2).map(({ key }) => [key, unset(three.world[key] as Facts)]))
  const { cluster, hosts } = clusterOf(yamlOf(2))
  expect(plan(cluster, hosts, world).problems.map(({ exit, what }) => `${exit} ${what.en}`)).toContain(
    '3 the etcd member cp3 is in the cluster but not in the file',
  )
})

describe('a role that the file takes away', () => {
  const withRoles = (roles: readonly string[]): string =>
    [
      'cluster_name: x\nkubernetes_version: v1.36.3\nnodes:\n',
      ...roles.map((role, index) => `  - {address: ${address(index)}, role: [${role}], hostname_override: cp${index + 1}}\n`),
    ].join('')
  const errors = async (roles: readonly string[]): Promise<string[]> => {
    const three = await rotation(3)
    const { cluster, hosts } = clusterOf(withRoles(roles))
    const problems = plan(cluster, hosts, three.world).problems.filter(({ severity }) => severity === 'error')
    return [...new Set(problems.map(({ exit, at }) => `${exit} ${at}`))]
  }

  test.each([
    [['control-plane', 'control-plane', 'worker'], ['2 cluster.yml:6:5 nodes[2].role']],
    [['control-plane, etcd', 'control-plane, etcd', 'control-plane'], ['2 cluster.yml:6:5 nodes[2].role']],
    [['control-plane', 'control-plane', 'control-plane, worker'], []],
  ])('%j', async (roles, expected) => {
    expect(await errors(roles)).toEqual(expected)
  })
})

test('a worker becomes a control plane: its balancer goes before the API server that needs its port', async () => {
  const yaml = (role: string): string => yamlOf(1, `  - {address: ${address(1)}, role: [${role}], hostname_override: w1}\n`)
  const before = clusterOf(yaml('worker'))
  const bare = {
    [address(0)]: await hostLike('debian-12-bare', 'cp1', address(0)),
    [address(1)]: await hostLike('debian-12-bare', 'w1', address(1)),
  }
  const { world } = converge(before.cluster, before.hosts, bare)
  const after = clusterOf(yaml('control-plane'))
  const cp1 = { ...(world[address(0)] as Facts), etcdMembers: listOf(before.hosts.slice(0, 1)) }
  const { changes, problems } = plan(after.cluster, after.hosts, { ...world, [address(0)]: cp1 })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  const ids = changes.filter(({ host }) => host === address(1)).map(({ id }) => id)
  expect(ids).toContain('etcd-join w1')
  expect(ids.indexOf('unit-absent kube-apiserver-balancer')).toBeGreaterThan(ids.indexOf('etcd-promote w1'))
  expect(ids.indexOf('unit kube-apiserver')).toBeGreaterThan(ids.indexOf('unit-absent kube-apiserver-balancer'))
})

test('peerUrl is what etcd lists', () => {
  expect(peerUrl({ ip: '10.0.0.11' })).toBe('https://10.0.0.11:2380')
})
