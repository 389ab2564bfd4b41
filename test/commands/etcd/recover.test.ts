import { describe, expect, test } from 'vitest'
import { recoverSession } from '../../../src/commands/etcd/recover.ts'
import type { Session } from '../../../src/run/session.ts'
import type { Output, Transport } from '../../../src/hosts/transport.ts'
import { clusterOf, hostLike } from '../../engine/scenarios.ts'
import { converge } from '../../engine/support.ts'
import { fakeIo, options } from '../support.ts'

/** A cluster without a quorum, of hosts that do what they are told and remember it; what `fails` names does not succeed. */
const sessionOf = async (nodes: Readonly<Record<string, string>>, fails = '') => {
  const lines = Object.entries(nodes).map(
    ([name, role], index) => `  - {address: 10.0.0.1${index}, role: [${role}], hostname_override: ${name}}\n`,
  )
  const { cluster, hosts } = clusterOf(`cluster_name: x\nkubernetes_version: v1.36.3\nnodes:\n${lines.join('')}`)
  const bare = await Promise.all(hosts.map(async ({ key, name = '' }) => [key, await hostLike('debian-12-bare', name, key)] as const))
  const { world } = converge(cluster, hosts, Object.fromEntries(bare))
  const ran: string[] = []
  const transport = (key: string, name = ''): Transport => ({
    label: `root@${key}:22`,
    async *run(script): AsyncGenerator<Output, void> {
      const purpose = purposeOf(script)
      if (purpose === 'lock') yield { stream: 'stdout', line: 'held' }
      else ran.push(`${name} ${purpose}`)
      yield { exit: `${name} ${purpose}` === fails ? 1 : 0 }
    },
    async [Symbol.asyncDispose]() {},
  })
  const session: Session = {
    intent: { file: 'cluster.yml', config: cluster.config, hosts, cluster, warnings: [], ownAuthorities: {} },
    fleet: {
      transports: new Map(hosts.map(({ key, name }) => [key, transport(key, name)])),
      problems: [],
      async [Symbol.asyncDispose]() {},
    },
    world: Object.fromEntries(
      hosts.map(({ key, roles }) => [key, { ...(world[key] ?? expect.fail()), etcdData: roles.etcd, etcdMembers: [] }]),
    ),
    problems: [],
  }
  return { session, ran }
}

/** What a script is for, by words that only it has. */
const purposeOf = (script: string): string =>
  (
    [
      ['lock', /flock -n 8/],
      ['survive', /force-new-cluster/],
      ['give-up', /disable --now --quiet etcd/],
      ['api', /restart --no-block kube-apiserver/],
      ['controllers', /restart --no-block kube-controller-manager/],
    ] as const
  ).find(([, pattern]) => pattern.test(script))?.[0] ?? expect.fail(script)

const sure = options({ flags: { confirm: 'x' } })

describe('the control planes that go on restart, the API servers first, one host after the other', () => {
  test.each<[string, Record<string, string>, string, string[]]>([
    [
      'etcd on its own hosts',
      { e1: 'etcd', e2: 'etcd', e3: 'etcd', cp1: 'control-plane', cp2: 'control-plane' },
      'e1',
      ['e2 give-up', 'e3 give-up', 'e1 survive', 'cp1 api', 'cp2 api', 'cp1 controllers', 'cp2 controllers'],
    ],
    [
      'one control plane without etcd',
      { cp1: 'control-plane, etcd', cp2: 'control-plane, etcd', cp3: 'control-plane' },
      'cp1',
      ['cp2 give-up', 'cp1 survive', 'cp1 api', 'cp3 api', 'cp1 controllers', 'cp3 controllers'],
    ],
    [
      'etcd on every control plane',
      { cp1: 'control-plane', cp2: 'control-plane', cp3: 'control-plane' },
      'cp2',
      ['cp1 give-up', 'cp3 give-up', 'cp2 survive', 'cp2 api', 'cp2 controllers'],
    ],
  ])('%s', async (_, nodes, survivor, expected) => {
    const { session, ran } = await sessionOf(nodes)
    const { io, printed } = fakeIo()
    expect(await recoverSession(session, survivor, sure, io), printed.err).toBe(0)
    expect(ran).toEqual(expected)
  })

  test.each(['en', 'zh'] as const)('one that does not is named, with the way out, and holds up no other (%s)', async (language) => {
    const { session, ran } = await sessionOf({ e1: 'etcd', cp1: 'control-plane', cp2: 'control-plane' }, 'cp1 api')
    const { io, printed } = fakeIo(language)
    expect(await recoverSession(session, 'e1', sure, io)).toBe(5)
    expect(ran).toContain('cp2 controllers')
    expect(printed.err).toMatch(language === 'zh' ? /cp1 的控制平面未能重启/ : /The control plane on cp1 did not restart/)
    expect(printed.err).toContain('systemctl restart kube-apiserver kube-controller-manager kube-scheduler')
  })
})

test('nothing restarts where the survivor did not recover', async () => {
  const { session, ran } = await sessionOf({ e1: 'etcd', e2: 'etcd', cp1: 'control-plane' }, 'e1 survive')
  const { io, printed } = fakeIo()
  expect(await recoverSession(session, 'e1', sure, io)).toBe(5)
  expect(ran).toEqual(['e2 give-up', 'e1 survive'])
  expect(printed.err).toContain('The same command goes on from here')
})

describe('a name that is no choice is refused, and no host is touched', () => {
  const named = async (hostnames: readonly string[]) => {
    const { session, ran } = await sessionOf({ e1: 'etcd', e2: 'etcd', cp1: 'control-plane' })
    const hosts = session.intent.hosts.map(({ name: _, ...host }) => host)
    const world = Object.fromEntries(
      hosts.map(({ key }, index) => [key, { ...(session.world[key] ?? expect.fail()), hostname: hostnames[index] ?? '' }]),
    )
    return { session: { ...session, intent: { ...session.intent, hosts }, world }, ran }
  }

  test('two members have it', async () => {
    const { session, ran } = await named(['debian', 'debian', 'cp1'])
    const { io, printed } = fakeIo()
    expect(await recoverSession(session, 'debian', sure, io)).toBe(2)
    expect(printed.err).toContain('it names several hosts: 10.0.0.10 (debian), 10.0.0.11 (debian)')
    expect(ran).toEqual([])
    expect(await recoverSession(session, '10.0.0.11', sure, io), printed.err).toBe(0)
    expect(ran.slice(0, 2)).toEqual(['e1 give-up', 'e2 survive'])
  })

  test('no member has it', async () => {
    const { session, ran } = await named(['e1', 'e2', 'cp1'])
    const { io, printed } = fakeIo()
    expect(await recoverSession(session, 'cp1', sure, io)).toBe(2)
    expect(printed.err).toContain('cluster.yml has no member of etcd with that name')
    expect(ran).toEqual([])
  })
})
