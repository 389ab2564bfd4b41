// Three control planes and two workers: any one of them may lose its power.
import { beforeAll, beforeEach, expect, test } from 'vitest'
import {
  cut,
  type Ended,
  etcdctl,
  HA_HOSTS,
  type HostName,
  installed,
  kubectl,
  markSsh,
  on,
  onAll,
  Operator,
  powerOn,
  tryOn,
  units,
  until,
  visitsSince,
} from './lab.ts'
import { askWeb, placeWeb } from './web.ts'

const WORKERS = ['w1', 'w2'] as const
const PLANES = ['cp1', 'cp2', 'cp3'] as const

let operator: Operator
beforeAll(async () => {
  operator = new Operator('ha')
  await installed(operator)
}, 600_000)
beforeEach(() => operator.write(() => {}))

const done = async (run: Promise<Ended>): Promise<string> => {
  const { exit, stderr } = await run
  expect(exit, stderr).toBe(0)
  return stderr
}

/** Whether a worker's own balancer leads to an API server that is ready. */
const balancerAnswers = async (worker: HostName): Promise<boolean> =>
  (await tryOn(worker, 'curl -fsS --max-time 3 --cacert /etc/kubernetes/pki/ca.crt https://127.0.0.1:6443/readyz')).stdout === 'ok'

const holderOf = async (lease: string, asked: HostName): Promise<string> =>
  (await kubectl(`-n kube-system get lease ${lease} -o jsonpath='{.spec.holderIdentity}'`, 60, asked)).split('_')[0] ?? ''

const otherPlane = (victim: HostName): HostName => PLANES.find((plane) => plane !== victim) ?? expect.fail()

/** A node's label in the file, so that there is something to converge while a host is dead. */
const labelled = (value: string): void =>
  operator.write((config) => {
    for (const node of config.nodes) if (node.hostname_override === 'w1') node.labels = { round: value }
  })

test('it stands: three voters, every worker reaches the API by its own balancer, a second run only looks', async () => {
  expect(
    (await etcdctl('cp3', 'member list')).split('\n').map((line) => line.split(', ').slice(1, 3).concat(line.split(', ').slice(5))),
  ).toEqual(expect.arrayContaining(PLANES.map((name) => ['started', name, 'false'])))
  for (const worker of WORKERS) expect(await balancerAnswers(worker)).toBe(true)
  const [before, ssh] = [await onAll(units, HA_HOSTS), await markSsh(HA_HOSTS)]
  expect(await done(operator.up())).toContain('No changes')
  const visits = await visitsSince(ssh, HA_HOSTS)
  for (const host of HA_HOSTS) expect(visits[host], host).toEqual({ connections: 1, executions: 1 })
  expect(await onAll(units, HA_HOSTS)).toEqual(before)
})

test('the leader of the controllers loses its power: the lease moves, balancers turn, a Deployment scales, up goes on without it, then heals it', async () => {
  await placeWeb('cp1')
  const victim = (await holderOf('kube-controller-manager', 'cp1')) as HostName
  const plane = otherPlane(victim)
  await cut(victim)
  for (const worker of WORKERS) await until(`the API through ${worker}`, 30, () => balancerAnswers(worker))
  for (const lease of ['kube-controller-manager', 'kube-scheduler'])
    await until(`another holder of ${lease}`, 60, async () => (await holderOf(lease, plane)) !== victim)
  await kubectl('-n members scale deployment web --replicas=6', 60, plane)
  await kubectl('-n members wait deployment/web --for=jsonpath={.status.updatedReplicas}=6 --timeout=60s', 80, plane)

  labelled(victim)
  const lame = await operator.up()
  expect(lame.exit, lame.stderr).toBe(4)
  expect(lame.stderr).toContain('root@10.77.0.1')
  expect(await kubectl(`get node w1 -o jsonpath='{.metadata.labels.round}'`, 60, plane)).toBe(victim)

  operator.write((config) => {
    config.services = { etcd: { extra_args: { 'heartbeat-interval': '150' } } }
  })
  const costly = await operator.up()
  expect(costly.stderr).toContain('only 2 of 3 members are healthy: that would cost the quorum')
  expect(costly.exit).toBe(4)
  expect(await on(plane, 'systemctl cat etcd')).not.toContain('heartbeat-interval')

  labelled(victim)
  await powerOn(victim)
  await until(`${victim} is healthy again`, 90, async () => (await etcdctl(victim, 'member list').catch(() => '')).includes(victim))
  await done(operator.up())
  await operator.nothingToDo()
})

test.each(PLANES)('%s without power: the API answers through every worker, up names it and ends 4', async (victim) => {
  await cut(victim)
  for (const worker of WORKERS) await until(`the API through ${worker}`, 30, () => balancerAnswers(worker))
  const plane = otherPlane(victim)
  await kubectl(`-n members annotate deployment web --overwrite lost=${victim}`, 60, plane)
  const { exit, stderr } = await operator.run('plan')
  expect(exit, stderr).toBe(4)
  await powerOn(victim)
  await until(`${victim} is healthy again`, 90, async () => (await etcdctl(victim, 'member list').catch(() => '')).includes(victim))
})

test('a dead worker is named and skipped, and nobody takes it for removed', async () => {
  await cut('w2')
  labelled('without-w2')
  const lame = await operator.up()
  expect(lame.exit, lame.stderr).toBe(4)
  expect(lame.stderr).toContain('root@10.77.0.22')
  expect(await kubectl(`get node w1 -o jsonpath='{.metadata.labels.round}'`)).toBe('without-w2')
  expect(await kubectl('get nodes -o name')).toContain('node/w2')
  const removal = await operator.run('node', 'remove', 'w2', '--yes')
  expect(removal.exit, removal.stderr).toBe(4)
  expect(removal.stderr).toContain('--force')
  expect(await kubectl('get nodes -o name')).toContain('node/w2')
  await powerOn('w2')
  await done(operator.up())
  await until('an answer of the workload', 90, async () => (await askWeb('w2')) ?? true)
})
