import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { shortCa } from '../../src/cluster/identity.ts'
import { contextName } from '../../src/commands/kubeconfig.ts'
import { merge } from '../../src/commands/kubeconfig-write.ts'
import { renameKubeconfig } from '../../src/config/kubeconfig-merge.ts'
import { createVault } from '../../src/engine/vault.ts'
import { readAuthorities } from '../../src/hosts/certificate-facts.ts'
import { secondCluster } from '../../src/run/second-cluster.ts'
import type { Session } from '../../src/run/session.ts'
import { clusterOf } from '../engine/scenarios.ts'
import { A, worldA, yamlOf } from '../engine/two-clusters.ts'
import { fakeIo } from './support.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'slipway-home-'))
  mkdirSync(join(home, '.kube'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

type Kubeconfig = {
  clusters: { name: string; cluster: Record<string, string> }[]
  users: { name: string; user: Record<string, string> }[]
  contexts: { name: string; context: Record<string, string> }[]
  'current-context': string
}

const caPem = async (): Promise<string> =>
  (await createVault(async () => undefined, Date.now).secret('ca'))['/etc/kubernetes/pki/ca.crt'] ?? ''
const [OURS, THEIRS] = await Promise.all([caPem(), caPem()])
const MARK = shortCa((await readAuthorities(OURS))[0]?.key ?? '')

/** A kubeconfig as kubeadm writes it, or as this command adds it. */
const config = (names: readonly [cluster: string, user: string, context: string], server: string, ca: string, key = 'S0VZ'): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: names[0], cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name: names[1], user: { 'client-key-data': key } }],
    contexts: [{ name: names[2], context: { cluster: names[0], user: names[1] } }],
    'current-context': names[2],
  })
const SERVER = 'https://10.0.0.11:6443'
const added = (name: string, server = SERVER): string => renameKubeconfig(config(['x', 'x', 'x'], '', OURS), name, server)

const path = (): string => join(home, '.kube/config')
const run = async (text: string, naming = {}, env = {}) => {
  const { io, printed } = fakeIo()
  const exit = await merge(text, { ...io, home, env }, naming)
  return { exit, said: printed.err }
}
const read = (file = path()): Kubeconfig => parse(readFileSync(file, 'utf8')) as Kubeconfig
const names = ({ clusters, users, contexts }: Kubeconfig) => [clusters, users, contexts].map((list) => list.map(({ name }) => name))

describe('an entry that leads elsewhere is never replaced unasked', () => {
  test.each<[string, string, string]>([
    ['another server and CA', 'https://old:6443', THEIRS],
    ['the same server, another CA', SERVER, THEIRS],
  ])('%s: a free name is taken and said', async (_, server, ca) => {
    writeFileSync(path(), config(['lab', 'lab-admin', 'lab'], server, ca, 'T0xE'))
    const { exit, said } = await run(added('lab'))
    expect(exit, said).toBe(0)
    expect(said).toContain(`The context is called lab-${MARK}: lab leads to ${server} and was left as it is.`)
    expect(names(read())).toEqual([
      ['lab', `lab-${MARK}`],
      ['lab-admin', `lab-${MARK}-admin`],
      ['lab', `lab-${MARK}`],
    ])
    expect(read().users[0]?.user).toEqual({ 'client-key-data': 'T0xE' })
    expect(read()['current-context']).toBe(`lab-${MARK}`)
  })

  test.each<[string, [string, string, string]]>([
    ['the cluster', ['lab', 'me', 'work']],
    ['the user', ['other', 'lab-admin', 'work']],
    ['the context', ['other', 'me', 'lab']],
  ])('be it %s alone', async (_, old) => {
    writeFileSync(path(), config(old, 'https://old:6443', THEIRS, 'T0xE'))
    expect((await run(added('lab'))).exit).toBe(0)
    const seen = read()
    expect(seen.clusters[0]).toMatchObject({ name: old[0], cluster: { server: 'https://old:6443' } })
    expect(seen.users[0]).toEqual({ name: old[1], user: { 'client-key-data': 'T0xE' } })
    expect(seen.contexts[0]).toEqual({ name: old[2], context: { cluster: old[0], user: old[1] } })
    expect(seen['current-context']).toBe(`lab-${MARK}`)
  })

  test('--context gives another name; one that leads elsewhere is refused', async () => {
    writeFileSync(path(), config(['lab', 'lab-admin', 'lab'], 'https://old:6443', THEIRS))
    expect((await run(added('mine'), { asked: 'mine' })).exit).toBe(0)
    expect(read()['current-context']).toBe('mine')
    await expect(run(added('lab'), { asked: 'lab' })).rejects.toMatchObject({
      problem: { exit: 2, what: { en: 'the context lab is taken: it leads to https://old:6443' } },
    })
  })

  test('our own entries are renewed: after the same again nothing differs, with another address only that', async () => {
    expect((await run(added('lab'))).exit).toBe(0)
    const first = readFileSync(path(), 'utf8')
    expect((await run(added('lab'))).said).toContain('holds it already')
    expect(readFileSync(path(), 'utf8')).toBe(first)
    expect((await run(added('lab', 'https://api.example.com:6443'))).exit).toBe(0)
    expect(names(read())).toEqual([['lab'], ['lab-admin'], ['lab']])
    expect(read().clusters[0]?.cluster.server).toBe('https://api.example.com:6443')
  })

  test("where clusters may share a CA, another address is another cluster's", async () => {
    await run(added('lab'))
    await run(added('lab', 'https://other:6443'), { sharesCa: true })
    expect(names(read())[0]).toEqual(['lab', `lab-${MARK}`])
  })
})

test('every file that was replaced is kept', async () => {
  const old = [1, 2, 3].map((count) => config([`c${count}`, 'u', `x${count}`], 'https://old:6443', THEIRS))
  for (const text of old) {
    writeFileSync(path(), text)
    expect((await run(added('lab'))).exit).toBe(0)
  }
  const kept = readdirSync(join(home, '.kube')).filter((name) => name.includes('backup'))
  expect(kept.sort()).toEqual(['config.slipway-backup', 'config.slipway-backup.2', 'config.slipway-backup.3'])
  expect(kept.sort().map((name) => readFileSync(join(home, '.kube', name), 'utf8'))).toEqual(old)
})

describe('several files in KUBECONFIG', () => {
  const files = () => [join(home, 'a'), join(home, 'b')] as const

  test('with an empty word before them: kubectl reads them, and what is written is what it reads', async () => {
    const [a, b] = files()
    writeFileSync(b, config(['home', 'me', 'home'], 'https://home:6443', THEIRS))
    expect((await run(added('lab'), {}, { KUBECONFIG: `:${a}:${b}` })).exit).toBe(0)
    expect(names(read(b))[2]).toEqual(['home', 'lab'])
    expect(readdirSync(join(home, '.kube'))).toEqual([])
  })

  test('a name that the other file has is taken, and the current context is set where kubectl looks for it', async () => {
    const [a, b] = files()
    writeFileSync(a, JSON.stringify({ kind: 'Config', clusters: [], users: [], contexts: [] }))
    writeFileSync(b, config(['lab', 'lab-admin', 'lab'], 'https://old:6443', THEIRS))
    expect((await run(added('lab'), {}, { KUBECONFIG: `${a}:${b}` })).exit).toBe(0)
    expect(names(read(a))[2]).toEqual([`lab-${MARK}`])
    expect(read(b)).toMatchObject({ clusters: [{ cluster: { server: 'https://old:6443' } }], 'current-context': `lab-${MARK}` })
  })

  test('none at all: nothing is written beside it', async () => {
    await expect(run(added('lab'), {}, { KUBECONFIG: ':' })).rejects.toMatchObject({ problem: { at: 'KUBECONFIG', exit: 2 } })
  })
})

test('the default names are not those which every kubeadm cluster has', () => {
  const named = (yaml: string): string => {
    const { cluster, hosts } = clusterOf(yaml)
    return contextName({ intent: { config: cluster.config, hosts, cluster }, world: worldA } as unknown as Session)
  }
  expect(named(yamlOf(A))).toBe('a')
  expect(named(yamlOf(A).replace('cluster_name: a\n', ''))).toBe('kubernetes-aaaaaaaa')
})

describe('a first install with the default name', () => {
  const warn = async (yaml: string, world = {}) => {
    const { cluster, hosts } = clusterOf(yaml)
    const intent = { file: 'cluster.yml', config: cluster.config, hosts, cluster, warnings: [], ownAuthorities: {} }
    return (await secondCluster(intent, world, { env: {}, home })).map(({ severity, what }) => `${severity} ${what.en}`)
  }
  const unnamed = yamlOf(A).replace('cluster_name: a\n', '')

  test.each(['kubernetes', 'kubernetes-5acb8497'])('warns where kubectl knows a cluster %s', async (name) => {
    writeFileSync(path(), config([name, 'x', 'x'], 'https://old:6443', THEIRS))
    expect(await warn(unnamed)).toEqual([
      `warning the cluster gets the default name kubernetes, and kubectl on this machine knows a cluster ${name} already`,
    ])
    expect(await warn(yamlOf(A))).toEqual([])
    expect(await warn(unnamed, worldA)).toEqual([])
  })

  test('is no matter where there is no other', async () => expect(await warn(unnamed)).toEqual([]))
})
