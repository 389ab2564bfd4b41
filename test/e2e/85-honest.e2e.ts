// "status" and "No changes" are claims about every node: what is broken by hand is named, and mended by plan.
import { beforeAll, expect, test } from 'vitest'
import { type Ended, installed, kubectl, on, Operator, planned, tryOn } from './lab.ts'

let operator: Operator
beforeAll(async () => {
  operator = new Operator()
  await installed(operator)
})

const PROXY = '/opt/slipway/kubernetes/v1.36.3/kube-proxy'
const state = (): Promise<Ended> => operator.run('status')
const mended = async (): Promise<string> => {
  const { exit, stderr } = await operator.up()
  expect(exit, stderr).toBe(0)
  await operator.nothingToDo()
  const after = await state()
  expect(after.exit, after.stdout + after.stderr).toBe(0)
  return stderr
}
const exeOf = (unit: string): Promise<string> => on('w2', `readlink /proc/$(systemctl show ${unit} -p MainPID --value)/exe`)

test('units that are masked, disabled or run a replaced file, a Node that was deleted, rights that are gone: all in one plan', async () => {
  await on('w1', 'rm /etc/systemd/system/kubelet.service; systemctl mask --now kubelet')
  await on('w2', 'systemctl stop containerd; systemctl disable containerd')
  // A byte more, in a file of its own, so that what runs afterwards is the damaged one.
  await on(
    'w2',
    `cp ${PROXY} /root/kp; printf x >>/root/kp; chmod 755 /root/kp; mv /root/kp ${PROXY}; systemctl restart kube-proxy; touch ${PROXY}`,
  )
  const broken = await state()
  expect(broken.exit, broken.stdout).toBe(3)
  expect(broken.stdout).toMatch(/^w1 .* kubelet masked$/m)
  expect(broken.stdout).toMatch(/^w2 .* containerd inactive$/m)
  const check = await operator.run('check')
  expect(check.stderr).not.toContain('8472')

  await kubectl('delete node w2')
  const gone = await state()
  expect(gone.exit).toBe(3)
  expect(gone.stderr).toContain('the cluster has no node w2')
  await kubectl('cordon w1')
  expect((await state()).stdout).toMatch(/^w1 +\w+,SchedulingDisabled /m)
  await kubectl('uncordon w1')
  await kubectl('delete clusterrolebinding kubeadm:cluster-admins')
  const refused = await state()
  expect(refused.exit).toBe(3)
  expect(refused.stderr).toContain('its API refused to list the nodes')

  const ids = (await planned(operator)).map(({ host, id }) => `${host.slice(-2)} ${id}`)
  for (const each of [
    '21 unit kubelet',
    '22 unit containerd',
    '22 artifact kubernetes v1.36.3 kube-proxy',
    '22 unit kube-proxy',
    '11 objects bootstrap-rbac',
  ])
    expect(ids).toContain(each)
  // What the API did not tell is found by the run behind it, when it tells again.
  const first = await operator.up()
  expect([0, 5], first.stderr).toContain(first.exit)
  await mended()
  expect(await exeOf('kube-proxy')).toBe(PROXY)
  expect(await kubectl("get node w2 -o jsonpath='{.metadata.name}'")).toBe('w2')
})

test('a Node that was deleted by hand registers again, with a pod network that fits its new share', async () => {
  await kubectl('delete node w2')
  const text = (await operator.run('plan')).stdout
  expect(text).toContain('the cluster has no node w2 any more')
  expect(await mended()).toContain('check of nodes')
  const share = await kubectl("get node w2 -o jsonpath='{.spec.podCIDR}'")
  const bridge = await tryOn('w2', 'ip -o -4 addr show cni0')
  if (bridge.exit === 0) expect(bridge.stdout).toContain(share.replace(/0\/\d+$/, '1/'))
})

test('a configuration of another pod network is named, with the way out; nothing is touched', async () => {
  await on('w1', 'echo {} >/etc/cni/net.d/10-calico.conflist')
  const { exit, stderr } = await operator.run('check')
  expect(exit).toBe(3)
  expect(stderr).toContain('rm /etc/cni/net.d/10-calico.conflist')
  await on('w1', 'rm /etc/cni/net.d/10-calico.conflist')
  await operator.must('check')
})

test('a host that was reset comes back as a checked node', async () => {
  await operator.must('reset', '--limit', 'w2', '--confirm', 'lab', '--yes')
  const reset = await state()
  expect(reset.exit).toBe(3)
  expect(reset.stdout).toMatch(/^w2 .* kubelet missing/m)
  expect(await mended()).toContain('check of nodes')
})
