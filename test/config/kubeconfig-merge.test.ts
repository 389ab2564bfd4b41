import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { mergeKubeconfig, renameKubeconfig } from '../../src/config/kubeconfig-merge.ts'

const ADMIN = `
apiVersion: v1
kind: Config
clusters: [{name: kubernetes, cluster: {server: 'https://127.0.0.1:6443', certificate-authority-data: Q0E=}}]
users: [{name: admin, user: {client-key-data: S0VZ}}]
contexts: [{name: admin@kubernetes, context: {cluster: kubernetes, user: admin}}]
current-context: admin@kubernetes
`
const lab = renameKubeconfig(ADMIN, 'lab', 'https://10.0.0.11:6443')

test('a kubeconfig gets the name and the address of its cluster', () => {
  expect(parse(lab)).toMatchObject({
    clusters: [{ name: 'lab', cluster: { server: 'https://10.0.0.11:6443', 'certificate-authority-data': 'Q0E=' } }],
    users: [{ name: 'lab-admin', user: { 'client-key-data': 'S0VZ' } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'lab-admin' } }],
    'current-context': 'lab',
  })
  expect(() => renameKubeconfig('kind: Config', 'lab', '')).toThrow('no cluster or no user')
})

test('nothing there: the file is what is added', () =>
  expect([mergeKubeconfig(undefined, lab), mergeKubeconfig(' \n', lab)]).toEqual([lab, lab]))

test('others stay, with their comments and their order; one of the same name is replaced', () => {
  const existing = `# mine
clusters:
- name: lab # old
  cluster: {server: https://old:6443}
- name: home
  cluster: {server: https://home:6443} # at home
users:
contexts: []
current-context: home
`
  const merged = mergeKubeconfig(existing, lab)
  expect(merged).toMatch(/^# mine\n/)
  expect(merged).toContain('# at home')
  const { clusters, users, contexts, 'current-context': current } = parse(merged)
  expect(clusters.map((one: { name: string; cluster: { server: string } }) => [one.name, one.cluster.server])).toEqual([
    ['lab', 'https://10.0.0.11:6443'],
    ['home', 'https://home:6443'],
  ])
  expect([users, contexts].map((list) => list.map(({ name }: { name: string }) => name))).toEqual([['lab-admin'], ['lab']])
  expect(current).toBe('lab')
  expect(mergeKubeconfig(merged, lab)).toBe(merged)
})

test.each([
  ['- a', 'it is not a kubeconfig'],
  ['clusters: {}', 'clusters is not a list'],
  ['a: [', 'end with a ]'],
])('%s is left alone', (existing, message) => expect(() => mergeKubeconfig(existing, lab)).toThrow(message))

test('an anchor in an entry that is replaced: what refers to it keeps what it meant', () => {
  const existing = `clusters:
- name: lab
  cluster: &shared {server: 'https://old:6443', tls-server-name: api} # old
- name: home
  cluster: *shared
- name: third
  cluster:
    <<: *shared
    server: https://third:6443
users: []
contexts: []
`
  const { clusters } = parse(mergeKubeconfig(existing, lab), { merge: true })
  expect(clusters.map(({ cluster }: { cluster: { server: string } }) => cluster.server)).toEqual([
    'https://10.0.0.11:6443',
    'https://old:6443',
    'https://third:6443',
  ])
  expect(clusters[2].cluster['tls-server-name']).toBe('api')
})

test.each([[2], ['\t'], [undefined]])('JSON stays JSON, indented by %j', (indent) => {
  const existing = {
    kind: 'Config',
    apiVersion: 'v1',
    clusters: [{ name: 'home', cluster: { server: 'https://home:6443' } }],
    users: null,
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'lab-admin', namespace: 'team' } }],
    'current-context': 'home',
  }
  const merged = mergeKubeconfig(JSON.stringify(existing, null, indent), lab)
  const seen = JSON.parse(merged) as Record<string, { name: string }[]>
  expect(seen.clusters?.map(({ name }) => name)).toEqual(['home', 'lab'])
  expect(seen.contexts).toEqual(existing.contexts)
  expect(seen['current-context']).toBe('lab')
  expect(merged).toBe(`${JSON.stringify(seen, null, indent)}\n`)
})

test('a context keeps the namespace that the user gave it', () => {
  const merged = mergeKubeconfig(lab, lab)
  const own = merged.replace('user: lab-admin\n', 'user: lab-admin\n      namespace: team\n')
  expect(own).not.toBe(merged)
  expect(parse(mergeKubeconfig(own, lab)).contexts[0].context).toEqual({ cluster: 'lab', user: 'lab-admin', namespace: 'team' })
})
