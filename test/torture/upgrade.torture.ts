// One upgrade whose command line is killed twenty times in succession, at points spread over its whole length, under load. `make torture`.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { at, type Point } from '../e2e/killed.ts'
import { HA_HOSTS, installed, kubectl, Operator } from '../e2e/lab.ts'
import { type Load, loadText, lost, startLoad } from '../e2e/load.ts'

const SNAPSHOT = 'etcd-snapshot /var/lib/slipway/snapshots/before-v1.37.2.db'

/**
 * In the order of an upgrade. Points without a host mean the next one whose turn it is: etcd's leader goes last, and an API server that stood aside
 * for its etcd when the run was killed is down, and what is down is started before others are restarted.
 */
const POINTS: readonly Point[] = [
  { host: 'w1', id: 'artifact kubernetes v1.37.2 kubelet' },
  { host: 'cp1', id: 'artifact kubernetes v1.37.2 kube-apiserver' },
  { id: SNAPSHOT },
  { id: 'unit etcd' },
  { id: SNAPSHOT },
  { id: 'unit etcd' },
  { id: 'unit etcd' },
  { id: 'unit kube-apiserver' },
  { id: 'unit kube-apiserver' },
  { id: 'unit kube-apiserver' },
  { id: 'unit kube-controller-manager' },
  { id: 'unit kube-scheduler' },
  { id: 'unit kube-controller-manager' },
  { id: 'drain cp1' },
  { host: 'cp2', id: 'unit kubelet' },
  { id: 'uncordon cp3' },
  { id: 'drain w1' },
  { host: 'w1', id: 'unit kubelet' },
  { id: 'drain w2' },
  { host: 'w2', id: 'unit kube-proxy' },
]

let operator: Operator
let load: Load
beforeAll(async () => {
  operator = new Operator('ha')
  await installed(operator)
  load = await startLoad({ seconds: 3600 })
  operator.write((config) => (config.kubernetes_version = 'v1.37.2'))
}, 900_000)
afterAll(async () => {
  await load?.stop()
})

test.each(POINTS.map((point) => [point.host === undefined ? point.id : `${point.id} of ${point.host}`, point] as const))(
  'killed when this begins: %s',
  async (_, point) => {
    const run = operator.start('up', '--yes', '-o', 'json')
    await run.line(at(point))
    run.kill('SIGKILL')
    expect((await run.ended).signal).toBe('SIGKILL')
  },
  600_000,
)

test('the twenty-first run finishes it, and nobody who asked noticed', async () => {
  const { exit, stderr } = await operator.up()
  expect(exit, stderr).toBe(0)
  await operator.nothingToDo()
  const report = await load.stop()
  console.log(loadText(report))
  expect(lost(report)).toEqual([])
  const nodes = await kubectl(
    `get nodes -o jsonpath='{range .items[*]}{.metadata.name} {.status.nodeInfo.kubeletVersion}{.spec.unschedulable}{"\\n"}{end}'`,
  )
  expect(nodes.split('\n')).toEqual(HA_HOSTS.map((host) => `${host} v1.37.2`))
}, 900_000)
