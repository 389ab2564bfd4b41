import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PROBE } from '../../src/shell/texts.ts'
import { capture } from '../../src/hosts/transport.ts'
import { decode, rowsOf } from '../../src/hosts/probe-rows.ts'
import { FakeTransport } from './fake.ts'
import { type Sandbox, sandbox } from '../resources/sandbox.ts'

let host: Sandbox
beforeEach(() => {
  host = sandbox()
})
afterEach(() => host.remove())

/** Runs a function of the probe; `stubs` stand for programs of a host. */
const ask = (command: string, stubs = ''): string[] => {
  const [start, end] = [PROBE.indexOf('b64() {'), PROBE.indexOf('\nmain() {')]
  const { status, stdout, stderr } = host.run(`${PROBE.slice(start, end)}\nset +eu\n${stubs}\n${command}`)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout.trimEnd().split('\n')
}

/** What the probe says of the paths of a host whose root is the sandbox. */
const files = (): string[] => ask('files')

test('a directory that is a link to one elsewhere is that directory, with what is in it', () => {
  for (const path of ['etcd/member', 'net.d']) mkdirSync(host.path(`disk/${path}`), { recursive: true, mode: 0o700 })
  host.write('disk/net.d/10-x.conflist', '{}', 0o644)
  mkdirSync(host.path('etc/cni'))
  symlinkSync(host.path('disk/etcd'), host.path('var/lib/etcd'))
  symlinkSync(host.path('disk/net.d'), host.path('etc/cni/net.d'))
  const seen = files()
  expect(seen).toContainEqual(expect.stringMatching(/^directory\t700\t\S+\t\/var\/lib\/etcd$/))
  expect(seen).toContainEqual(expect.stringMatching(/^directory\t700\t\S+\t\/etc\/cni\/net\.d$/))
  expect(seen).toContainEqual(expect.stringMatching(/^file\t644\t\S+\t\/etc\/cni\/net\.d\/10-x\.conflist\t/))
  expect(seen).toContain('etcd-data\tyes')
})

test('the longest text that is sent arrives whole; a longer one is told by its digest alone', async () => {
  // As many host keys as a cluster of some hundred hosts has.
  const [long, longer] = [262_143, 262_144].map((size) => `${'x'.repeat(size - 1)}\n`)
  host.write('etc/slipway/known_hosts', long ?? '')
  host.write('etc/slipway/other', longer ?? '')
  const transport = new FakeTransport([['x', files().join('\n')]])
  const { stdout } = await capture(transport, 'x')
  const texts = rowsOf(stdout)
    .of('file')
    .map(([, , path, , text = '']) => [path, decode(text)])
  expect(texts).toContainEqual(['/etc/slipway/known_hosts', long])
  expect(texts).toContainEqual(['/etc/slipway/other', ''])
})

describe('the size of the connection table, before its module is loaded', () => {
  const start = PROBE.indexOf('writable_conntrack() {')
  const asked = PROBE.slice(start, PROBE.indexOf('\n}\n', start) + 3).replace('/proc/sys/', '/nowhere/')

  test.each([
    ['a machine', 'false', 'yes'],
    ['a container', 'true', 'no'],
  ])('%s', (_, container, answer) => {
    const { stdout } = host.run(`${asked.replace('systemd-detect-virt --quiet --container', container)}\nwritable_conntrack`)
    expect(stdout.trim()).toBe(answer)
  })
})

test('peers are asked ten at a time, and each of them once', () => {
  const peers = Array.from({ length: 95 }, (_, at) => `10.0.0.${at}/tcp/10250`)
  // Each question notes how many are being asked while it is; a lock keeps the counting apart.
  const stub = `bash() { :; }
timeout() {
  : >"$STATE/asking.$(sh -c 'echo $PPID')"
  command sleep 0.05
  set -- "$STATE"/asking.*
  echo $# >>"$STATE/seen"
  rm -f "$STATE/asking.$(sh -c 'echo $PPID')"
}`
  const told = ask(`PEERS='${peers.join(' ')}'\nreach`, stub)
  expect(told.sort()).toEqual(peers.map((peer) => `reach\t${peer}\topen`).sort())
  const most = Math.max(...host.read('var/lib/slipway/seen').trim().split('\n').map(Number))
  expect(most).toBeGreaterThan(1)
  expect(most).toBeLessThanOrEqual(10)
})

test('a list of nodes that was refused, or that nobody gave, is told apart from an empty one', () => {
  host.write('etc/kubernetes/admin.conf', '')
  const list = (kubectl: string) =>
    ask('cluster', `have() { :; }\ncurl() { echo ok; }\ntimeout() { case $* in *"get nodes"*) ${kubectl} ;; esac; }`).filter((line) =>
      line.startsWith('node'),
    )
  const text = (said: string) => Buffer.from(`${said}\n`).toString('base64')
  expect(list("printf 'node\\tcp1\\n'")).toEqual(['node\tcp1', 'node-list\tread'])
  expect(list(':')).toEqual(['node-list\tread'])
  const forbidden = 'Error from server (Forbidden): nodes is forbidden: User "kubernetes-admin" cannot list resource "nodes"'
  expect(list(`echo '${forbidden}' >&2; return 1`)).toEqual([`node-list\trefused\t${text(forbidden)}`])
  const login = 'error: You must be logged in to the server (Unauthorized)'
  expect(list(`echo '${login}' >&2; return 1`)).toEqual([`node-list\trefused\t${text(login)}`])
  expect(list("echo 'context deadline exceeded' >&2; return 124")).toEqual([`node-list\tsilent\t${text('context deadline exceeded')}`])
})

test('whether a process runs the file that its unit names', () => {
  const [binary, moved] = [host.path('opt/kube-proxy'), host.path('opt/kube-proxy.old')]
  const script = `cp "$(command -v sleep)" ${binary}
${binary} 30 & pid=$!
while [ "$(readlink /proc/$pid/exe)" != ${binary} ]; do sleep 0.01; done
program $pid ${binary}
ln -s ${host.path('opt')} ${host.path('disk')}
program $pid ${host.path('disk')}/kube-proxy
mv ${binary} ${moved}
cp ${moved} ${binary}
program $pid ${binary}
rm ${moved}
program $pid ${binary}
kill $pid
{ wait $pid; } 2>/dev/null
program $pid ${binary}`
  mkdirSync(host.path('opt'), { recursive: true })
  expect(ask(script)).toEqual(['same', 'same', 'other', 'replaced'])
})

test('what keeps strangers out, and the networks that its rules name', () => {
  const only = (tool: string, more: string) => ask('firewall', `have() { [ "$1" = ${tool} ]; }\nsystemctl() { return 3; }\n${more}`)
  const rules = '-A INPUT -s 10.0.0.0/24 -j ACCEPT\\n-A FLANNEL-FWD -s 10.244.0.0/16 -j ACCEPT\\n'
  const iptables = (first: string, last = '') => `iptables() { printf -- '${first}\\n${rules}${last}'; }`
  expect(only('iptables', iptables('-P INPUT DROP'))).toEqual(['firewall\tiptables\t10.0.0.0/24'])
  expect(only('iptables', iptables('-P INPUT ACCEPT', '-A INPUT -j REJECT --reject-with icmp\\n'))).toEqual([
    'firewall\tiptables\t10.0.0.0/24',
  ])
  expect(only('iptables', iptables('-P INPUT ACCEPT'))).toEqual([''])
  expect(only('ufw', "ufw() { printf 'Status: active\\nAnywhere ALLOW 10.77.0.0/24\\n'; }")).toEqual(['firewall\tufw\t10.77.0.0/24'])
  expect(only('ufw', "ufw() { echo 'Status: inactive'; }")).toEqual([''])
  const nft =
    'nft() { case $2 in chains) printf \'table inet filter {\\n\\tchain input {\\n\\t\\ttype filter hook input priority filter; policy drop;\\n\' ;; table) echo "$3 $4 ip saddr 10.1.0.0/16 accept" ;; esac; }'
  expect(only('nft', nft)).toEqual(['firewall\tnftables\t10.1.0.0/16'])
})

test('chains of other pod networks, and none of ours', () => {
  const nft =
    "nft() { printf 'table ip filter {\\n\\tchain cali-INPUT {\\n\\tchain FLANNEL-FWD {\\n\\tchain KUBE-FORWARD {\\n\\tchain CILIUM_INPUT {\\n'; }"
  expect(ask('foreign_chains', `have() { [ "$1" = nft ]; }\n${nft}`)).toEqual(['foreign-chain\tCILIUM_INPUT', 'foreign-chain\tcali-INPUT'])
})

describe('the keys that control planes share', () => {
  const PKI = '/etc/kubernetes/pki'
  const said = (path: string): string => {
    const [line = ''] = files().filter((one) => one.split('\t')[3] === path)
    return Buffer.from(line.split('\t')[5] ?? '', 'base64').toString()
  }
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

  test('a key is told by its public part alone', () => {
    host.write(`${PKI}/sa.key`.slice(1), pem, 0o600)
    expect(said(`${PKI}/sa.key`)).toBe(publicKey.export({ type: 'spki', format: 'pem' }).toString())
    expect(files().join('\n')).not.toContain(Buffer.from(pem).toString('base64').slice(0, 40))
  })

  test.each([
    ['nothing', ''],
    ['garbage', 'garbage\n'],
    ['half a key', pem.slice(0, 90)],
    ['bytes that are no key', pem.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA')],
  ])('%s is none', (_, text) => {
    host.write(`${PKI}/etcd/ca.key`.slice(1), text, 0o600)
    expect(said(`${PKI}/etcd/ca.key`)).toBe('none\n')
  })

  const secret = Buffer.alloc(32, 7).toString('base64')
  const yaml = stringify({
    kind: 'EncryptionConfiguration',
    resources: [
      {
        resources: ['secrets'],
        providers: [
          {
            secretbox: {
              keys: [
                { name: 'key1', secret },
                { name: 'key2', secret },
              ],
            },
          },
          { identity: {} },
        ],
      },
    ],
  })
  test.each([
    ['whole', yaml, 'key1\nkey2\n'],
    ['quoted', yaml.replaceAll('key1', '"key1"'), 'key1\nkey2\n'],
    ['of a KMS', 'providers:\n  - kms:\n      name: vault\n', 'kms\n'],
    ['cut off in a secret', yaml.slice(0, yaml.indexOf(secret) + 8), ''],
    ['empty', '', ''],
    ['garbage', '\u0000garbage', ''],
  ])('encryption keys, %s: only names are told', (_, text, expected) => {
    host.write('etc/kubernetes/encryption.yaml', text, 0o600)
    expect(said('/etc/kubernetes/encryption.yaml')).toBe(expected)
  })
})

test('a file whose bits have rotted, with its size and time kept, is seen when every file is read, and only then', () => {
  const stamp = host.path('var/lib/slipway/stamps/kubernetes-v1.36.3-kubelet')
  const told = (verify: string) => ask(`VERIFY=${verify}\nstamps`).map((line) => line.replaceAll(host.root, ''))
  const damaged = ['damaged\t/var/lib/slipway/stamps/kubernetes-v1.36.3-kubelet']
  host.write('opt/kubelet', 'good')
  const vouch = `stamp kubernetes-v1.36.3-kubelet sha256:aa ${host.path('opt/kubelet')}`
  expect(ask(vouch)).toEqual([''])
  expect([told(''), told('yes')]).toEqual([[''], ['']])
  const time = statSync(host.path('opt/kubelet')).mtime
  host.write('opt/kubelet', 'evil')
  utimesSync(host.path('opt/kubelet'), time, time)
  expect([told(''), told('yes')]).toEqual([[''], damaged])
  // Written by an older Slipway: its pin is the digest of a file, and not of what an archive held.
  const older = (pin: string) =>
    writeFileSync(stamp, `${pin}\n${readFileSync(stamp, 'utf8').split('\n')[1]?.split('\t').slice(0, 3).join('\t')}\n`)
  older(`sha256:${createHash('sha256').update('evil').digest('hex')}`)
  expect(told('yes')).toEqual([''])
  older('sha256:bb')
  expect([told(''), told('yes')]).toEqual([[''], damaged])
})

test('free inodes are read, and looking writes nothing', () => {
  const start = PROBE.indexOf('space() {')
  const df = `df() { case $1 in -Pi) printf 'h\\n/dev/a 100 40 60 40%% /\\n' ;; *) printf 'h\\n/dev/a 9000 1 8999 1%% /\\n' ;; esac; }`
  mkdirSync(host.path('empty'))
  const { stdout } = host.run(
    `fact() { printf '%s\\t%s\\n' "$1" "$2"; }\n${PROBE.slice(start, PROBE.indexOf('\n}\n', start) + 3)}\ncd ${host.path('empty')}\nspace /opt`,
    df,
  )
  expect(stdout).toBe('space\t/opt\tyes\t8999\t60\t/\n')
  expect(host.list('empty')).toEqual([])
})
