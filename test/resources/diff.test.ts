import { describe, expect, test } from 'vitest'
import type { CertificateFact, Facts, PathFact, UnitFact } from '../../src/hosts/facts.ts'
import { simulate } from '../../src/engine/plan.ts'
import { kindOf } from '../../src/resources/index.ts'
import type { CertificateResource, Resource, Seen } from '../../src/resources/types.ts'
import { changesFor, converge } from '../engine/support.ts'
import { NOW, scenarioNamed } from '../engine/scenarios.ts'

const { cluster, hosts, world } = scenarioNamed('one-plane-cn')
const installed = converge(cluster, hosts, world).world
const HOST = '10.0.0.11'
const facts = installed[HOST] as Facts
const wants = changesFor(cluster, hosts, world)
  .filter(({ host }) => host === HOST)
  .map(({ want }) => want)

const seen = (changed: Partial<Facts> = {}, pending: readonly string[] = []): Seen => ({
  facts: { ...facts, ...changed },
  world: { ...installed, [HOST]: { ...facts, ...changed } },
  pending: new Set(pending),
})
const find = <K extends Resource['kind']>(kind: K, test_: (want: Extract<Resource, { kind: K }>) => boolean = () => true) => {
  const found = wants.find((want): want is Extract<Resource, { kind: K }> => want.kind === kind && test_(want as never))
  if (!found) throw new Error(`no ${kind}`)
  return found
}
const reason = (want: Resource, given: Seen): string | undefined => kindOf(want).diff(want, given)?.reason.en
const withPath = (path: string, fact: Partial<PathFact> | undefined): Partial<Facts> => {
  const { [path]: old, ...paths } = facts.paths
  return { paths: fact === undefined ? paths : { ...paths, [path]: { ...(old as PathFact), ...fact } } }
}

describe('every kind', () => {
  test.each(wants.map((want) => [kindOf(want).id(want), want] as const))('%s: as wanted there is nothing to do', (_, want) => {
    expect(kindOf(want).diff(want, seen())).toBeUndefined()
  })

  test.each(wants.map((want) => [kindOf(want).id(want), want] as const))('%s: done twice is done once', (_, want) => {
    const once = kindOf(want).after(want, { facts: world[HOST] as Facts, world, pending: new Set() })
    const twice = kindOf(want).after(want, { facts: once, world: { ...world, [HOST]: once }, pending: new Set() })
    expect(twice).toEqual(once)
  })
})

describe('a file', () => {
  const want = find('file', ({ path }) => path === '/etc/containerd/config.toml')

  test.each<readonly [string, Partial<PathFact> | undefined, string]>([
    ['missing', undefined, 'it is missing'],
    ['another content', { sha256: '00', text: 'version = 2\n' }, 'its content changed'],
    ['another mode', { mode: '0666' }, 'its mode changed'],
    ['another owner', { owner: 'ops:ops' }, 'its owner changed'],
    ['a directory', { type: 'directory' }, 'its type changed'],
    ['all of it', { mode: '0666', owner: 'ops:ops', sha256: '00' }, 'its mode, owner, content changed'],
  ])('%s', (_, fact, expected) => {
    expect(reason(want, seen(withPath(want.path, fact)))).toBe(expected)
  })

  test('shows its lines, a secret one does not', () => {
    const changed = seen(withPath(want.path, { sha256: '00', text: want.text.replace('version = 3', 'version = 2') }))
    expect(kindOf(want).diff(want, changed)?.diff).toMatch(/^-version = 2\n\+version = 3$/m)
    expect(kindOf(want).diff({ ...want, secret: true }, changed)?.diff).toBeUndefined()
  })
})

describe('a unit', () => {
  const want = find('unit', ({ name }) => name === 'kube-apiserver')
  const live = facts.units['kube-apiserver'] as Facts['units'][string]
  const units = (change: Partial<typeof live>): Partial<Facts> => ({ units: { ...facts.units, 'kube-apiserver': { ...live, ...change } } })
  const verb = (given: Seen): string | undefined => kindOf(want).diff(want, given)?.verb

  test.each<readonly [string, Partial<typeof live>, string, string]>([
    ['stopped', { active: 'inactive' }, 'start', 'it does not run'],
    ['failed', { active: 'failed' }, 'start', 'it does not run'],
    ['not enabled', { enabled: false }, 'restart', 'it is not enabled'],
    ['started with older files', { inputs: 'older' }, 'restart', 'it runs with older settings than its files say'],
    ['its file not loaded', { stale: true }, 'restart', 'it runs with older settings than its files say'],
  ])('%s', (_, change, expected, why) => {
    expect([verb(seen(units(change))), reason(want, seen(units(change)))]).toEqual([expected, why])
  })

  test('restarts when something it reads changes in the same plan, and says what', () => {
    expect(reason(want, seen({}, ['/etc/kubernetes/audit-policy.yaml']))).toBe('/etc/kubernetes/audit-policy.yaml changes')
    expect(reason(want, seen({}, ['/etc/kubernetes/scheduler.conf']))).toBeUndefined()
  })

  test('a crash between "file written" and "restarted" still restarts', () => {
    const rewritten = withPath('/etc/kubernetes/audit-policy.yaml', { sha256: 'new' })
    expect(reason(want, seen(rewritten))).toBe('it runs with older settings than its files say')
  })
})

describe('a certificate', () => {
  const path = '/etc/kubernetes/pki/apiserver'
  const want = find('certificate', (one) => one.path === path)
  const live = facts.paths[`${path}.crt`]?.certificate as CertificateFact
  const certificate = (change: Partial<CertificateFact>): Seen => seen(withPath(`${path}.crt`, { certificate: { ...live, ...change } }))
  const day = 86400

  test.each<readonly [string, Partial<CertificateFact>, RegExp]>([
    ['another name', { commonName: 'x' }, /its name is x, not kube-apiserver/],
    ['a group', { organizations: ['system:masters'] }, /its groups changed/],
    ['another usage', { usages: ['client'] }, /its usages changed/],
    ['a name missing', { sans: live.sans.filter((san) => san !== 'localhost') }, /its names changed: \+localhost$/],
    ['a name too many', { sans: [...live.sans, 'old.example.com'] }, /its names changed: -old\.example\.com$/],
    ['another CA', { issuer: 'other' }, /signed by another CA/],
    ['soon over', { notAfter: NOW + 900 * day }, /it expires in 900 days/],
    ['over', { notAfter: NOW - 3 * day }, /it expired 3 days ago/],
    ['not begun, by a clock that was ahead', { notBefore: NOW + 60 }, /it is not valid yet/],
  ])('%s', (_, change, expected) => {
    expect(reason(want, certificate(change))).toMatch(expected)
  })

  test('with more than a quarter of its life left it stays', () => {
    expect(reason(want, certificate({ notAfter: NOW + 913 * day }))).toBeUndefined()
  })

  test('one that its CA ends with stays: another would live no longer', () => {
    const authority = facts.paths['/etc/kubernetes/pki/ca.crt']?.certificate as CertificateFact
    const ending = { ...authority, notAfter: NOW + 5 * day }
    const withEnding = seen(withPath('/etc/kubernetes/pki/ca.crt', { certificate: ending, authorities: [ending] }))
    const aged = seen(withPath(`${path}.crt`, { certificate: { ...live, notAfter: ending.notAfter } }))
    expect(reason(want, aged)).toBe('it expires in 5 days')
    expect(reason(want, { ...aged, world: withEnding.world })).toBeUndefined()
  })

  test('the order of its names means nothing', () => {
    expect(reason(want, certificate({ sans: live.sans.toReversed() }))).toBeUndefined()
  })

  test.each<readonly [string, string, Partial<PathFact> | undefined]>([
    ['a key that others can read', `${path}.key`, { mode: '0644' }],
    ['a key of somebody else', `${path}.key`, { owner: 'ops:ops' }],
    ['a key that is not its own', `${path}.key`, { sha256: '00' }],
    ['no key', `${path}.key`, undefined],
    ['a certificate that is none', `${path}.crt`, { certificate: undefined }],
    ['a certificate that others can write', `${path}.crt`, { mode: '0666' }],
  ])('%s is made anew', (_, at, fact) => {
    expect(reason(want, seen(withPath(at, fact)))).toBeDefined()
  })

  test('a kubeconfig for another server is made anew', () => {
    const admin = find('certificate', (one): one is CertificateResource => one.path === '/etc/kubernetes/admin.conf')
    expect(reason(admin, seen(withPath(admin.path, { text: 'server: https://old:6443\n' })))).toBe('its server changed')
    expect(reason(admin, seen(withPath(admin.path, { mode: '0644' })))).toBe('its mode or owner changed')
  })
})

describe('a shared secret', () => {
  const want = find('shared-secret', ({ name }) => name === 'sa')

  test.each<readonly [string, string, Partial<PathFact> | undefined]>([
    ['the key missing', '/etc/kubernetes/pki/sa.key', undefined],
    ['the public part missing', '/etc/kubernetes/pki/sa.pub', undefined],
    ['the key readable for others', '/etc/kubernetes/pki/sa.key', { mode: '0644' }],
    ['the key owned by another', '/etc/kubernetes/pki/sa.key', { owner: 'ops:ops' }],
  ])('%s', (_, path, fact) => {
    expect(reason(want, seen(withPath(path, fact)))).toBeDefined()
  })
})

describe('an artifact', () => {
  const want = find('artifact', ({ artifact }) => artifact.name === 'kubelet')
  const stamp = '/var/lib/slipway/stamps/kubernetes-v1.36.3-kubelet'

  test.each<readonly [string, Partial<Facts>, string]>([
    ['missing', withPath(stamp, undefined), 'it is missing'],
    ['another pin', withPath(stamp, { text: 'sha256:00\n' }), 'its pinned digest changed'],
    ['damaged', { damaged: [stamp] }, 'its files are not the ones that were verified'],
  ])('%s', (_, changed, expected) => {
    expect(reason(want, seen(changed))).toBe(expected)
  })
})

describe('what runs is what is on the disk', () => {
  const proxy = find('unit', ({ name }) => name === 'kube-proxy')
  const binary = '/opt/slipway/kubernetes/v1.36.3/kube-proxy'
  const live = facts.units['kube-proxy'] as UnitFact
  const unit = (change: Partial<UnitFact>) => seen({ units: { ...facts.units, 'kube-proxy': { ...live, ...change } } })

  test.each<readonly [string, Partial<UnitFact>]>([
    ['is no more on the disk', { program: 'replaced' }],
    ['has another name now', { program: 'other' }],
  ])('a unit whose program %s restarts', (_, change) => {
    expect(kindOf(proxy).diff(proxy, unit(change))).toMatchObject({
      verb: 'restart',
      reason: { en: `${binary} was replaced since it started` },
    })
  })

  test('one that a drop-in starts by way of another program does not: that would not change it', () => {
    expect(reason(proxy, unit({ program: 'other', command: '/usr/local/bin/wrapper' }))).toBeUndefined()
  })

  test('a fetch over a damaged file restarts what runs it, in the same plan, and nothing else', () => {
    const damaged = { ...installed, [HOST]: { ...facts, damaged: ['/var/lib/slipway/stamps/kubernetes-v1.36.3-kube-proxy'] } }
    const changes = changesFor(cluster, hosts, damaged)
    expect(changes.map(({ id, difference }) => `${difference.verb} ${id}`)).toEqual([
      'update artifact kubernetes v1.36.3 kube-proxy',
      'restart unit kube-proxy',
      'start functional-check nodes',
      'update checked',
    ])
    expect(changes[1]?.difference.reason.en).toBe(`${binary} changes`)
    // Cut off between the two, the next plan knows it from the process.
    const half = simulate(damaged, changes.slice(0, 1))
    expect(changesFor(cluster, hosts, half).map(({ id, difference }) => `${id}: ${difference.reason.en}`)).toContain(
      `unit kube-proxy: ${binary} was replaced since it started`,
    )
  })
})

describe('a node', () => {
  const want = find('node', ({ name }) => name === 'w1')
  const node = facts.nodes.find(({ name }) => name === 'w1') as Facts['nodes'][number]
  const nodes = (change: Partial<typeof node>): Partial<Facts> => ({
    nodes: facts.nodes.map((one) => (one.name === 'w1' ? { ...one, ...change } : one)),
  })
  const diff = (change: Partial<typeof node>) => kindOf(want).diff(want, seen(nodes(change)))

  test('wants its labels and taints, and leaves those of others', () => {
    expect(diff({ labels: {} })?.diff).toBe('+zone=a')
    expect(diff({ labels: { ...node.labels, theirs: 'x' } })).toBeUndefined()
    expect(diff({ taints: [] })?.diff).toBe('+dedicated=gpu:NoSchedule')
    expect(diff({ taints: [...node.taints, { key: 'theirs', effect: 'NoExecute' }] })).toBeUndefined()
  })

  test('what Slipway set before and nobody wants any more goes', () => {
    const managed = JSON.stringify({ labels: ['old', 'zone'], taints: ['dedicated:NoSchedule', 'gone:NoExecute'] })
    const difference = diff({
      managed,
      labels: { ...node.labels, old: '1' },
      taints: [...node.taints, { key: 'gone', effect: 'NoExecute' }],
    })
    expect(difference?.diff).toBe('-old\n-gone:NoExecute')
    const script = kindOf(want).script(want, difference as never, {})
    expect(script).toContain("'old-'")
    expect(script).toContain("'gone:NoExecute-'")
  })

  test('one that has not registered yet is waited for', () => {
    expect(reason(want, seen({ nodes: [] }))).toBe('it has not registered yet')
    expect(reason(want, seen({ nodes: [], nodeList: 'read' }))).toBe('it has not registered yet')
  })

  test.each<readonly [string, Partial<Facts>, string]>([
    ['refused the list', { nodeList: 'refused' }, 'the API refused to list the nodes, so it could not be compared'],
    ['broke off', { nodeList: 'silent' }, 'the API does not answer, so it could not be compared'],
    ['is down', { api: 'down' }, 'the API does not answer, so it could not be compared'],
  ])('of one nothing is claimed where the API %s', (_, changed, expected) => {
    expect(reason(want, seen({ nodes: [], nodeList: 'unasked', ...changed }))).toBe(expected)
  })
})

describe('objects', () => {
  const want = find('objects', ({ name }) => name === 'coredns')

  test('are applied again when the cluster holds something else, or their manifest changes', () => {
    expect(reason(want, seen({ manifests: { [want.manifest]: 'differs' } }))).toBe('the cluster does not hold what the manifest says')
    expect(reason(want, seen({ manifests: { [want.manifest]: 'unknown' } }))).toBe('the API did not say whether the cluster holds it')
    expect(reason(want, seen({ manifests: {} }))).toBe('the cluster does not hold what the manifest says')
    expect(reason(want, seen({}, [want.manifest]))).toBe('its manifest changes')
  })
})

describe('the kernel', () => {
  test('a value that somebody changed is set again', () => {
    const want = find('sysctls')
    expect(reason(want, seen({ sysctls: { ...facts.sysctls, 'net.ipv4.ip_forward': '0' } }))).toBe(
      'the running kernel differs in net.ipv4.ip_forward',
    )
    const { 'net.bridge.bridge-nf-call-iptables': _, ...missing } = facts.sysctls
    const modules = facts.modules.filter((name) => name !== 'br_netfilter')
    expect(reason(want, seen({ sysctls: missing, modules }))).toBe('the running kernel differs in net.bridge.bridge-nf-call-iptables')
  })

  test('a value that this kernel does not have is no difference', () => {
    const { 'kernel.keys.root_maxkeys': _, 'net.bridge.bridge-nf-call-ip6tables': __, ...missing } = facts.sysctls
    expect(reason(find('sysctls'), seen({ sysctls: missing, modules: [...facts.modules, 'br_netfilter'] }))).toBeUndefined()
  })

  test('a module that is not loaded is loaded', () => {
    expect(reason(find('modules'), seen({ modules: ['overlay'] }))).toBe('not loaded: br_netfilter, nf_conntrack')
  })

  test('swap in fstab is commented out although it is off', () => {
    expect(reason({ kind: 'swap-off' }, seen({ fstabSwap: ['/dev/sda2'] }))).toBe('swap is on: /dev/sda2')
    expect(reason({ kind: 'swap-off' }, seen())).toBeUndefined()
  })
})

describe('a snapshot before an upgrade', () => {
  const want = { kind: 'etcd-snapshot', path: '/var/lib/slipway/snapshots/before-v1.37.2.db' } as const
  const stamp = '/var/lib/slipway/stamps/etcd-before-v1.37.2'

  test('is taken once, and again only when it is gone', () => {
    const after = kindOf(want).after(want, seen())
    expect(reason(want, seen())).toBe('taken before the upgrade')
    expect(reason(want, { ...seen(), facts: after })).toBeUndefined()
    expect(reason(want, { ...seen(), facts: { ...after, damaged: [stamp] } })).toBeDefined()
  })
})
