import { describe, expect, test } from 'vitest'
import { plan } from '../../src/engine/plan.ts'
import { planAfter, ROWS, scenarioOf } from '../engine/changed-keys.ts'
import { clusterOf } from '../engine/scenarios.ts'
import { converge } from '../engine/support.ts'

const row = ROWS.find(({ key }) => key === 'control_plane_vip.address')
if (!row) throw new Error('no row')
const { cluster, hosts, world } = scenarioOf(row)

test('each control plane knows itself and its peers, all weigh the same, and less when their API server is not ready', () => {
  const files = planAfter(row).changes.flatMap(({ host, want }) =>
    want.kind === 'file' && want.path.endsWith('keepalived.conf') ? [[host, want.text] as const] : [],
  )
  expect(files.map(([host]) => host)).toEqual(['10.0.0.11', '10.0.0.12', '10.0.0.13'])
  const [, text = ''] = files[1] ?? []
  expect(text).toMatch(/unicast_src_ip 10\.0\.0\.12\n {2}unicast_peer \{\n {4}10\.0\.0\.11\n {4}10\.0\.0\.13\n {2}\}/)
  expect(text).toMatch(/virtual_ipaddress \{\n {4}10\.0\.0\.100\/32 dev eth0\n/)
  expect(text).toMatch(/weight -50/)
  expect(files.every(([, one]) => one.includes('priority 100'))).toBe(true)
})

test("the package's own service stays off, and the API server's certificate has the address", () => {
  const changes = planAfter(row).changes.filter(({ host }) => host === '10.0.0.11')
  expect(changes.map(({ id }) => id)).toContain('service keepalived')
  const certificate = changes.find(({ want }) => want.kind === 'certificate' && want.path === '/etc/kubernetes/pki/apiserver')
  expect(certificate?.difference.reason.en).toBe('its names changed: +10.0.0.100')
})

test('taken out of the file, the unit goes from every control plane', () => {
  const carried = converge(cluster, hosts, world).world
  const { control_plane_vip: _, ...config } = cluster.config
  const { changes } = plan({ ...cluster, config }, hosts, carried)
  expect(changes.filter(({ want }) => want.kind === 'unit-absent').map(({ host, id }) => `${host} ${id}`)).toEqual(
    ['11', '12', '13'].map((last) => `10.0.0.${last} unit-absent kube-apiserver-vip`),
  )
})

test('a device that a host does not have is named', () => {
  const config = { ...cluster.config, control_plane_vip: { address: '10.0.0.100', interface: 'bond7', router_id: 51 } }
  expect(plan({ ...cluster, config }, hosts, world).problems.map(({ exit, what }) => `${exit} ${what.en}`)[0]).toMatch(
    /^3 it has no network device bond7/,
  )
})

describe('refused in the file', () => {
  test.each([
    ["a node's own", '10.0.0.11', /This is the address of nodes\[0\]/],
    ['one of the pods', '10.244.3.4', /It lies in network\.pod_cidr/],
    ['one of the services', '10.96.0.1', /It lies in network\.service_cidr/],
  ])('%s', (_, address, what) => {
    const yaml = `kubernetes_version: v1.36.3\ncontrol_plane_vip: {address: ${address}}\nnodes: [{address: 10.0.0.11, role: [control-plane]}]\n`
    expect(() => clusterOf(yaml)).toThrow(what)
  })
})
