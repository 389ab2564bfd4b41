import { describe, expect, test } from 'vitest'
import { isAddressKnown, membersOf } from '../../src/cluster/members.ts'
import { plan } from '../../src/engine/plan.ts'
import type { World } from '../../src/cluster/world.ts'
import type { Facts } from '../../src/hosts/facts.ts'
import { clusterOf, hostLike } from '../engine/scenarios.ts'
import { rotation } from '../engine/support.ts'

// A host that does not answer, reached by a name, by an address from outside, or by the one of a gateway.

type Entry = Readonly<{ address: string; role: string; more?: string; hostname: string; own: string }>

const keyOf = ({ address, more = '' }: Entry): string => {
  const port = /port: (\d+)/.exec(more)?.[1]
  return port === undefined ? address : `${address}:${port}`
}

/** The cluster of these entries as it stands, and as it is seen when the second one is dead: the first speaks for it. */
const degraded = async (entries: readonly Entry[]) => {
  const nodes = entries.map(({ address, role, more = '' }) => `  - {address: ${address}, user: root, role: [${role}]${more}}\n`)
  const { cluster, hosts } = clusterOf(`cluster_name: far\nkubernetes_version: v1.36.3\nmirrors: none\nnodes:\n${nodes.join('')}`)
  const machines = entries.map(
    async (one) => [keyOf(one), { ...(await hostLike('debian-12-bare', one.hostname, one.own)), defaultRoute: 'eth0' }] as const,
  )
  const bare: World = Object.fromEntries(await Promise.all(machines))
  const dead = hosts[1]?.key ?? ''
  const without = (world: World): World => Object.fromEntries(Object.entries(world).filter(([key]) => key !== dead))
  return { cluster, hosts, bare: without(bare), world: without(rotation(cluster, hosts, bare)) }
}

const planes = (of: (index: number) => Pick<Entry, 'address' | 'more'>): Entry[] => [
  ...[1, 2, 3].map((index) => ({ ...of(index), role: 'control-plane', hostname: `cp${index}`, own: `10.0.0.1${index}` })),
  { ...of(4), role: 'worker', hostname: 'w1', own: '10.0.0.21' },
]
const nameOf = (index: number): string => (index === 4 ? 'w1' : `cp${index}`)
const named = (index: number): string => `, hostname_override: ${nameOf(index)}`
const apart = (more: (index: number) => string): Entry[] => [
  ...[1, 2, 3].map((index) => ({
    address: `203.0.113.${index}`,
    role: 'etcd',
    more: more(index),
    hostname: `e${index}`,
    own: `10.0.0.${index}`,
  })),
  { address: '203.0.113.11', role: 'control-plane', hostname: 'cp1', own: '10.0.0.11' },
]

describe('a dead control plane or etcd host', () => {
  test.each<[string, Entry[], string, string]>([
    ['reached by a DNS name', planes((index) => ({ address: `${nameOf(index)}.example.com`, more: named(index) })), 'cp2', '10.0.0.12'],
    [
      'behind a gateway',
      planes((index) => ({ address: '203.0.113.9', more: `, port: ${2200 + index}${named(index)}` })),
      'cp2',
      '10.0.0.12',
    ],
    ['reached from outside, with a Node', planes((index) => ({ address: `203.0.113.${index}`, more: named(index) })), 'cp2', '10.0.0.12'],
    ['reached from outside, without a Node', apart((index) => `, hostname_override: e${index}`), 'e2', '10.0.0.2'],
    ['reached by its own address', planes((index) => ({ address: index === 4 ? '10.0.0.21' : `10.0.0.1${index}` })), 'cp2', '10.0.0.12'],
    ['whose name is that of its Node', planes((index) => ({ address: nameOf(index) })), 'cp2', '10.0.0.12'],
  ])('%s has the address by which the others know it, and they are left as they are', async (_, entries, nodeName, ip) => {
    const { cluster, hosts, world } = await degraded(entries)
    expect(membersOf(hosts, world)[1]).toMatchObject({ nodeName, ip })
    expect(plan(cluster, hosts, world)).toEqual({ changes: [], problems: [] })
  })

  test.each<[string, Entry[]]>([
    ['reached by a DNS name', planes((index) => ({ address: `${nameOf(index)}.example.com` }))],
    ['behind a gateway', planes((index) => ({ address: '203.0.113.9', more: `, port: ${2200 + index}` }))],
    ['reached from outside', planes((index) => ({ address: `203.0.113.${index}` }))],
    ['with etcd alone, reached from outside', apart(() => '')],
  ])('%s, whose name only it knows, stops the run before anything is touched; `internal_address` goes on', async (_, entries) => {
    const { cluster, hosts, world } = await degraded(entries)
    const { changes, problems } = plan(cluster, hosts, world)
    expect(changes).toEqual([])
    expect(problems.map(({ exit, severity, what }) => `${severity} ${exit} ${what.en}`)).toEqual([
      'error 4 it does not answer and its internal address is not known',
    ])
    const written = hosts.map((host, index) => (index === 1 ? { ...host, internalAddress: entries[1]?.own ?? '' } : host))
    expect(plan(cluster, written, world)).toEqual({ changes: [], problems: [] })
  })

  test('behind a gateway that is itself a node is not taken for that node', async () => {
    const entries = planes((index) => ({ address: '10.0.0.21', more: `, port: ${2200 + index}` }))
    const { hosts, world } = await degraded(entries)
    expect(membersOf(hosts, world)[1]).toMatchObject({ nodeName: '10.0.0.21', ip: '' })
  })

  test('stops the run for the workers too when no control plane answers', async () => {
    const { cluster, hosts, world } = await degraded(planes((index) => ({ address: `${nameOf(index)}.example.com` })))
    const worker = Object.fromEntries(Object.entries(world).filter(([key]) => key.startsWith('w1')))
    const { changes, problems } = plan(cluster, hosts, worker)
    expect([changes, problems.map(({ at }) => at)]).toEqual([[], [1, 2, 3].map((index) => `root@cp${index}.example.com:22`)])
  })
})

describe('before anybody knows it', () => {
  const known = async (address: string, prefix = 24): Promise<boolean | undefined> => {
    const entries = planes((index) => ({ address: index === 2 ? address : index === 4 ? '10.0.0.21' : `10.0.0.1${index}` }))
    const { hosts, bare } = await degraded(entries)
    const world = Object.fromEntries(
      Object.entries(bare).map(([key, facts]): [string, Facts] => [
        key,
        { ...facts, addresses: facts.addresses.map((one) => ({ ...one, prefix })) },
      ]),
    )
    const members = membersOf(hosts, world)
    return members[1] && isAddressKnown(members[1], members, world)
  }

  test.each([
    ['10.0.0.12', 24, true],
    ['10.0.0.12', 32, false],
    ['203.0.113.2', 24, false],
    ['cp2.example.com', 24, false],
  ])('the ssh address %s among hosts of a /%i is more than a guess: %s', async (address, prefix, expected) => {
    expect(await known(address, prefix)).toBe(expected)
  })
})
