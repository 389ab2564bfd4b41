import { afterEach, beforeEach, expect, test } from 'vitest'
import { kindOf } from '../../src/resources/index.ts'
import type { Difference, Resource } from '../../src/resources/types.ts'
import { type Sandbox, sandbox } from './sandbox.ts'

const DIFFERENCE: Difference = { verb: 'update', reason: { en: '', zh: '' } }
const scriptOf = (want: Resource): string => kindOf(want).script(want, DIFFERENCE, {})
/** Programs that only say what they were asked. `kubectl` and `etcdctl` go through `timeout`, which the prelude wraps. */
const STUBS = [
  'systemctl() { echo "systemctl $*"; }',
  'ip() { case $2 in show) [ "$3" = cni0 ];; *) echo "ip $*";; esac; }',
  'kubectl() { shift 3; case $* in *jsonpath*) echo 10.0.0.121;; *) echo "kubectl $*";; esac; }',
  'timeout() { shift; "$@"; }',
].join('\n')

let host: Sandbox
beforeEach(() => {
  host = sandbox()
})
afterEach(() => host.remove())

test('a kubelet that gets another name: it stops, and what the pod network kept of the old Node goes; twice is once', () => {
  const want = { kind: 'node-rename', to: 'w9', links: ['cni0', 'gone0'], files: ['/run/flannel/subnet.env'] } as const
  host.write('run/flannel/subnet.env', 'x')
  for (const _ of [1, 2])
    expect(host.run(scriptOf(want), STUBS)).toEqual({
      status: 0,
      stdout: 'systemctl stop kubelet.service\nip link delete cni0\n',
      stderr: '',
    })
  expect(host.exists('run/flannel/subnet.env')).toBe(false)
})

test('a bridge of another share goes while kubelet is stopped, and so do the sandboxes that were on it; a lease only where it is wrong', () => {
  const want = { kind: 'pod-network', node: 'w1', traces: { link: 'cni0', lease: '/run/flannel/subnet.env' } } as const
  host.write('run/flannel/subnet.env', 'x')
  const ctr = `ctr() { case "$*" in *'tasks ls'*) echo "own $$ RUNNING"; echo "pod 1 RUNNING" ;; *containers*) echo own; echo pod; echo ended ;; *) echo "ctr $*" ;; esac; }
readlink() { case $1 in /proc/1/*) echo net:2 ;; *) echo net:1 ;; esac; }`
  const ran = (diff?: string) => host.run(kindOf(want).script(want, { ...DIFFERENCE, ...(diff ? { diff } : {}) }, {}), `${STUBS}\n${ctr}`)
  const said = 'systemctl stop kubelet.service\nip link delete cni0\nctr -n k8s.io tasks kill -s KILL pod\n'
  expect(ran()).toEqual({ status: 0, stdout: said, stderr: '' })
  expect(host.exists('run/flannel/subnet.env')).toBe(true)
  expect(ran('-/run/flannel/subnet.env')).toEqual({ status: 0, stdout: said, stderr: '' })
  expect(host.exists('run/flannel/subnet.env')).toBe(false)
})

test('the daemon of the pod network of one node starts again when the node has its share', () => {
  const traces = { link: 'cni0', lease: '/run/flannel/subnet.env' }
  const want = { kind: 'network-daemon', node: 'w1', host: 'x', namespace: 'kube-flannel', selector: 'app=flannel', traces } as const
  const { status, stdout } = host.run(
    scriptOf(want),
    `${STUBS}\nkubectl() { case $* in *podCIDR*) echo 10.244.1.0/24 ;; *delete*) echo gone >"$RUN/told" ;; esac; }`,
  )
  expect([status, stdout, host.read('run/slipway/told')]).toEqual([0, '', 'gone\n'])
})

test('an old Node is deleted, and one that is gone is no error', () => {
  const { status, stdout } = host.run(scriptOf({ kind: 'node-absent', name: 'w1', host: 'x' }), STUBS)
  expect([status, stdout]).toEqual([0, 'kubectl delete node w1 --ignore-not-found --timeout=45s\n'])
})

test('another address is waited for, then the pod network of that node alone starts again', () => {
  const network = { namespace: 'kube-flannel', selector: 'app=flannel' }
  const want = { kind: 'node-address', name: 'w1', address: '10.0.0.121', network } as const
  const { status, stdout } = host.run(scriptOf(want), STUBS)
  expect(status).toBe(0)
  expect(stdout).toBe('kubectl -n kube-flannel delete pod -l app=flannel --field-selector spec.nodeName=w1 --timeout=45s\n')
})

const LIST = [
  '8e9e05c52164694d, started, cp1, https://10.0.0.1:2380, https://10.0.0.1:2379, false',
  'a1, started, cp2, https://10.0.0.2:2380, x, false',
]

test('etcd is told of the new address of that member, by its name', () => {
  const want = {
    kind: 'etcd-address',
    names: ['plane-1', 'cp1'],
    peer: 'https://10.0.0.9:2380',
    endpoints: ['https://127.0.0.1:2379'],
  } as const
  const told = host.path('run/told')
  const etcdctl = `etcdctl() { case "$*" in *'member list'*) printf '%s\\n' ${LIST.map((line) => `'${line}'`).join(' ')}; if [ -e ${told} ]; then echo 'x, started, cp1, https://10.0.0.9:2380, x, false'; fi;; *) echo "$*" | sed 's/.*member/member/' >${told};; esac; }`
  for (const _ of [1, 2]) expect(host.run(scriptOf(want), `${STUBS}\n${etcdctl}`).status).toBe(0)
  expect(host.read('run/told')).toBe('member update 8e9e05c52164694d --peer-urls=https://10.0.0.9:2380\n')
})
