// A cluster.yml that is wrong: every mistake in one run, by line and column, before any host is asked.
import { writeFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { markSsh, Operator, visitsSince } from './lab.ts'

let operator: Operator
beforeAll(() => {
  operator = new Operator()
})

const WRONG = `\
cluster_name: lab
kubernetes_version: v1.12.0
kuberntes_verison: v1.36.3
ssh: {user: root, key_path: keys/absent}
network: {pod_cidr: 10.244.0.0/33, service_cidr: 10.77.0.0/16, node_mask: many}
nodes:
  - {address: 10.77.0.11, role: [etcd], hostname_override: chen-PC}
  - {address: 10.77.0.21, role: [worker]}
  - {address: 10.77.0.21, role: [worker]}
`

/** Where each stands, and a word of what is said about it. */
const MISTAKES = [
  ['2:21 kubernetes_version', 'v1.12.0', 'v1.37.1'],
  ['3:1 kuberntes_verison', 'Did you mean kubernetes_version?'],
  ['4:29 ssh.key_path', 'keys/absent'],
  ['5:21 network.pod_cidr', '10.244.0.0/33'],
  ['5:75 network.node_mask', 'number', 'many'],
  ['7:3 nodes', 'control-plane'],
  ['7:15 nodes[0].address', 'network.service_cidr'],
  ['7:60 nodes[0].hostname_override', 'chen-PC', 'DNS-1123', 'chen-pc'],
  ['9:15 nodes[2].address', '10.77.0.21'],
] as const

test.each([['up', '--yes'], ['plan'], ['check']])('%s: all mistakes at once, exit 2, and nobody was connected to', async (...command) => {
  writeFileSync(operator.file, WRONG)
  const mark = await markSsh()
  const { exit, stdout, stderr } = await operator.run(...command)
  expect(exit).toBe(2)
  expect(stdout).toBe('')
  const lines = stderr.split('\n').filter((line) => line.startsWith('cluster.yml:'))
  expect(lines.map((line) => line.split(': ')[0])).toEqual(MISTAKES.map(([at]) => `cluster.yml:${at}`))
  for (const [index, [, ...words]] of MISTAKES.entries()) for (const word of words) expect(lines[index]).toContain(word)
  expect(await visitsSince(mark)).toEqual({
    cp1: { connections: 0, executions: 0 },
    w1: { connections: 0, executions: 0 },
    w2: { connections: 0, executions: 0 },
  })
})

test('check -o json: the same as one document', async () => {
  writeFileSync(operator.file, WRONG)
  const { exit, stdout } = await operator.run('check', '-o', 'json')
  expect(exit).toBe(2)
  const { problems } = JSON.parse(stdout) as { problems: { at: string }[] }
  expect(problems.map(({ at }) => at)).toEqual(MISTAKES.map(([at]) => `cluster.yml:${at}`))
})

test('overlapping ranges are a mistake, an even number of etcd members is a warning', async () => {
  const nodes = 'nodes:\n  - {address: 10.77.0.11, role: [control-plane, etcd]}\n  - {address: 10.77.0.12, role: [control-plane, etcd]}\n'
  writeFileSync(operator.file, `kubernetes_version: v1.36.3\nnetwork: {pod_cidr: 10.96.0.0/13}\n${nodes}`)
  const wrong = await operator.run('check', '--offline')
  expect(wrong.exit).toBe(2)
  expect(wrong.stderr).toMatch(/^cluster\.yml:2:10 network\.\w+_cidr: .*10\.96\.0\.0\/12.*10\.96\.0\.0\/13/m)
  writeFileSync(operator.file, `kubernetes_version: v1.36.3\n${nodes}`)
  const even = await operator.run('check', '--offline')
  expect(even.exit).toBe(0)
  expect(even.stderr).toMatch(/^cluster\.yml:3:3 nodes: .*warning.*2 nodes hold etcd/m)
})

test('a file that is not there, and one that is no YAML', async () => {
  const absent = await operator.run('plan', '-f', 'nothing.yml')
  expect(absent.exit).toBe(2)
  expect(absent.stderr).toContain('nothing.yml')
  writeFileSync(operator.file, 'nodes: [}\n')
  const broken = await operator.run('plan')
  expect(broken.exit).toBe(2)
  expect(broken.stderr).toMatch(/^cluster\.yml:1:\d+/m)
})
