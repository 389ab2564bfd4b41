// A changed file changes what it must and nothing else; what was changed by hand is put right.
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { HOSTS, type HostName, installed, kubectl, on, onAll, Operator, planned, restarted, tryOn, until, units } from './lab.ts'
import { difference, SAME, traces } from './snapshot.ts'

let operator: Operator
beforeAll(async () => {
  operator = new Operator()
  await installed(operator)
})
beforeEach(() => operator.write(() => {}))

const cursor = (host: HostName): Promise<string> =>
  on(host, "journalctl --sync; journalctl -q -n 1 --show-cursor -o cat | sed -n 's/^-- cursor: //p'")
/** How often systemd started a unit since then. (With a filter, --after-cursor leaves out the first entry that matches: systemd 252.) */
const starts = async (host: HostName, unit: string, since: string): Promise<number> =>
  Number(await on(host, `journalctl --sync; journalctl -q --after-cursor '${since}' -o cat | grep -c '^Started ${unit}.service' || true`))
const flags = (host: HostName, unit: string): Promise<string> =>
  on(host, `tr '\\0' '\\n' </proc/$(systemctl show ${unit} -p MainPID --value)/cmdline`)
const done = async (): Promise<string> => {
  const { exit, stderr } = await operator.up()
  expect(exit, stderr).toBe(0)
  const again = await operator.run('plan', '--exit-code')
  expect(again.exit, again.stdout).toBe(0)
  return stderr
}

test('a flag of the API server: the plan names it, that one unit restarts, once', async () => {
  operator.write((config) => (config.services = { 'kube-apiserver': { extra_args: { 'max-requests-inflight': '800' } } }))
  const text = await operator.run('plan')
  expect(text.stdout).toMatch(/kube-apiserver/)
  expect(text.stdout).toMatch(/^\s*\+.*--max-requests-inflight=800/m)
  expect((await planned(operator)).map(({ host, id, verb }) => `${host} ${verb} ${id}`)).toEqual(['10.77.0.11 restart unit kube-apiserver'])
  const before = await onAll(units)
  const since = await cursor('cp1')
  await done()
  const after = await onAll(units)
  expect(restarted(before.cp1, after.cp1)).toEqual(['kube-apiserver'])
  expect(restarted(before.w1, after.w1)).toEqual([])
  expect(restarted(before.w2, after.w2)).toEqual([])
  expect(await starts('cp1', 'kube-apiserver', since)).toBe(1)
  expect(await flags('cp1', 'kube-apiserver')).toContain('--max-requests-inflight=800')
})

test('taken out again, the flag goes', async () => {
  await done()
  expect(await flags('cp1', 'kube-apiserver')).not.toContain('max-requests-inflight')
})

test('a flag that does not exist: exit 5, the last words of the unit, and nobody else is touched; mended, it goes on', async () => {
  operator.write((config) => (config.services = { 'kube-scheduler': { extra_args: { 'no-such-flag': '1' } } }))
  const others = ['w1', 'w2'] as const
  const before = { traces: await onAll(traces, others), units: await onAll(units) }
  const { exit, stderr } = await operator.up()
  expect(exit).toBe(5)
  expect(stderr).toMatch(/root@10\.77\.0\.11:22: .*kube-scheduler.*failed/)
  expect(stderr).toMatch(/\| .*unknown flag: --no-such-flag/)
  expect(stderr).toMatch(/slipway up --yes$/m)
  const after = { traces: await onAll(traces, others), units: await onAll(units) }
  for (const host of others) {
    expect(difference(before.traces[host], after.traces[host])).toEqual(SAME)
    expect(after.units[host]).toBe(before.units[host])
  }
  expect(restarted(before.units.cp1, after.units.cp1)).toEqual(['kube-scheduler'])
  const log = /Whole log: (\S+)/.exec(stderr)?.[1]
  expect(await operator.logs()).toContain('unknown flag')
  expect(log).toContain(operator.home)
  operator.write(() => {})
  await done()
  expect(await flags('cp1', 'kube-scheduler')).not.toContain('no-such-flag')
})

test('labels and taints come and go with the file; those of others stay', async () => {
  const seen = async (): Promise<{ labels: Record<string, string>; taints: object[] }> => {
    const { metadata, spec } = JSON.parse(await kubectl('get node w1 -o json')) as {
      metadata: { labels: Record<string, string> }
      spec: { taints?: object[] }
    }
    return { labels: metadata.labels, taints: spec.taints ?? [] }
  }
  await kubectl('label node w1 theirs=kept --overwrite')
  const before = await onAll(units)
  operator.write(({ nodes }) =>
    Object.assign(nodes[1] ?? {}, {
      labels: { zone: 'a', 'example.com/disk': 'ssd' },
      taints: [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }],
    }),
  )
  const changes = await planned(operator)
  expect(changes.map(({ id }) => id)).toEqual(['node w1'])
  await done()
  const set = await seen()
  expect(set.labels).toMatchObject({ zone: 'a', 'example.com/disk': 'ssd', theirs: 'kept' })
  expect(set.taints).toContainEqual({ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' })
  operator.write(() => {})
  await done()
  const unset = await seen()
  expect(unset.labels).toMatchObject({ theirs: 'kept' })
  expect(Object.keys(unset.labels)).not.toContain('zone')
  expect(Object.keys(unset.labels)).not.toContain('example.com/disk')
  expect(unset.taints).toEqual([])
  await kubectl('label node w1 theirs-')
  expect(await onAll(units)).toEqual(before)
})

test('what was broken by hand: the plan finds all of it, up mends it, and what was whole stays as it is', async () => {
  const before = await onAll(units)
  const proxy = '/opt/slipway/kubernetes/v1.36.3/kube-proxy'
  await kubectl('-n kube-system delete deployment coredns --wait=true')
  await on('w1', `systemctl stop kubelet; head -c 100000 ${proxy} >/root/cut; chmod 755 /root/cut; mv /root/cut ${proxy}`)
  await on('w2', 'echo "maxPods: 5" >>/var/lib/kubelet/config.yaml')
  await on('cp1', 'chmod 644 /etc/kubernetes/pki/sa.key; rm /etc/kubernetes/pki/scheduler.crt')
  const told = (await planned(operator)).map(({ host, id }) => `${host.slice(-2)} ${id}`)
  for (const each of [
    '11 objects coredns',
    '11 shared-secret sa',
    '11 certificate /etc/kubernetes/pki/scheduler',
    '21 unit kubelet',
    '21 artifact kubernetes v1.36.3 kube-proxy',
    '22 file /var/lib/kubelet/config.yaml',
    '22 unit kubelet',
  ])
    expect(told).toContain(each)
  await done()
  expect(await kubectl("-n kube-system get deployment coredns -o jsonpath='{.status.availableReplicas}'")).toMatch(/^[1-9]/)
  expect(await on('w1', `systemctl is-active kubelet kube-proxy; ${proxy} --version`)).toBe('active\nactive\nKubernetes v1.36.3')
  expect(await on('w2', 'grep -c maxPods: /var/lib/kubelet/config.yaml || true')).toBe('0')
  expect(await on('cp1', 'stat -c %a /etc/kubernetes/pki/sa.key; test -s /etc/kubernetes/pki/scheduler.crt')).toBe('600')
  const after = await onAll(units)
  expect(restarted(before.w2, after.w2)).toEqual(['kubelet'])
  expect(restarted(before.cp1, after.cp1)).not.toContain('etcd')
  expect(restarted(before.cp1, after.cp1)).not.toContain('containerd')
  await until(
    'all nodes Ready',
    60,
    async () => (await kubectl('get nodes -o jsonpath=\'{.items[*].status.conditions[?(@.type=="Ready")].status}\'')) === 'True True True',
  )
  for (const host of HOSTS) expect((await tryOn(host, 'ls -A /run/slipway/secret')).exit).not.toBe(0)
})

test('a kubectl that was cut short is no reason to make anything anew but itself', async () => {
  const before = await onAll(units)
  await on(
    'cp1',
    'head -c 1000 /opt/slipway/kubernetes/v1.36.3/kubectl >/root/cut; chmod 755 /root/cut; mv /root/cut /opt/slipway/kubernetes/v1.36.3/kubectl',
  )
  await done()
  expect(await kubectl('version --client')).toContain('v1.36.3')
  expect(await onAll(units)).toEqual(before)
})
