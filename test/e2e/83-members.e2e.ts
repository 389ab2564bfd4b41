// Nodes come and go, and a workload lives through it: growth, removal, replacement, another role, a reboot.
import { beforeAll, expect, test } from 'vitest'
import {
  ADDRESS,
  container,
  cut,
  type Ended,
  engine,
  etcdctl,
  fresh,
  type HostName,
  installed,
  kubectl,
  markSsh,
  on,
  onAll,
  Operator,
  powerOn,
  restarted,
  tryOn,
  units,
  until,
  visitsSince,
} from './lab.ts'
import { askWeb, placeWeb, whileAsking } from './web.ts'

type Roles = Partial<Record<HostName, readonly string[]>>

const PLANE = ['control-plane']
const WORKER = ['worker']

let operator: Operator

/** Writes cluster.yml with these hosts and no others, in this order, and with more keys. */
const lines = (roles: Roles, more: Record<string, unknown> = {}): void =>
  operator.write((config) => {
    Object.assign(config, more)
    config.nodes = Object.entries(roles).map(([name, role]) => ({
      address: ADDRESS[name as HostName],
      role,
      hostname_override: name,
    }))
  })

beforeAll(async () => {
  operator = new Operator('ha')
  await installed(operator)
  await placeWeb('cp1')
}, 600_000)

const done = async (run: Promise<Ended>): Promise<string> => {
  const { exit, stdout, stderr } = await run
  expect(exit, `${stderr}\n${stdout}`).toBe(0)
  return stderr
}

const nodes = async (plane: HostName): Promise<string[]> =>
  (await kubectl('get nodes -o name', 60, plane))
    .split('\n')
    .map((line) => line.replace('node/', ''))
    .sort()

const voters = async (plane: HostName): Promise<string[]> => {
  const list = await etcdctl(plane, 'member list')
  return list
    .split('\n')
    .map((line) => line.split(', '))
    .flatMap(([, status, name = '', , , learner]) => (status === 'started' && learner === 'false' ? [name] : []))
    .sort()
}

/** What is left of Slipway on a host. */
const traces = async (host: HostName): Promise<string> =>
  (
    await tryOn(
      host,
      'ls -d /var/lib/slipway /etc/kubernetes /opt/slipway /var/lib/etcd/member /etc/systemd/system/kube*.service 2>/dev/null',
    )
  ).stdout

const answers = (host: HostName): Promise<void> => until(`the workload through ${host}`, 90, async () => (await askWeb(host)) ?? true)

test('a line deleted is no removal: refused with both ways, exit 3, nothing changed', async () => {
  lines({ cp1: PLANE, cp2: PLANE, w1: WORKER, w2: WORKER })
  const { exit, stderr } = await operator.up()
  expect(stderr).toContain('the node cp3 is in the cluster but not in the file')
  expect(stderr).toContain('slipway node remove cp3')
  expect(exit).toBe(3)
  const unknown = await operator.run('node', 'remove', 'cp3', '--yes')
  expect(unknown.exit, unknown.stderr).toBe(4)
  expect(await voters('cp1')).toEqual(['cp1', 'cp2', 'cp3'])
})

test('the control plane that is listed first goes: quorum shown, host clean, balancers reload, the workload answers all the while', async () => {
  lines({ cp1: PLANE, cp2: PLANE, cp3: PLANE, w1: WORKER, w2: WORKER })
  const { result, failures, asked } = await whileAsking('w1', () => operator.run('node', 'remove', 'cp1', '--yes'))
  expect(result.exit, result.stderr).toBe(0)
  expect(result.stderr).toContain('3 of 3 members are healthy; without cp1 2 of 2, and 2 are needed')
  expect(failures, `of ${asked}`).toEqual([])
  expect(await voters('cp2')).toEqual(['cp2', 'cp3'])
  expect(await nodes('cp2')).toEqual(['cp2', 'cp3', 'w1', 'w2'])
  expect(await traces('cp1')).toBe('')

  const staying = ['cp2', 'cp3', 'w1', 'w2'] as const
  const [before, ssh] = [await onAll(units, staying), await markSsh(staying)]
  lines({ cp2: PLANE, cp3: PLANE, w1: WORKER, w2: WORKER })
  const said = await done(operator.up())
  expect(said.match(/reload unit kube-apiserver-balancer/g)?.length).toBe(2)
  const [after, visits] = [await onAll(units, staying), await visitsSince(ssh, staying)]
  for (const host of staying) {
    expect(restarted(before[host], after[host]), host).toEqual([])
    expect(visits[host].connections, host).toBe(1)
  }
  // Looked at before, under the lock and afterwards; and its copy of known_hosts has one host less.
  expect(visits.cp3.executions).toBeLessThanOrEqual(5)
  for (const worker of ['w1', 'w2'] as const) expect(await on(worker, 'cat /etc/slipway/haproxy.cfg')).not.toContain(ADDRESS.cp1)
})

test('back to one control plane', async () => {
  const { result, failures, asked } = await whileAsking('w1', () => operator.run('node', 'remove', 'cp2', '--yes'))
  expect(result.exit, result.stderr).toBe(0)
  expect(failures, `of ${asked}`).toEqual([])
  lines({ cp3: PLANE, w1: WORKER, w2: WORKER })
  await done(operator.up())
  expect(await voters('cp3')).toEqual(['cp3'])
  const last = await operator.run('node', 'remove', 'cp3', '--yes')
  expect(last.exit, last.stderr).toBe(3)
  expect(last.stderr).toContain('the only control plane')
})

test('from one to three, one of them a worker so far: learners one at a time, nobody else restarts, the workload answers', async () => {
  lines({ cp3: PLANE, cp1: PLANE, w1: ['control-plane', 'worker'], w2: WORKER })
  const before = await onAll(units, ['cp3', 'w2'])
  const { result, failures, asked } = await whileAsking('w2', () => operator.up())
  expect(result.exit, result.stderr).toBe(0)
  expect(failures, `of ${asked}`).toEqual([])
  const order = [...result.stderr.matchAll(/^\[(\w+)\] etcd: (add|promote) etcd member \w+ \.\.\. done/gm)].map(
    ([, host, word]) => `${host} ${word}`,
  )
  expect(order).toHaveLength(4)
  expect(order[0]?.split(' ')[0]).toBe(order[1]?.split(' ')[0])
  expect(await voters('cp3')).toEqual(['cp1', 'cp3', 'w1'])
  expect(
    await on(
      'w1',
      'systemctl is-active kube-apiserver kubelet kube-proxy; ls /etc/systemd/system/kube-apiserver-balancer.service 2>&1 | grep -c "No such"',
    ),
  ).toBe('active\nactive\nactive\n1')
  const after = await onAll(units, ['cp3', 'w2'])
  for (const host of ['cp3', 'w2'] as const) expect(restarted(before[host], after[host]), host).toEqual([])
  await operator.nothingToDo()
})

test('a control plane cannot become a worker in place: exit 2, with the way round', async () => {
  lines({ cp3: PLANE, cp1: WORKER, w1: ['control-plane', 'worker'], w2: WORKER })
  const { exit, stderr } = await operator.up()
  expect(exit, stderr).toBe(2)
  expect(stderr).toContain('slipway node remove cp1')
})

test('a control plane whose host was installed anew: up refuses to let it vote, node replace gives its place to the new host', async () => {
  lines({ cp3: PLANE, cp1: PLANE, w1: ['control-plane', 'worker'], w2: WORKER })
  await cut('cp1')
  await fresh('cp1')
  const refused = await operator.up()
  expect(refused.stderr).toContain('slipway node replace cp1')
  expect(refused.exit).toBe(3)
  const { result, failures, asked } = await whileAsking('w1', () => operator.run('node', 'replace', 'cp1', '--yes'))
  expect(result.exit, result.stderr).toBe(0)
  expect(failures, `of ${asked}`).toEqual([])
  expect(await voters('cp3')).toEqual(['cp1', 'cp3', 'w1'])
  const alive = await operator.run('node', 'replace', 'cp1', '--yes')
  expect(alive.exit, alive.stderr).toBe(3)
  await answers('w1')
})

/** Reboots a host; it was drained before and takes pods afterwards. */
const rebooted = async (host: HostName): Promise<void> => {
  const watching = until(
    `${host} goes down`,
    120,
    async () => (await engine('inspect', '-f', '{{.State.Running}}', container(host))).trim() === 'false',
  )
  // A container that reboots stops: somebody has to play the firmware.
  const firmware = watching.then(() => powerOn(host))
  const { result, failures, asked } = await whileAsking('w1', () => operator.run('node', 'reboot', host, '--yes'))
  await firmware
  expect(result.exit, result.stderr).toBe(0)
  expect(failures, `of ${asked}`).toEqual([])
  expect(await kubectl(`get node ${host} -o jsonpath='{.spec.unschedulable}{.metadata.annotations.slipway/drained}'`, 60, 'cp3')).toBe('')
  await operator.nothingToDo()
}

test('a worker reboots', () => rebooted('w2'))

test('a control plane reboots whose etcd is backed up: the timer is waited for, the service behind it is not', async () => {
  await operator.must('etcd', 'recipient', 'backup.key')
  lines({ cp3: PLANE, cp1: PLANE, w1: ['control-plane', 'worker'], w2: WORKER }, { etcd_backup: { recipient: 'backup.key.pub' } })
  await done(operator.up())
  expect(await tryOn('cp1', 'systemctl is-enabled slipway-etcd-backup.service')).toMatchObject({ exit: 0, stdout: 'static\n' })
  await rebooted('cp1')
  expect(await on('cp1', 'systemctl is-active slipway-etcd-backup.timer')).toBe('active')
}, 600_000)

test('a dead worker is taken out by force, and its line can go', async () => {
  await cut('w2')
  const { exit, stderr } = await operator.run('node', 'remove', 'w2', '--force', '--yes')
  expect(exit, stderr).toBe(0)
  expect(await nodes('cp3')).toEqual(['cp1', 'cp3', 'w1'])
  lines({ cp3: PLANE, cp1: PLANE, w1: ['control-plane', 'worker'] })
  await done(operator.up())
  await answers('w1')
  await kubectl('-n members rollout status deployment/web --timeout=120s', 140, 'cp3')
})
