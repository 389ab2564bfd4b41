import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { node } from '../../../src/commands/node/index.ts'
import { quorumHolds, reboot, rebootNode } from '../../../src/commands/node/reboot.ts'
import { dropPath } from '../../../src/resources/paths.ts'
import { removeNode } from '../../../src/commands/node/remove.ts'
import { replaceNode } from '../../../src/commands/node/replace.ts'
import {
  deleteNodeScript,
  drainScript,
  rebootScript,
  removeMemberScript,
  stopScript,
  uncordonScript,
  upScript,
} from '../../../src/commands/node/scripts.ts'
import type { Io, Options } from '../../../src/run/types.ts'
import type { Session } from '../../../src/run/session.ts'
import { membersOf } from '../../../src/cluster/members.ts'
import { PRELUDE } from '../../../src/shell/texts.ts'
import { ownPart } from '../../shell/script.ts'
import type { World } from '../../../src/cluster/world.ts'
import type { Facts } from '../../../src/hosts/facts.ts'
import type { Output, Transport } from '../../../src/hosts/transport.ts'
import { clusterOf, hostLike } from '../../engine/scenarios.ts'
import { converge } from '../../engine/support.ts'
import { fakeIo, options } from '../support.ts'

const YAML = [
  'cluster_name: x\nkubernetes_version: v1.36.3\nnodes:\n',
  ...[1, 2, 3].map((number) => `  - {address: 10.0.0.1${number}, role: [control-plane], hostname_override: cp${number}}\n`),
  '  - {address: 10.0.0.21, role: [worker], hostname_override: w1}\n',
].join('')
const { cluster, hosts } = clusterOf(YAML)

const bare = Object.fromEntries(
  await Promise.all(hosts.map(async ({ key, name = '' }) => [key, await hostLike('debian-12-bare', name, key)] as const)),
)
const MEMBERS = hosts
  .filter(({ roles }) => roles.etcd)
  .map(({ name = '', key }) => ({ id: `id-${name}`, started: true, name, peer: `https://${key}:2380`, learner: false }))
const NODES = hosts.map(({ name = '', key }) => ({
  ...{
    name,
    kubelet: 'v1.36.3',
    ready: true,
    unschedulable: false,
    labels: {},
    taints: [],
    managed: '{}',
    address: key,
    podCidr: '',
    drained: false,
  },
}))
const installed = converge(cluster, hosts, bare).world
const WHOLE: World = Object.fromEntries(
  Object.entries(installed).map(([key, facts]) => [
    key,
    key.startsWith('10.0.0.1') ? { ...facts, etcdMembers: MEMBERS, nodes: NODES, api: 'ready' as const } : facts,
  ]),
)

/** What a script is for, by words that only it has. */
const purposeOf = (script: string): string =>
  (
    [
      ['lock', /flock -n 8/],
      ['survey', /etcd\\t/],
      ['reset', /^reset\(\) \{/m],
      ['pods', /^pods_of /m],
      ['drain', /^drain_node /m],
      ['stop', /systemctl stop kubelet/],
      ['remove-member', /member remove/],
      ['delete-node', /delete node/],
    ] as const
  ).find(([, pattern]) => pattern.test(script))?.[0] ?? expect.fail(`an unknown script:\n${ownPart(script)}`)

/** What changes nothing. */
const LOOKS: ReadonlySet<string> = new Set(['lock', 'survey', 'pods'])

/** A session with hosts that do what they are told and remember it; `without` do not answer. */
const sessionWith = (world: World, without: readonly string[] = [], fails = '', pods: readonly string[] = []) => {
  const ran: string[] = []
  const transport = (key: string): Transport => ({
    label: `root@${key}:22`,
    async *run(script, { input } = {}): AsyncGenerator<Output, void> {
      const purpose = purposeOf(script)
      const name = hosts.find((host) => host.key === key)?.name
      if (!LOOKS.has(purpose)) ran.push(`${name} ${purpose}`)
      if (purpose === 'lock') yield { stream: 'stdout', line: 'held' }
      // As long as heartbeats come.
      for await (const _ of input ?? []);
      if (purpose === 'pods') for (const line of pods) yield { stream: 'stdout', line }
      if (purpose === 'survey') for (const line of ['present\tyes', 'end\tok']) yield { stream: 'stdout', line }
      yield { exit: purpose === fails ? 1 : 0 }
    },
    async [Symbol.asyncDispose]() {},
  })
  const here = hosts.filter(({ key }) => !without.includes(key))
  const fleet = {
    transports: new Map(here.map(({ key }) => [key, transport(key)])),
    problems: [],
    async [Symbol.asyncDispose]() {},
  }
  const seen = Object.fromEntries(Object.entries(world).filter(([key]) => !without.includes(key)))
  const session: Session = {
    intent: { file: 'cluster.yml', config: cluster.config, hosts, cluster, warnings: [], ownAuthorities: {} },
    fleet,
    world: seen,
    problems: [],
  }
  return { session, ran }
}

/** With hosts that look the second time as they did the first. */
const removed = (session: Session, word: string, how: Options, io: Io): Promise<number> =>
  removeNode(session, word, how, io, async () => ({ world: session.world, problems: [] }))

const yes = options({ yes: true, flags: {} })
const force = options({ yes: true, flags: { force: true } })

describe('node remove', () => {
  test('a control plane: drained, stopped, its vote taken by another, its Node deleted, its host cleaned, in this order', async () => {
    const { session, ran } = sessionWith(WHOLE)
    const { io, printed } = fakeIo()
    expect(await removed(session, 'cp1', yes, io)).toBe(0)
    expect(ran).toEqual(['cp2 drain', 'cp1 stop', 'cp2 remove-member', 'cp2 delete-node', 'cp1 reset'])
    expect(printed.err).toContain('3 of 3 members are healthy; without cp1 2 of 2, and 2 are needed.')
    expect(printed.err).toContain('Delete its entry (cluster.yml:4:5 nodes[0])')
  })

  test('a worker: no vote to take', async () => {
    const { session, ran } = sessionWith(WHOLE)
    const { io, printed } = fakeIo()
    expect(await removed(session, 'w1', yes, io)).toBe(0)
    expect(ran).toEqual(['cp1 drain', 'w1 stop', 'cp1 delete-node', 'w1 reset'])
    expect(printed.err).not.toContain('etcd:')
  })

  const PODS = ['w1 naked local default/one u1', 'w1 made local default/web u2', 'cp1 naked - default/elsewhere u3']

  test('pods that no controller makes again stop it before anything is done, and are named', async () => {
    const { session, ran } = sessionWith(WHOLE, [], '', PODS)
    const { io, printed } = fakeIo()
    expect(await removed(session, 'w1', yes, io)).toBe(3)
    expect(ran).toEqual([])
    expect(printed.err).toContain('no controller makes these pods again after a drain: default/one.')
    expect(printed.err).toContain('set upgrade_strategy.node_drain_input.force to true')
  })

  test('with force: true they are named before anybody is asked, and those with emptyDir data are counted', async () => {
    const { session, ran } = sessionWith(WHOLE, [], '', PODS)
    const { upgrade_strategy: strategy } = session.intent.config
    const node_drain_input = { ...strategy.node_drain_input, force: true }
    const config = { ...session.intent.config, upgrade_strategy: { ...strategy, node_drain_input } }
    const { io, printed } = fakeIo()
    expect(await removed({ ...session, intent: { ...session.intent, config } }, 'w1', options({ flags: {} }), io)).toBe(2)
    expect(ran).toEqual([])
    expect(printed.err).toContain('w1: pods that are deleted, and that no controller makes again: default/one\n')
    expect(printed.err).toContain('w1: pods that lose their emptyDir data: 2\n')
  })

  test('interrupted, its last line says what may be left and how to keep the node', async () => {
    const { session } = sessionWith(WHOLE, [], 'drain')
    const aborted = new AbortController()
    const { io } = fakeIo()
    const err = (text: string): void => {
      if (text.startsWith('Draining')) aborted.abort(new Error('SIGINT'))
      if (aborted.signal.aborted) throw aborted.signal.reason
    }
    const end = removed(session, 'w1', yes, { ...io, err, signal: aborted.signal })
    await expect(end).rejects.toMatchObject({ left: { en: expect.stringContaining('to keep the node instead: slipway up') } })
  })

  test('a drain that cannot end stops everything behind it', async () => {
    const { session, ran } = sessionWith(WHOLE, [], 'drain')
    expect(await removed(session, 'cp1', yes, fakeIo().io)).toBe(5)
    expect(ran).toEqual(['cp2 drain'])
  })

  test.each(['en', 'zh'] as const)('a host that does not answer is given up only by force (%s)', async (language) => {
    const { session, ran } = sessionWith(WHOLE, ['10.0.0.11'])
    const { io, printed } = fakeIo(language)
    expect(await removed(session, 'cp1', yes, io)).toBe(4)
    expect(ran).toEqual([])
    expect(printed.err).toContain('--force')
    expect(await removed(session, 'cp1', force, io)).toBe(0)
    expect(ran).toEqual(['cp2 remove-member', 'cp2 delete-node'])
  })

  test('what would cost the quorum is refused, also by force', async () => {
    const world = { ...WHOLE, '10.0.0.12': { ...(WHOLE['10.0.0.12'] as Facts), etcdMembers: [] } }
    const { session, ran } = sessionWith(world)
    const { io, printed } = fakeIo()
    expect(await removed(session, 'cp1', force, io)).toBe(3)
    expect(ran).toEqual([])
    expect(printed.err).toContain('would cost the quorum')
  })

  test.each([
    ['another member died', { ...WHOLE, '10.0.0.12': { ...(WHOLE['10.0.0.12'] as Facts), etcdMembers: [] } }, 3, 'would cost the quorum'],
    ['it no longer answers', Object.fromEntries(Object.entries(WHOLE).filter(([key]) => key !== '10.0.0.11')), 4, 'add --force'],
  ] as const)('while the question stood, %s: nothing is done', async (_, world, exit, text) => {
    const { session, ran } = sessionWith(WHOLE)
    const { io, printed } = fakeIo()
    expect(await removeNode(session, 'cp1', yes, io, async () => ({ world, problems: [] }))).toBe(exit)
    expect(ran).toEqual([])
    expect(printed.err).toContain(text)
  })

  test('what was shown of the quorum is not said again', async () => {
    const { session } = sessionWith(WHOLE)
    const { io, printed } = fakeIo()
    await removed(session, 'cp1', yes, io)
    expect(printed.err.match(/members are healthy/g)).toHaveLength(1)
  })

  test('while etcd is not heard, nothing that may vote goes, also by force; a worker does', async () => {
    const world = Object.fromEntries(Object.entries(WHOLE).map(([key, facts]) => [key, { ...facts, etcdMembers: [] }]))
    for (const [without, word] of [
      [[], 'cp1'],
      [['10.0.0.11'], 'cp1'],
      [[], 'cp9'],
    ] as const) {
      const { session, ran } = sessionWith(world, without)
      const { io, printed } = fakeIo()
      expect(await removed(session, word, force, io)).toBe(4)
      expect(ran).toEqual([])
      expect(printed.err).toContain(`the vote of ${word} cannot be taken away`)
    }
    const { session, ran } = sessionWith(world)
    expect(await removed(session, 'w1', yes, fakeIo().io)).toBe(0)
    expect(ran).toContain('w1 reset')
  })

  test('the vote is taken by the other member also when the file has a new address for it', async () => {
    const two = MEMBERS.slice(0, 2)
    const world = Object.fromEntries(
      Object.entries(WHOLE).map(([key, facts]) => [key, facts.etcdMembers.length > 0 ? { ...facts, etcdMembers: two } : facts]),
    )
    const { session, ran } = sessionWith(world, ['10.0.0.13'])
    const moved = session.intent.hosts
      .filter(({ name }) => name !== 'cp3')
      .map((host) => (host.name === 'cp2' ? { ...host, internalAddress: '10.0.0.112' } : host))
    expect(await removed({ ...session, intent: { ...session.intent, hosts: moved } }, 'cp1', yes, fakeIo().io)).toBe(0)
    expect(ran).toContain('cp2 remove-member')
  })

  test('without a terminal and without --yes nothing is done', async () => {
    const { session, ran } = sessionWith(WHOLE)
    expect(await removed(session, 'w1', options({ flags: {} }), fakeIo().io)).toBe(2)
    expect(ran).toEqual([])
  })

  test('once out of the cluster, the same command cleans what is left on the host', async () => {
    const gone = (facts: Facts): Facts => ({ ...facts, nodes: NODES.filter(({ name }) => name !== 'w1') })
    const world = Object.fromEntries(Object.entries(WHOLE).map(([key, facts]) => [key, gone(facts)]))
    const { session, ran } = sessionWith(world)
    expect(await removed(session, 'w1', yes, fakeIo().io)).toBe(0)
    expect(ran).toEqual(['w1 stop', 'w1 reset'])
  })

  test('a name that nobody has', async () => {
    const { session } = sessionWith(WHOLE)
    expect(await removed(session, 'w9', force, fakeIo().io)).toBe(2)
  })
})

describe('node replace', () => {
  test('a living one is not replaced', async () => {
    const { session, ran } = sessionWith(WHOLE)
    const { io, printed } = fakeIo()
    expect(await replaceNode(session, 'cp1', yes, io)).toBe(3)
    expect(ran).toEqual([])
    expect(printed.err).toContain('still belongs to the cluster')
  })

  test('one whose new host does not answer', async () => {
    const { session, ran } = sessionWith(WHOLE, ['10.0.0.11'])
    expect(await replaceNode(session, 'cp1', yes, fakeIo().io)).toBe(4)
    expect(ran).toEqual([])
  })
})

describe('node reboot: whether etcd lives through it', () => {
  const holds = (world: World, name: string, all = hosts): boolean => {
    const { session } = sessionWith(world)
    const member = membersOf(all, world).find(({ nodeName }) => nodeName === name)
    return quorumHolds({ intent: { ...session.intent, hosts: all }, world }, member ?? expect.fail(name), fakeIo().io)
  }
  const { '10.0.0.13': _, ...less } = WHOLE
  const unheard = Object.fromEntries(Object.entries(WHOLE).map(([key, facts]) => [key, { ...facts, etcdMembers: [] }]))

  test('a member while all answer, not while one is missing, also not under an address that only the file has', () => {
    expect(holds(WHOLE, 'cp1')).toBe(true)
    expect(holds(less, 'cp1')).toBe(false)
    const moved = hosts.map((host) => (host.name === 'cp1' ? { ...host, internalAddress: '10.0.0.111' } : host))
    expect(holds(less, 'cp1', moved)).toBe(false)
  })

  test('no member while etcd is not heard, unless there is no other', () => {
    expect(holds(unheard, 'cp1')).toBe(false)
    expect(holds(unheard, 'w1')).toBe(true)
    expect(
      holds(
        unheard,
        'cp1',
        hosts.filter(({ name }) => name === 'cp1' || name === 'w1'),
      ),
    ).toBe(true)
  })
})

describe('an address that several hosts share is no name for one of them', () => {
  const CHOICE =
    '203.0.113.9: it names several hosts: 203.0.113.9:2201 (cp1), 203.0.113.9:2202 (cp2), 203.0.113.9:2203 (cp3), 203.0.113.9:2204 (w1)'
  const keyOf = (index: number): string => `203.0.113.9:220${index + 1}`
  const behind = hosts.map((host) => ({ ...host, address: '203.0.113.9', key: keyOf(host.index) }))
  const world = Object.fromEntries(hosts.map(({ key, index }) => [keyOf(index), WHOLE[key] as Facts]))

  test.each([
    ['remove', removeNode],
    ['replace', replaceNode],
  ])('node %s', async (_, work) => {
    const { session, ran } = sessionWith(WHOLE)
    const { io, printed } = fakeIo()
    expect(await work({ ...session, intent: { ...session.intent, hosts: behind }, world }, '203.0.113.9', force, io)).toBe(2)
    expect(ran).toEqual([])
    expect(printed.err).toContain(CHOICE)
  })

  test('node reboot: before anything else, also of the hosts that are named before it', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'slipway-node-'))
    const file = join(dir, 'cluster.yml')
    let port = 2201
    writeFileSync(
      file,
      YAML.replaceAll(/address: [\d.]+/g, (own) => `address: 203.0.113.9, internal_${own}, port: ${port++}`),
    )
    const { io, printed } = fakeIo()
    expect(await reboot(['cp1', '203.0.113.9'], { ...yes, file }, io)).toBe(2)
    rmSync(dir, { recursive: true })
    expect(printed.err).toContain(CHOICE)
  })
})

describe('keys that the cluster has lost, or would', () => {
  const without = (world: World, ...keys: string[]): World =>
    Object.fromEntries(
      Object.entries(world).map(([key, facts]) => [key, keys.includes(key) ? dropPath(facts, '/etc/kubernetes/encryption.yaml') : facts]),
    )
  const planes = hosts.filter(({ roles }) => roles.controlPlane).map(({ key }) => key)

  test('node remove: the last one that has a key stays until the others have it', async () => {
    const { session, ran } = sessionWith(without(WHOLE, ...planes.slice(1)))
    const { io, printed } = fakeIo()
    expect(await removed(session, 'cp1', force, io)).toBe(3)
    expect(ran).toEqual([])
    expect(printed.err).toContain('No other control plane has /etc/kubernetes/encryption.yaml. Run slipway up first')
  })

  test('node reboot: not while a running process is the last that has one', async () => {
    const { session, ran } = sessionWith(without(WHOLE, ...planes))
    const { io, printed } = fakeIo()
    expect(await rebootNode(session, 'cp1', yes, io)).toBe(3)
    expect(ran).toEqual([])
    expect(printed.err).toContain('Neither restart kube-apiserver nor reboot')
  })
})

test.each([[['remove']], [['remove', 'a', 'b']], [['replace']], [['reboot']], [['explode', 'a']], [[]]])(
  'node %j: how it is called',
  async (rest) => {
    const { io, printed } = fakeIo()
    expect(await node.run(options({ rest, flags: {} }), io)).toBe(2)
    expect(printed.err).toContain('slipway node remove NAME')
  },
)

/** The end of a reboot on a host with these units: what systemctl says of each, by is-enabled and by is-active. */
const upOn = (units: Readonly<Record<string, readonly [enabled: string, active: string]>>) => {
  const dir = mkdtempSync(join(tmpdir(), 'slipway-up-'))
  try {
    writeFileSync(
      join(dir, 'inventory'),
      Object.keys(units)
        .map((unit) => `unit ${unit}\n`)
        .join(''),
    )
    const answers = Object.entries(units).flatMap(([unit, [enabled, active]]) => [
      `'is-enabled ${unit}') echo ${enabled}; [ ${enabled} != disabled ] ;;`,
      `'is-enabled --quiet ${unit}') [ ${enabled} != disabled ] ;;`,
      `'is-active --quiet ${unit}') [ ${active} = active ] ;;`,
    ])
    const host = [
      `STATE=${dir}\nRUN=${dir}\nenter() { :; }\ncurl() { printf '%s\\n' "$*" >>${dir}/asked; }`,
      `systemctl() { case $* in\n${answers.join('\n')}\n*) printf '%s\\n' "$*" >>${dir}/unknown; return 1 ;;\nesac; }`,
    ]
    const script = [PRELUDE, ...host, ownPart(upScript(0))].join('\n')
    const { status, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' })
    if (existsSync(join(dir, 'unknown'))) throw new Error(`systemctl ${readFileSync(join(dir, 'unknown'), 'utf8')}`)
    return { status, stderr, asked: existsSync(join(dir, 'asked')) ? readFileSync(join(dir, 'asked'), 'utf8') : '' }
  } finally {
    rmSync(dir, { recursive: true })
  }
}

describe('a host is up after its reboot', () => {
  const UP = {
    'etcd.service': ['enabled', 'active'],
    'kubelet.service': ['enabled', 'active'],
    'slipway-etcd-backup.timer': ['enabled', 'active'],
    'slipway-etcd-backup.service': ['static', 'inactive'],
    'kube-apiserver-balancer.service': ['disabled', 'inactive'],
  } as const

  test('with a backup that rests between two turns of its timer', () => {
    const { status, stderr, asked } = upOn(UP)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(asked).toMatch(/2381\/readyz\n.*10248\/healthz\n.*6443\/readyz\n$/)
  })

  test.each(['kubelet.service', 'slipway-etcd-backup.timer'])('not before %s is active', (unit) => {
    const { status, stderr } = upOn({ ...UP, [unit]: ['enabled', 'inactive'] })
    expect(status).toBe(1)
    expect(stderr).toContain(`${unit} is not active`)
  })
})

test('shellcheck has nothing to say about the scripts', () => {
  const [voter] = membersOf(hosts, WHOLE)
  const [member] = MEMBERS
  if (!voter || !member) return expect.fail()
  const scripts = [
    ...[drainScript(cluster.config, 'w1', 'w1'), uncordonScript('w1', 'w1', 'v1.36.3'), stopScript(), removeMemberScript(member, voter)],
    ...[deleteNodeScript('w1'), rebootScript(), upScript(300)],
  ]
  const dir = mkdtempSync(join(tmpdir(), 'slipway-node-'))
  const files = scripts.map((script, index) => {
    const path = join(dir, `${index}.sh`)
    writeFileSync(path, script)
    return path
  })
  const { stdout } = spawnSync('shellcheck', ['-s', 'sh', '-f', 'gcc', '-e', 'SC2317,SC2329,SC2154,SC2034', ...files], { encoding: 'utf8' })
  rmSync(dir, { recursive: true })
  expect(stdout).toBe('')
})
