// 1.36 to 1.37 on three control planes and two workers that are asked all the time: with a control plane that fails on the way, and with runs
// that are killed. (Twenty kills: test/torture.)
import { afterAll, beforeAll, expect, test } from 'vitest'
import { at, type Point } from './killed.ts'
import { type Ended, HA_HOSTS, type HostName, installed, kubectl, on, Operator, tryOn } from './lab.ts'
import { type Load, loadText, lost, startLoad } from './load.ts'

const OLD = 'v1.36.3'
const NEW = 'v1.37.2'
const PLANES = ['cp1', 'cp2', 'cp3'] as const
/** On cp2 the API server does not start when its unit names the new version. */
const BREAK =
  'd=/etc/systemd/system/kube-apiserver.service.d; mkdir -p $d; printf "[Service]\\nExecStartPre=/bin/sh -c \\"! grep -q v1.37 /etc/systemd/system/kube-apiserver.service\\"\\n" >$d/break.conf; systemctl daemon-reload'
const MEND = 'rm -r /etc/systemd/system/kube-apiserver.service.d; systemctl daemon-reload'

let operator: Operator
let load: Load
beforeAll(async () => {
  operator = new Operator('ha')
  await installed(operator)
  load = await startLoad()
  operator.write((config) => (config.kubernetes_version = NEW))
}, 1_800_000)
afterAll(async () => {
  await load?.stop()
})

/** What each host runs, by its processes. */
const running = (host: HostName, unit: string): Promise<string> =>
  on(host, `tr '\\0' ' ' </proc/$(systemctl show ${unit} -p MainPID --value)/cmdline | sed 's|^/opt/slipway/[a-z]*/\\([^/]*\\)/.*|\\1|'`)
const serves = (host: HostName): Promise<string> =>
  on(host, 'curl -fsS --max-time 20 --cacert /etc/kubernetes/pki/ca.crt https://127.0.0.1:6443/readyz')

const up = (...args: string[]): Promise<Ended> => operator.start('up', '--yes', ...args).ended

test('a flag that the new version does not have is refused before anything is touched', async () => {
  operator.write((config) => {
    config.kubernetes_version = NEW
    config.services = { 'kube-controller-manager': { extra_args: { 'concurrent-service-syncs': '2' } } }
  })
  const { exit, stderr } = await operator.run('plan')
  expect(exit).toBe(2)
  expect(stderr).toMatch(/cluster\.yml:\d+:\d+ .*1\.37 removed this flag/)
  operator.write((config) => (config.kubernetes_version = NEW))
})

test('a control plane that fails: the upgrade stops there, it has its old version back, and all three serve', async () => {
  await on('cp2', BREAK)
  const { exit, stderr } = await up()
  expect(exit, stderr).toBe(5)
  expect(stderr).toMatch(/root@10\.77\.0\.12:22: .*kube-apiserver.* failed/)
  expect(stderr).toContain('the file it ran with before was put back, and it is ready again')
  expect(await Promise.all(PLANES.map((host) => running(host, 'kube-apiserver')))).toEqual([NEW, OLD, OLD])
  expect(await Promise.all(PLANES.map(serves))).toEqual(['ok', 'ok', 'ok'])
  expect(await Promise.all(HA_HOSTS.map((host) => running(host, 'kubelet')))).toEqual(HA_HOSTS.map(() => OLD))
}, 900_000)

test('with --keep-failed it is left to be looked at, and the others serve', async () => {
  const { exit, stderr } = await up('--keep-failed')
  expect(exit, stderr).toBe(5)
  expect(stderr).toContain('left as it is, because of --keep-failed')
  expect(await on('cp2', 'grep -c v1.37.2/kube-apiserver /etc/systemd/system/kube-apiserver.service')).toBe('1')
  expect((await tryOn('cp2', 'systemctl is-active kube-apiserver')).stdout.trim()).not.toBe('active')
  expect(await Promise.all((['cp1', 'cp3'] as const).map(serves))).toEqual(['ok', 'ok'])
  await on('cp2', MEND)
}, 900_000)

const POINTS: readonly Point[] = [
  { host: 'cp3', id: 'unit kube-apiserver' },
  { host: 'w1', id: 'unit kubelet' },
]

test.each(POINTS)(
  'killed when $id begins on $host',
  async (point) => {
    const run = operator.start('up', '--yes', '-o', 'json')
    await run.line(at(point))
    run.kill('SIGKILL')
    expect((await run.ended).signal).toBe('SIGKILL')
  },
  900_000,
)

test('the next run finishes it, and the one after that changes nothing', async () => {
  const { exit, stderr } = await up()
  expect(exit, stderr).toBe(0)
  await operator.nothingToDo()
}, 900_000)

test('every part reports the new version', async () => {
  for (const host of PLANES)
    for (const unit of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'])
      expect(await running(host, unit), `${host} ${unit}`).toBe(NEW)
  for (const host of HA_HOSTS) for (const unit of ['kubelet', 'kube-proxy']) expect(await running(host, unit), `${host} ${unit}`).toBe(NEW)
  for (const host of PLANES) expect(await running(host, 'etcd')).toBe('3.7.3')
  const nodes = await kubectl(
    `get nodes -o jsonpath='{range .items[*]}{.metadata.name} {.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}{.spec.unschedulable}{"\\n"}{end}'`,
  )
  expect(nodes.split('\n')).toEqual(HA_HOSTS.map((host) => `${host} ${NEW} True`))
  for (const host of PLANES) expect(JSON.parse(await kubectl('get --raw /version', 60, host))).toMatchObject({ gitVersion: NEW })
})

test('in this order: etcd, API servers, their controllers, then each kubelet before its kube-proxy; a snapshot before the first', async () => {
  // In microseconds: two that follow each other can begin in one second.
  const since = async (host: HostName, unit: string): Promise<number> =>
    Number(await on(host, `date -d "$(systemctl show --timestamp=us+utc ${unit} -p ActiveEnterTimestamp --value)" +%s.%N`))
  const all = (unit: string, hosts: readonly HostName[] = PLANES) => Promise.all(hosts.map((host) => since(host, unit)))
  const [etcd, api, controllers, schedulers] = await Promise.all(
    ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((unit) => all(unit)),
  )
  const [kubelets, proxies] = [await all('kubelet', HA_HOSTS), await all('kube-proxy', HA_HOSTS)]
  const snapshots = await Promise.all(
    PLANES.map(async (host) => Number(await on(host, 'date -r /var/lib/slipway/snapshots/before-v1.37.2.db +%s.%N'))),
  )
  expect(Math.min(...snapshots)).toBeLessThan(Math.min(...(etcd ?? [])))
  for (const [index, taken] of snapshots.entries()) expect(taken).toBeLessThan(etcd?.[index] ?? 0)
  expect(Math.max(...(etcd ?? []))).toBeLessThan(Math.min(...(api ?? [])))
  expect(Math.max(...(api ?? []))).toBeLessThan(Math.min(...(controllers ?? []), ...(schedulers ?? [])))
  expect(Math.max(...(controllers ?? []), ...(schedulers ?? []))).toBeLessThan(Math.min(...kubelets))
  for (const [index, host] of HA_HOSTS.entries()) {
    expect(proxies[index], host).toBeGreaterThanOrEqual(kubelets[index] ?? 0)
    // One node after the other.
    if (index > 0) expect(kubelets[index], host).toBeGreaterThan(proxies[index - 1] ?? 0)
  }
})

test('nobody who asked noticed', async () => {
  const report = await load.stop()
  console.log(loadText(report))
  expect(lost(report)).toEqual([])
  expect(report.w1.answered).toBeGreaterThan(1000)
  expect(report.writes.answered).toBeGreaterThan(100)
})
