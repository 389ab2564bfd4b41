import { describe, expect, test } from 'vitest'
import { membersOf } from '../../src/cluster/members.ts'
import { plan, simulate } from '../../src/engine/plan.ts'
import type { World } from '../../src/cluster/world.ts'
import { Secret } from '../../src/shell/quote.ts'
import { sourcesOf } from '../../src/mirrors/sources.ts'
import { kindOf } from '../../src/resources/index.ts'
import type { Cluster } from '../../src/cluster/types.ts'
import { containerdProxy, operatorProxy, scriptProxy } from '../../src/steps/proxy.ts'
import { scenarioNamed } from '../engine/scenarios.ts'
import { converge } from '../engine/support.ts'

const one = scenarioNamed('single-node')
const HOST = '10.0.0.11'
const OWN = '/etc/containerd/certs.d/registry.corp:5000/hosts.toml'
const { world: done } = converge(one.cluster, one.hosts, one.world)

const changed = (cluster: Cluster, world: World = done) => plan(cluster, one.hosts, world).changes
const facts = (world: World) => world[HOST]?.paths ?? {}

describe('credentials of a registry', () => {
  test('lie on the host for root alone, and in nothing that is shown', () => {
    expect(facts(done)[OWN]).toMatchObject({ mode: '0600', owner: 'root:root' })
    expect(JSON.stringify(facts(done))).not.toContain('aGlkZGVu')
    const first = plan(one.cluster, one.hosts, one.world)
    const change = first.changes.find(({ id }) => id === `file ${OWN}`)
    expect(change?.difference.diff).toContain('+[header]')
    expect(JSON.stringify(first)).not.toContain('aGlkZGVu')
    expect(change && kindOf(change.want).script(change.want, change.difference, {})).toContain(
      'Authorization = "Basic cHVsbGVyOmhpZGRlbg=="',
    )
  })

  test('another password is a change, told without it; nothing restarts', () => {
    const logins = { ...one.cluster.logins, 'docker.io': new Secret('Basic bmV3') }
    const changes = changed({ ...one.cluster, logins })
    expect(changes.map(({ id, difference }) => [id, difference])).toEqual([
      [
        'file /etc/containerd/certs.d/docker.io/hosts.toml',
        { verb: 'update', reason: { en: 'its credentials changed', zh: '凭据有变化' } },
      ],
    ])
  })

  test('passwords that a run has not read are not compared, and never written', () => {
    const { logins: _, ...cluster } = one.cluster
    expect(changed(cluster)).toEqual([])
    const [change] = changed(cluster, one.world).filter(({ id }) => id === `file ${OWN}`)
    expect(() => change && kindOf(change.want).script(change.want, change.difference, {})).toThrow('were not read')
  })

  test('go with the registry, and so does its CA; files of others stay', () => {
    const config = { ...one.cluster.config, private_registries: [] }
    const cluster = { ...one.cluster, config, sources: sourcesOf(config.mirrors) }
    const theirs = { type: 'file', mode: '0644', owner: 'root:root', sha256: 'x', text: 'server = "https://x"\n' } as const
    const path = '/etc/containerd/certs.d/other.corp/hosts.toml'
    const world: World = { [HOST]: { ...done[HOST]!, paths: { ...facts(done), [path]: theirs } } }
    const changes = changed(cluster, world)
    const removed = changes.filter(({ want }) => want.kind === 'absent').map(({ id }) => id)
    expect(removed).toContain(`absent ${OWN}`)
    expect(removed).toContain('absent /etc/containerd/certs.d/registry.corp:5000/ca.crt')
    expect(removed).toHaveLength(8)
    expect(Object.keys(facts(simulate(world, changes))).filter((name) => name.includes('certs.d/'))).toEqual([path])
  })
})

describe('the proxy', () => {
  const { config } = one.cluster
  const member = membersOf(one.hosts, one.world)[0]!
  const context = (scope: readonly ('hosts' | 'containerd' | 'operator')[]) => ({
    config: { ...config, proxy: { ...config.proxy!, scope: [...scope] } },
    member,
    members: [member],
    world: one.world,
  })
  const names = (variables: object): string[] => Object.keys(variables)

  test.each([
    { scope: ['hosts'] as const, scripts: true, containerd: true, operator: false },
    { scope: ['containerd'] as const, scripts: false, containerd: true, operator: false },
    { scope: ['operator'] as const, scripts: false, containerd: false, operator: true },
  ])('for $scope', ({ scope, scripts, containerd, operator }) => {
    const own = context(scope)
    expect(names(scriptProxy(own.config, one.hosts, one.world))).toEqual([
      ...(scripts ? ['http_proxy', 'https_proxy'] : []),
      'no_proxy',
      'NO_PROXY',
    ])
    expect(names(containerdProxy(own))).toEqual(containerd ? ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] : [])
    expect(names(operatorProxy(own.config, one.hosts))).toEqual(operator ? ['http_proxy', 'https_proxy', 'no_proxy'] : [])
  })

  test("the cluster's own is never asked through it; another node changes nothing of containerd's", () => {
    expect(scriptProxy(config, one.hosts, one.world).no_proxy).toBe(
      '.corp,localhost,127.0.0.1,10.244.0.0/16,10.96.0.0/12,.svc,.cluster.local,10.0.0.11',
    )
    expect(containerdProxy(context(['hosts'])).NO_PROXY).toMatch(/,10\.0\.0\.0\/24$/)
  })

  test('a place of our own in a range of no_proxy stands in it by its address, which apt understands', () => {
    const inRange = {
      ...config,
      proxy: { ...config.proxy!, no_proxy: ['10.9.0.0/16'] },
      mirrors: { ...config.mirrors, files: ['http://10.9.0.5:8080/files'], images: ['http://10.10.0.5:5000'] },
    }
    expect(scriptProxy(inRange, one.hosts, one.world).no_proxy?.split(',').slice(-2)).toEqual(['10.0.0.11', '10.9.0.5'])
  })

  describe('of a cluster whose hosts are reached from outside', () => {
    // cluster.yml knows public addresses; the hosts show private ones, the third in a network of its own.
    const seen: Readonly<Record<string, string>> = { '203.0.113.1': '10.1.0.1', '203.0.113.2': '10.1.0.2', '203.0.113.3': '10.2.0.3' }
    const hosts = Object.keys(seen).map((key) => ({ ...one.hosts[0]!, key, address: key }))
    const world: World = Object.fromEntries(
      Object.entries(seen).map(([key, address]) => [
        key,
        { ...one.world[HOST]!, defaultRoute: 'eth0', addresses: [{ device: 'eth0', address, prefix: 24 }] },
      ]),
    )
    const contextIn = (world: World) => {
      const members = membersOf(hosts, world)
      return { config: context(['hosts']).config, member: members[0]!, members, world }
    }

    test('is asked for none of the addresses that any of them shows', () => {
      const { no_proxy, NO_PROXY } = scriptProxy(config, hosts, world)
      for (const address of [...Object.keys(seen), ...Object.values(seen)]) expect(no_proxy?.split(',')).toContain(address)
      expect(NO_PROXY).toBe(no_proxy)
      expect(containerdProxy(contextIn(world)).NO_PROXY).toMatch(/,10\.1\.0\.0\/24,10\.2\.0\.0\/24$/)
    })

    test("a host that does not answer changes nothing of containerd's, as long as others know its address", () => {
      const { '203.0.113.3': _, ...rest } = world
      const knows = { name: hosts[2]!.name ?? hosts[2]!.key, address: '10.2.0.3' }
      const silent = {
        ...rest,
        '203.0.113.1': {
          ...rest['203.0.113.1']!,
          nodes: [{ ...converge(one.cluster, one.hosts, one.world).world[HOST]!.nodes[0]!, ...knows }],
        },
      }
      expect(containerdProxy(contextIn(silent)).NO_PROXY).toBe(containerdProxy(contextIn(world)).NO_PROXY)
    })
  })

  test('no_proxy is told to the scripts without a proxy too: apt may have one of its own', () => {
    const { proxy: _, ...without } = config
    expect(names(scriptProxy(without, one.hosts, one.world))).toEqual(['no_proxy', 'NO_PROXY'])
  })
})
