// What people do with a cluster: look at it, take its kubeconfig home, and work on it two at a time.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { eventOf, installed, kubectl, Operator, until } from './lab.ts'

let operator: Operator
beforeAll(async () => {
  operator = new Operator()
  await installed(operator)
})

test('status: a row for each node, in English and in Chinese', async () => {
  const english = await operator.run('status')
  expect(english.exit, english.stderr).toBe(0)
  const rows = english.stdout
    .trim()
    .split('\n')
    .map((line) => line.split(/\s{2,}/))
  expect(rows.slice(1).map((row) => row.slice(0, 5))).toEqual([
    ['cp1', 'Ready', 'control-plane,etcd', 'v1.36.3', '10.77.0.11'],
    ['w1', 'Ready', 'worker', 'v1.36.3', '10.77.0.21'],
    ['w2', 'Ready', 'worker', 'v1.36.3', '10.77.0.22'],
  ])
  const chinese = await operator.run('plan', '--lang', 'zh')
  expect(chinese.exit).toBe(0)
  expect(chinese.stdout).toMatch(/\p{Script=Han}/u)
  operator.env = { LANG: 'zh_CN.UTF-8' }
  const by = await operator.run('plan')
  operator.env = {}
  expect(by.stdout).toBe(chinese.stdout)
})

test('status -o json: one document, and it says what the API says', async () => {
  const { exit, stdout } = await operator.run('status', '-o', 'json')
  expect(exit).toBe(0)
  const { nodes } = JSON.parse(stdout) as { nodes: { name: string; ready: boolean; version: string; units: Record<string, string> }[] }
  expect(nodes.map(({ name, ready, version }) => `${name} ${ready} ${version}`)).toEqual([
    'cp1 true v1.36.3',
    'w1 true v1.36.3',
    'w2 true v1.36.3',
  ])
  for (const { units } of nodes) expect(new Set(Object.values(units))).toEqual(new Set(['active']))
})

const EXISTING = `\
# Mine. Do not lose this line.
apiVersion: v1
kind: Config
clusters:
- name: office   # behind the VPN
  cluster: {server: "https://office.example.com:6443"}
contexts:
- {name: office, context: {cluster: office, user: me, namespace: team}}
users:
- name: me
  user: {token: abc}
current-context: office
`

test('kubeconfig: merged into what is there, and it opens the cluster from here', async () => {
  const path = join(operator.home, '.kube/config')
  mkdirSync(join(operator.home, '.kube'))
  writeFileSync(path, EXISTING, { mode: 0o644 })
  const { exit, stderr } = await operator.run('kubeconfig')
  expect(exit, stderr).toBe(0)
  const text = readFileSync(path, 'utf8')
  expect(text).toContain('# Mine. Do not lose this line.')
  expect(text).toContain('# behind the VPN')
  const merged = parse(text) as { contexts: { name: string; context: object }[]; users: { name: string }[]; clusters: { name: string }[] }
  expect(merged.contexts.find(({ name }) => name === 'office')?.context).toEqual({ cluster: 'office', user: 'me', namespace: 'team' })
  expect(merged.contexts.map(({ name }) => name)).toEqual(['office', 'lab'])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(`${path}.slipway-backup`, 'utf8')).toBe(EXISTING)
  const cache = process.env.SLIPWAY_LAB_CACHE ?? join(homedir(), '.cache/slipway-lab')
  const ours = execFileSync(
    join(cache, 'files/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubectl'),
    ['--kubeconfig', path, '--context', 'lab', '--request-timeout=20s', 'get', 'nodes', '-o', 'name'],
    {
      encoding: 'utf8',
      env: { HOME: operator.home },
      timeout: 30_000,
    },
  )
  expect(ours.trim().split('\n')).toEqual(['node/cp1', 'node/w1', 'node/w2'])
  const again = await operator.run('kubeconfig')
  expect(again.exit).toBe(0)
  expect(readFileSync(path, 'utf8')).toBe(text)
})

test('kubeconfig -: printed, and nothing is written', async () => {
  const other = new Operator()
  const { exit, stdout } = await other.run('kubeconfig', '-')
  expect(exit).toBe(0)
  expect((parse(stdout) as { clusters: { cluster: { server: string } }[] }).clusters[0]?.cluster.server).toBe('https://10.77.0.11:6443')
  expect(() => statSync(join(other.home, '.kube'))).toThrow()
})

const label = (who: Operator, value: string): void => who.write(({ nodes }) => Object.assign(nodes[1] ?? {}, { labels: { shift: value } }))
const shift = (): Promise<string> => kubectl("get node w1 -o jsonpath='{.metadata.labels.shift}'")

test('without a terminal and without --yes nothing is done', async () => {
  label(operator, 'nobody')
  const { exit, stderr } = await operator.run('up')
  expect(exit).toBe(2)
  expect(stderr).toContain('--yes')
  expect(await shift()).toBe('')
})

test('two at once: one works, the other is told who and leaves', async () => {
  const other = new Operator()
  label(operator, 'early')
  label(other, 'late')
  const first = operator.start('up', '--yes', '-o', 'json')
  await first.line((line) => eventOf(line).type === 'stage')
  // Stands still with the lock in its hand.
  first.kill('SIGSTOP')
  const second = await other.up()
  first.kill('SIGCONT')
  expect(second.exit).toBe(4)
  expect(second.stderr).toMatch(new RegExp(`another run is working on this cluster: .*@.*run ${first.child.pid}\\b`))
  expect((await first.ended).exit).toBe(0)
  expect(await shift()).toBe('early')
  expect((await other.up()).exit).toBe(0)
  expect(await shift()).toBe('late')
})

test('the lock of one who was killed is free soon', async () => {
  label(operator, 'killed')
  const first = operator.start('up', '--yes', '-o', 'json')
  await first.line((line) => eventOf(line).type === 'stage')
  first.kill('SIGKILL')
  label(operator, 'next')
  await until('the lock', 15, async () => {
    const { exit, stderr } = await operator.up()
    if (exit !== 0) expect(exit, stderr).toBe(4)
    return exit === 0 || stderr
  })
  expect(await shift()).toBe('next')
})

test('taken out of the file, taken from the node', async () => {
  operator.write(() => {})
  expect((await operator.up()).exit).toBe(0)
  expect(await shift()).toBe('')
})
