import { describe, expect, test } from 'vitest'
import { RULES } from '../../src/config/rules/index.ts'
import { good, parse, printed, said } from './support.ts'

const cp = (n: number, more = '') => `  - {address: 192.168.1.${n}, role: [control-plane]${more}}\n`
const worker = (n: number, more = '') => `  - {address: 192.168.1.${n}, role: [worker]${more}}\n`
const nodes = (...entries: string[]) => `kubernetes_version: v1.36.3\nnodes:\n${entries.join('')}`
const args = (component: string, flag: string) => good(`services: {${component}: {extra_args: {${flag}}}}\n`)
const version = (text: string) => good().replace('v1.36.3', text)

describe('refused', () => {
  test.each([
    ['no control plane', nodes('  - {address: a, role: [worker]}\n'), ['No node has the role control-plane.']],
    [
      'an unknown minor',
      version('v1.35.0'),
      ['"v1.35.0" is not among the releases this Slipway knows. Write v1.36 or v1.37, or one of their releases, such as v1.37.2.'],
    ],
    ['a version that is none', version('latest'), ['"latest" is not a Kubernetes release.']],
    ['a duplicate address', nodes(cp(1), worker(1)), ['nodes[1].address: "192.168.1.1:22" is nodes[0] already.']],
    [
      'localhost twice',
      nodes('  - {address: localhost, role: [control-plane]}\n', '  - {address: localhost, port: 23, role: [worker]}\n'),
      ['"localhost" is nodes[0] already.'],
    ],
    [
      'localhost and its address',
      nodes('  - {address: localhost, role: [control-plane]}\n', '  - {address: 127.0.0.1, role: [worker]}\n'),
      ['nodes[1].address: "127.0.0.1" (this machine) is nodes[0] already.'],
    ],
    [
      'the address of this machine, then its name',
      nodes('  - {address: 127.0.0.1, role: [control-plane]}\n', '  - {address: localhost, role: [worker]}\n'),
      ['nodes[1].address: "localhost" is nodes[0] already.'],
    ],
    [
      'localhost and its IPv6 address',
      nodes('  - {address: localhost, role: [control-plane]}\n', '  - {address: "::1", role: [worker]}\n'),
      ['nodes[1].address: "::1" is an IPv6 address'],
    ],
    [
      'a duplicate internal address',
      nodes(cp(1, ', internal_address: 192.168.2.1'), worker(2, ', internal_address: 192.168.2.1')),
      ['nodes[1].internal_address'],
    ],
    [
      'a duplicate name',
      nodes(cp(1, ', hostname_override: a'), worker(2, ', hostname_override: a')),
      ['nodes[1].hostname_override: "a" is nodes[0] already.'],
    ],
    ['eight etcd members', nodes(...Array.from({ length: 8 }, (_, i) => cp(i + 1))), ['8 nodes hold etcd: more than 7']],
    ['a user in the address', nodes('  - {address: root@a, role: [control-plane]}\n'), ['Write address: a and user: root.']],
    ['a port in the address', nodes('  - {address: "a:2222", role: [control-plane]}\n'), ['Write address: a and port: 2222.']],
    ['an IPv6 address', nodes('  - {address: "fd00::1", role: [control-plane]}\n'), ['IPv6 address: not supported yet.']],
    [
      'an address with a leading zero',
      nodes('  - {address: 10.0.0.01, role: [control-plane]}\n'),
      ['is neither an IPv4 address nor a host name.'],
    ],
    ['a loopback internal address', nodes(cp(1, ', internal_address: 127.0.0.1')), ['is a loopback address: other nodes cannot reach it.']],
    ['a URL as endpoint', good('control_plane_endpoint: https://api:6443\n'), ['Write api.']],
    ['a bad SAN', good('extra_sans: [a_b]\n'), ['extra_sans[0]: "a_b" is neither']],
    [
      'localhost behind a bastion',
      nodes('  - {address: localhost, role: [control-plane], bastion_host: {address: j}}\n'),
      ['nodes[0].bastion_host: localhost is this machine'],
    ],
    [
      'localhost and a bastion for all',
      `bastion_host: {address: j}\n${nodes('  - {address: localhost, role: [control-plane]}\n')}`,
      ['nodes[0].address: localhost is this machine'],
    ],
    ['a range that is none', good('network: {pod_cidr: pods}\n'), ['"pods" is not a range of addresses. Write 10.244.0.0/16.']],
    ['host bits', good('network: {pod_cidr: 10.244.1.0/16}\n'), ['Write 10.244.0.0/16.']],
    ['a leading zero', good('network: {service_cidr: 10.096.0.0/12}\n'), ['leading zero. Write 10.96.0.0/12.']],
    ['an IPv6 range', good('network: {pod_cidr: "fd00::/48"}\n'), ['IPv6 range: not supported yet.']],
    ['a multicast range', good('network: {pod_cidr: 224.0.0.0/16}\n'), ['holds a multicast or reserved address']],
    [
      'pods and services that overlap',
      good('network: {pod_cidr: 10.96.0.0/16}\n'),
      ['The services (10.96.0.0/12) overlap the pods (10.96.0.0/16).'],
    ],
    ['a node in the pods', good('network: {pod_cidr: 192.168.0.0/16}\n'), ['192.168.1.11 is inside network.pod_cidr (192.168.0.0/16).']],
    [
      'three nodes in the pods',
      nodes(cp(1), cp(2), cp(3), 'network: {pod_cidr: 192.168.0.0/16}\n'),
      ['192.168.1.1 (and 2 more nodes) is inside'],
    ],
    ['a node mask wider than the pods', good('network: {pod_cidr: 10.244.0.0/25}\n'), ['Write a number from 25 to 30']],
    [
      'a node mask too small',
      good('network: {pod_cidr: 172.16.0.0/12, node_mask: 30, service_cidr: 10.96.0.0/16}\n'),
      ['Write at most 28.'],
    ],
    [
      'too few node ranges',
      nodes(cp(1), cp(2), cp(3), 'network: {pod_cidr: 10.244.0.0/23}\n'),
      ['has room for 2 nodes with a /24 each; there are 3. Widen pod_cidr (10.244.0.0/22 is enough)'],
    ],
    ['no tenth service', good('network: {service_cidr: 10.96.0.0/29}\n'), ["has 8 addresses; the cluster's DNS takes the tenth."]],
    ['a bad label key', nodes(cp(1, ', labels: {a/b/c: x}')), ['"a/b/c" is not a valid key.']],
    ['a bad label value', nodes(cp(1, ', labels: {a: -x}')), ['"-x" is not a valid value of a label.']],
    ["kubelet's label", nodes(cp(1, ', labels: {kubernetes.io/os: linux}')), ['kubelet sets this label itself.']],
    ["a role's label", nodes(cp(1, ', labels: {node-role.kubernetes.io/control-plane: ""}')), ['This label follows from the role.']],
    ['a bad taint key', nodes(cp(1, ', taints: [{key: "a b", effect: NoExecute}]')), ['nodes[0].taints[0].key: "a b" is not a valid key.']],
    [
      'a taint twice',
      nodes(cp(1, ', taints: [{key: a, effect: NoExecute}, {key: a, value: b, effect: NoExecute}]')),
      ['taints[0] has the same key and effect.'],
    ],
    ['oidc flags', args('kube-apiserver', 'oidc-client-id: a'), ['--oidc-* beside --authentication-config']],
    ['anonymous-auth', args('kube-apiserver', 'anonymous-auth: "true"'), ['--anonymous-auth beside --authentication-config']],
    ['an authorization mode without Node', args('kube-apiserver', 'authorization-mode: RBAC'), ['Write it with both: Node,RBAC.']],
    ['no authorization mode', args('kube-apiserver', 'authorization-mode: null'), ['Write it with both: Node,RBAC.']],
    ['a path of ours', args('etcd', 'data-dir: /data'), ['Slipway writes this flag']],
    ['a path of ours taken out', args('kubelet', 'kubeconfig: null'), ['Slipway writes this flag']],
    ['a flag with a key of its own', args('kubelet', 'node-labels: a=b'), ['Set nodes[].labels instead.']],
    [
      'a feature gate that is gone',
      args('kubelet', 'feature-gates: "A=true,HonorPVReclaimPolicy=true"'),
      ['no longer knows the feature gate HonorPVReclaimPolicy'],
    ],
    ['a flag that is gone', args('kubelet', 'pod-infra-container-image: a'), ['Kubernetes 1.35 removed this flag']],
    ['an old flag of etcd', args('etcd', 'experimental-initial-corrupt-check: "true"'), ['etcd 3.6 renamed']],
    ['a field of ours', good('services: {kube-proxy: {config: {mode: ipvs}}}\n'), ['Set network.proxy_mode instead.']],
  ])('%s', (_, text, expected) => {
    const lines = printed(parse(text).problems)
    expect(lines, lines.join('\n')).toHaveLength(expected.length)
    for (const [i, words] of expected.entries()) expect(lines[i]).toContain(words)
    expect(parse(text).config).toBeUndefined()
  })

  test('a flag that goes with a later minor is refused only there', () => {
    const text = args('kubelet', 'containerd: /run/x')
    expect(said(text)).toBe('')
    expect(said(text.replace('v1.36.3', 'v1.37'))).toContain('Kubernetes 1.37 removed this flag')
  })
})

describe('a role that is none is named with what it is here', () => {
  test.each([
    ['[server]', '"server" is not one of control-plane, etcd, worker. Write control-plane, and worker too where pods are to run there.'],
    ['[master]', '"master" is not one of control-plane, etcd, worker. Did you mean control-plane?'],
    ['[ControlPlane]', 'Did you mean control-plane?'],
    ['[agent]', 'Did you mean worker?'],
    ['[node]', 'Did you mean worker?'],
    ['[workers]', 'Did you mean worker?'],
    ['[storage]', 'Write control-plane, etcd or worker.'],
    ['server', 'Expected a list, found the text "server". Write it as a list: [control-plane, worker].'],
    ['master', 'Write it as a list: [control-plane].'],
    ['"controlplane,etcd"', 'Write it as a list: [control-plane, etcd].'],
    ['worker', 'Write it as a list: [worker].'],
    ['storage', 'Write a list of control-plane, etcd or worker, such as [control-plane, worker].'],
    ['""', 'Expected a list, found the text "".'],
  ])('role: %s', (role, words) => {
    const { problems } = parse(nodes(cp(1), `  - {address: 192.168.1.2, role: ${role}}\n`))
    expect(printed(problems).join('\n')).toContain(words)
    for (const line of printed(problems, 'zh')) expect(line).not.toContain('undefined')
  })
})

describe('warned of', () => {
  test.each([
    ['two etcd members', nodes(cp(1), cp(2)), '2 nodes hold etcd: an even number survives no more failures than 1. Use 1 or 3.'],
    ['a reserved label', nodes(cp(1, ', labels: {foo.k8s.io/a: b}')), '"foo.k8s.io" belongs to Kubernetes'],
    ['set_hostname without a name', nodes(cp(1, ', set_hostname: true')), 'Without hostname_override there is no name to set.'],
    ['a role twice', nodes('  - {address: a, role: [control-plane, control-plane]}\n'), 'control-plane is written twice.'],
  ])('%s', (_, text, words) => {
    const { config, problems } = parse(text)
    expect(config).toBeDefined()
    expect(problems.map(({ severity }) => severity)).toEqual(['warning'])
    expect(printed(problems)[0]).toContain(words)
  })
})

describe('allowed', () => {
  test.each([
    ['etcd apart', nodes('  - {address: a, role: [control-plane]}\n', '  - {address: b, role: [etcd]}\n')],
    ['one address, two ports', nodes(cp(1, ', port: 22'), '  - {address: 192.168.1.1, port: 23, role: [worker]}\n')],
    [
      'this machine, and hosts behind ports of it',
      nodes(
        '  - {address: localhost, role: [control-plane]}\n',
        '  - {address: 127.0.0.1, port: 2222, role: [worker]}\n',
        '  - {address: 127.0.0.1, port: 2200, role: [worker]}\n',
      ),
    ],
    [
      'labels people set',
      nodes(
        cp(
          1,
          ', labels: {topology.kubernetes.io/zone: a, node-restriction.kubernetes.io/x: y, example.com/x: "", node-role.kubernetes.io/gpu: ""}',
        ),
      ),
    ],
    [
      'tuning flags',
      args(
        'kube-apiserver',
        'max-requests-inflight: "800", authorization-mode: "Node,RBAC,Webhook", profiling: null, runtime-config: [a, b]',
      ),
    ],
    ['a feature gate', args('kubelet', 'feature-gates: A=true')],
    ['a wildcard SAN', good('extra_sans: ["*.example.com", 10.1.2.3]\n')],
    ['the smallest services', good('network: {service_cidr: 10.96.0.0/28}\n')],
  ])('%s', (_, text) => expect(said(text)).toBe(''))
})

test('a rule whose ground is broken stays silent', () => {
  expect(said(good('network: {pod_cidr: 5}\n')).split('\n')).toHaveLength(1)
  expect(said(nodes('  - {address: a, role: [master]}\n')).split('\n')).toHaveLength(1)
})

test('every rule has its own id', () => {
  expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length)
})
