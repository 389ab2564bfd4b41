import { PassThrough } from 'node:stream'
import type { Event } from '../../src/engine/events.ts'
import type { Change, Plan } from '../../src/engine/change.ts'
import type { Difference, Resource } from '../../src/resources/types.ts'
import type { Language } from '../../src/text.ts'
import type { Reporter, ReporterOptions } from '../../src/ui/reporter.ts'
import { createStyle, width } from '../../src/ui/style.ts'

export const plainStyle = createStyle(false)

export const members = [
  { key: '10.0.0.11', nodeName: 'cp1', label: 'root@10.0.0.11:22' },
  { key: '10.0.0.12', nodeName: 'cp2', label: 'root@10.0.0.12:22' },
  { key: '10.0.0.21', nodeName: 'worker-1', label: 'ubuntu@10.0.0.21:22' },
]

const missing = { en: 'it is missing', zh: '不存在' }
const content = { en: 'its content changed', zh: '内容有变化' }

const change = (host: string, phase: string, step: string, id: string, want: Resource, difference: Difference): Change => ({
  host,
  phase,
  step,
  id,
  want,
  difference,
})

const unit = (name: string): Resource => ({ kind: 'unit', name, text: 'SECRET-PAYLOAD', inputs: [], ready: 'true', within: 60 })
const file = (path: string, secret = false): Resource => ({ kind: 'file', path, text: 'SECRET-PAYLOAD', secret })

/** The beginning of a first install on one host. */
export const created = (host: string): Change[] => [
  change(
    host,
    'secrets',
    'shared-secrets',
    'shared-secret ca',
    { kind: 'shared-secret', name: 'ca', stage: 'settled' },
    { verb: 'create', reason: { en: 'no control plane has it yet', zh: '所有控制平面都还没有它' } },
  ),
  change(
    host,
    'prepare',
    'os-packages',
    'packages iptables conntrack ethtool socat ipset ebtables kmod nftables',
    { kind: 'packages', names: [] },
    {
      verb: 'create',
      reason: { en: 'not installed: conntrack, ethtool, socat, ipset', zh: '未安装：conntrack、ethtool、socat、ipset' },
    },
  ),
  change(
    host,
    'prepare',
    'node-tuning',
    'swap-off',
    { kind: 'swap-off' },
    { verb: 'remove', reason: { en: 'swap is on: /swap.img', zh: '交换分区已启用：/swap.img' } },
  ),
  change(host, 'nodes', 'containerd', 'file /etc/containerd/config.toml', file('/etc/containerd/config.toml'), {
    verb: 'create',
    reason: missing,
    diff: '+version = 3\n+root = "/var/lib/containerd"',
  }),
  change(host, 'apiserver', 'kube-apiserver', 'unit kube-apiserver', unit('kube-apiserver'), {
    verb: 'start',
    reason: missing,
    diff: '+[Unit]\n+Description=kube-apiserver',
  }),
]

/** What an edit of cluster.yml does to a running control plane. */
export const updated = (host: string): Change[] => [
  change(
    host,
    'prepare',
    'node-tuning',
    'sysctls /etc/sysctl.d/zz-slipway.conf',
    { kind: 'sysctls', path: '', values: {} },
    {
      verb: 'update',
      reason: content,
      diff: ' net.ipv4.ip_forward = 1\n-vm.max_map_count = 65530\n+vm.max_map_count = 262144',
    },
  ),
  change(host, 'apiserver', 'kube-apiserver', 'file /etc/kubernetes/encryption.yaml', file('/etc/kubernetes/encryption.yaml', true), {
    verb: 'update',
    reason: content,
  }),
  change(host, 'apiserver', 'kube-apiserver', 'unit kube-apiserver', unit('kube-apiserver'), {
    verb: 'restart',
    reason: content,
    diff: [
      ' ExecStart=/opt/slipway/kubernetes/current/kube-apiserver \\',
      '-  --max-requests-inflight=400 \\',
      '-  --v=2',
      '+  --max-requests-inflight=800 \\',
      '+  --v=2 \\',
      '+  --tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      ' Restart=always',
    ].join('\n'),
  }),
]

export const planOf = (...changes: Change[]): Plan => ({ changes, problems: [] })

/** Every line that is wider than a terminal of 80 columns. */
export const tooWide = (text: string): string[] => text.split('\n').filter((line) => width(line) > 80)

/** What a reporter writes for a list of events. */
export const reported = async (
  create: (options: ReporterOptions) => Reporter,
  language: Language,
  events: readonly Event[],
  verbose = false,
): Promise<string> => {
  const stream = new PassThrough()
  const reporter = create({ language, style: plainStyle, stream, members: () => members, verbose })
  for (const event of events) reporter.report(event)
  await reporter.finish()
  return String(stream.read() ?? '')
}

const [ca, packages] = created('10.0.0.11') as [Change, Change]
const [, , , config] = created('10.0.0.12') as [Change, Change, Change, Change]

/** Two stages: one that goes well, with a mirror skipped, and one in which a host fails and another is lost. */
export const run: readonly Event[] = [
  { type: 'stage', number: 1, of: 2, stage: { phases: ['secrets'], batches: [{ host: '10.0.0.11', changes: [ca] }] } },
  { type: 'change-begin', host: '10.0.0.11', change: ca },
  { type: 'change-done', host: '10.0.0.11', change: ca, seconds: 0.0421 },
  {
    type: 'stage',
    number: 2,
    of: 2,
    stage: {
      phases: ['prepare', 'apiserver'],
      batches: [
        { host: '10.0.0.11', changes: [packages] },
        { host: '10.0.0.12', changes: [packages, config] },
        { host: '10.0.0.21', changes: [packages] },
      ],
    },
  },
  { type: 'change-begin', host: '10.0.0.11', change: packages },
  { type: 'change-begin', host: '10.0.0.12', change: packages },
  { type: 'note', host: '10.0.0.12', text: 'https://mirrors.aliyun.com/debian: HTTP 404' },
  { type: 'output', host: '10.0.0.12', line: 'Get:1 http://deb.debian.org/debian trixie/main' },
  { type: 'change-done', host: '10.0.0.12', change: packages, seconds: 12.34 },
  { type: 'change-done', host: '10.0.0.11', change: packages, seconds: 61 },
  { type: 'change-begin', host: '10.0.0.12', change: config },
  {
    type: 'change-failed',
    host: '10.0.0.12',
    failure: {
      host: '10.0.0.12',
      label: 'root@10.0.0.12:22',
      change: config,
      exit: 1,
      lines: ['install: cannot create regular file: No space left on device'],
    },
  },
  {
    type: 'host-lost',
    host: '10.0.0.21',
    problem: {
      at: 'ubuntu@10.0.0.21:22',
      what: { en: 'connection lost', zh: '连接中断' },
      fix: { en: 'Run the same command again: it goes on where it stopped', zh: '请再次运行同一命令，它会从中断处继续' },
      severity: 'error',
      exit: 4,
    },
  },
]
