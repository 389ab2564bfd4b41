import { expect, test } from 'vitest'
import type { Facts, PathFact } from '../../../src/hosts/facts.ts'
import { cluster, installed, passes, problemsOf, stops, WORKER, warns, withFacts, world } from './support.ts'

const file: PathFact = { type: 'file', owner: 'root:root', mode: '0644', sha256: '' }
const paths = (path: string): Pick<Facts, 'paths'> => ({ paths: { ...world[WORKER]?.paths, [path]: file } })
const mtu = (link: string): Pick<Facts, 'mtu'> => ({ mtu: { ...world[WORKER]?.mtu, [link]: 1500 } })

stops([
  [
    'a configuration that containerd takes before ours',
    WORKER,
    paths('/etc/cni/net.d/10-calico.conflist'),
    /10-calico\.conflist, which containerd takes before ours/,
    3,
  ],
  ['the bridge of an earlier cluster', WORKER, mtu('cni0'), /an earlier cluster left the bridge cni0/, 3],
])

warns([
  ['a configuration of a known network behind ours', WORKER, paths('/etc/cni/net.d/20-weave.conf'), /20-weave\.conf/],
  ['links of Calico', WORKER, mtu('cali12ab34cd56e'), /left links: cali12ab34cd56e/],
  ['links of Cilium', WORKER, mtu('cilium_host'), /left links: cilium_host/],
  [
    'rules of Calico',
    WORKER,
    { foreignChains: ['cali-FORWARD', 'cali-INPUT'] },
    /left rules in the packet filter: cali-FORWARD, cali-INPUT/,
  ],
])

passes([
  ['the configuration of podman, behind ours', WORKER, paths('/etc/cni/net.d/87-podman-bridge.conflist')],
  ['our own', WORKER, paths('/etc/cni/net.d/10-flannel.conflist')],
  ['what is no configuration', WORKER, paths('/etc/cni/net.d/00-notes.txt')],
])

test('the fix names what is to go', () => {
  const fixOf = (facts: Partial<Facts>): string | undefined => withFacts(WORKER, facts)[0]?.fix.en
  expect(fixOf(paths('/etc/cni/net.d/10-calico.conflist'))).toBe('Remove it: `rm /etc/cni/net.d/10-calico.conflist`.')
  expect(fixOf({ foreignChains: ['CILIUM_INPUT', 'cali-INPUT'] })).toContain(
    'iptables-save | grep -v -e CILIUM_ -e cali- | iptables-restore',
  )
})

test('the bridge of a node of ours is its own, and a network of the user’s own is left alone', () => {
  const node = installed[WORKER] as Facts
  const env = { ...node.paths, '/etc/slipway/units/kubelet.env': file }
  expect(problemsOf({ ...installed, [WORKER]: { ...node, paths: env, mtu: { ...node.mtu, cni0: 1450 } } })).toEqual([])
  const own = { network: { ...cluster.config.network, plugin: 'none' as const } }
  expect(withFacts(WORKER, { ...paths('/etc/cni/net.d/10-calico.conflist'), foreignChains: ['cali-INPUT'] }, own)).toEqual([])
})
