import { expect, test } from 'vitest'
import { CHECKED } from '../../src/cluster/checked.ts'
import type { World } from '../../src/cluster/world.ts'
import { plan, simulate } from '../../src/engine/plan.ts'
import { stagesOf } from '../../src/engine/stages.ts'
import type { Facts } from '../../src/hosts/facts.ts'
import type { FunctionalCheckResource } from '../../src/resources/types.ts'
import { scenarioNamed } from '../engine/scenarios.ts'
import { changesFor, converge, inOrder } from '../engine/support.ts'
import { type Sandbox, sandbox } from '../resources/sandbox.ts'

const { cluster, hosts, world } = scenarioNamed('three-planes-none')
const installed = converge(cluster, hosts, world).world
const [W1, W2] = ['10.0.0.21', '10.0.0.22'] as const

const checkIn = (seen: World): FunctionalCheckResource | undefined =>
  changesFor(cluster, hosts, seen)
    .map(({ want }) => want)
    .find((want) => want.kind === 'functional-check')
const without = (key: string): World => {
  const { [CHECKED]: _, ...paths } = (installed[key] as Facts).paths
  return { ...installed, [key]: { ...(installed[key] as Facts), paths } }
}

test('a first install checks every node, not two of them', () => {
  expect(checkIn(world)?.nodes.toSorted()).toEqual(['cp1', 'cp2', 'cp3', 'w1', 'w2'])
})

test('passed once it is not run again, whatever control plane speaks first', () => {
  expect(checkIn(installed)).toBeUndefined()
  expect(changesFor(cluster, hosts, { ...installed, '10.0.0.11': { ...(installed['10.0.0.11'] as Facts), api: 'down' } })).toEqual([])
})

test('a node that is new, reset or registered again is checked, and it alone', () => {
  expect(checkIn(without(W2))?.nodes).toEqual(['w2'])
  expect(changesFor(cluster, hosts, without(W2)).map(({ host, id }) => `${host} ${id}`)).toEqual([
    `${W2} checked`,
    '10.0.0.11 functional-check nodes',
  ])
})

test.each(['containerd', 'kubelet', 'kube-proxy'])(
  '%s that is started anew is followed by a check of its node, also when the run is cut off',
  (name) => {
    const facts = installed[W1] as Facts
    const unit = facts.units[name] as Facts['units'][string]
    const stopped = { ...installed, [W1]: { ...facts, units: { ...facts.units, [name]: { ...unit, active: 'failed' } } } }
    const changes = inOrder(changesFor(cluster, hosts, stopped))
    expect(changes.map(({ id }) => id)).toEqual([`unit ${name}`, 'functional-check nodes', 'checked'])
    expect(stagesOf(changes).map(({ phases }) => phases)).toEqual([['nodes'], ['addons'], ['checked']])
    expect(checkIn(simulate(stopped, changes.slice(0, 1)))?.nodes).toEqual(['w1'])
    expect(plan(cluster, hosts, simulate(stopped, changes)).changes).toEqual([])
  },
)

test('a part of the control plane that starts anew is no change of a node', () => {
  const facts = installed['10.0.0.12'] as Facts
  const unit = facts.units['kube-scheduler'] as Facts['units'][string]
  const units = { ...facts.units, 'kube-scheduler': { ...unit, active: 'failed' } }
  expect(checkIn({ ...installed, '10.0.0.12': { ...facts, units } })).toBeUndefined()
})

test('a host that does not answer is not checked, and no other is checked for it', () => {
  const { [W2]: _, ...rest } = without(W2)
  expect(checkIn(rest)).toBeUndefined()
})

test('a pod network of one’s own is not checked', () => {
  const single = scenarioNamed('single-node')
  expect(
    changesFor(single.cluster, single.hosts, single.world).filter(
      ({ want }) => want.kind === 'functional-check' || want.kind === 'checked',
    ),
  ).toEqual([])
})

/** Runs the script against a kubectl that notes what it was asked; `fails` is a shell pattern of what it refuses. */
const ran = (host: Sandbox, seen: World, fails: string) => {
  const kubectl = `timeout() { shift; "$@"; }\nsleep() { :; }\nkubectl() { shift 2; echo "$*" >>"$STATE/asked"; case $* in ${fails}) return 1 ;; *logs*) echo x ;; esac; }`
  return host.run((checkIn(seen) as FunctionalCheckResource).script.replaceAll(/await \d+/g, 'await 1'), kubectl)
}

test('each node asks by name, and another node than itself; nobody asks again after it went well; what fails names the node', () => {
  const host = sandbox()
  expect(ran(host, world, 'nothing')).toMatchObject({ status: 0, stderr: '' })
  const asked = host.read('var/lib/slipway/asked').split('\n')
  const execs = asked.filter((line) => line.includes('exec '))
  expect(execs).toHaveLength(10)
  expect(new Set(execs).size).toBe(10)
  const yaml = (checkIn(world) as FunctionalCheckResource).script
  expect(yaml).toMatch(/CLIENTS='client-0\/w1\/server-\d client-1\/w2\/server-\d /)
  const nodeOf = (name: string) => new RegExp(`name: ${name}\\n[\\s\\S]*?nodeName: (\\S+)`).exec(yaml)?.[1]
  for (const [, node, server = ''] of yaml.matchAll(/client-\d\/(\w+)\/(server-\d)/g)) expect(nodeOf(server)).not.toBe(node)
  host.remove()
  const other = sandbox()
  const { status, stderr } = ran(other, world, '*"exec client-1 "*"kubernetes.default"*')
  expect(status).toBe(1)
  expect(stderr).toContain('on node w2')
  other.remove()
})
