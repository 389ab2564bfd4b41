import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { cidr, nth } from '../../src/config/cidr.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { createVault } from '../../src/engine/vault.ts'
import { SUPPORTED } from '../../src/releases/index.ts'
import { SECRET_PATHS } from '../../src/resources/secrets.ts'
import { clusterOf, type Scenario, SCENARIOS, scenarioNamed } from '../engine/scenarios.ts'
import { changesFor, converge } from '../engine/support.ts'
import { rendered } from './rendered.ts'

// Facts that a Kubernetes cluster of separate services must fulfil, whatever its shape; each test names one.

const hostsWith = ({ hosts }: Scenario, test_: (roles: Scenario['hosts'][number]['roles']) => boolean): string[] =>
  hosts.filter(({ roles }) => test_(roles)).map(({ key }) => key)

const planes = SCENARIOS.flatMap((one) => hostsWith(one, ({ controlPlane }) => controlPlane).map((host) => ({ name: one.name, host, one })))
const nodes = SCENARIOS.flatMap((one) =>
  hostsWith(one, ({ controlPlane, worker }) => controlPlane || worker).map((host) => ({ name: one.name, host, one })),
)
const members = SCENARIOS.flatMap((one) => hostsWith(one, ({ etcd }) => etcd).map((host) => ({ name: one.name, host, one })))
const all = SCENARIOS.flatMap((one) => one.hosts.map(({ key: host }) => ({ name: one.name, host, one })))

/** With the user's own settings left out: they may say anything. */
const API = 'kube-apiserver'

describe.each(planes)('control plane $host of $name', ({ one, host }) => {
  const got = rendered(one, host)
  const { config, release } = one.cluster

  test('exactly one of --anonymous-auth and --authentication-config', () => {
    expect(['anonymous-auth', 'authentication-config'].filter((flag) => flag in got.flags(API))).toEqual(['authentication-config'])
    expect(got.yaml('/etc/kubernetes/authentication.yaml')).toMatchObject({
      apiVersion: 'apiserver.config.k8s.io/v1',
      anonymous: { enabled: true, conditions: [{ path: '/livez' }, { path: '/readyz' }, { path: '/healthz' }] },
    })
  })

  test('Node,RBAC and no --authorization-config', () => {
    expect(got.flag(API, 'authorization-mode')).toBe('Node,RBAC')
    expect(got.flags(API)).not.toHaveProperty('authorization-config')
  })

  test('no flag that a newer kube-apiserver does not know', () => {
    const gone = ['cloud-provider', 'cloud-config', 'feature-gates', 'insecure-port', 'kubelet-https', 'token-auth-file', 'oidc-issuer-url']
    expect(gone.filter((flag) => flag in got.flags(API))).toEqual([])
  })

  test('the service-account issuer, its public key and its private key, which is no CA', () => {
    expect(got.flag(API, 'service-account-issuer')).toBe(`https://kubernetes.default.svc.${config.cluster_domain}`)
    expect(got.flag(API, 'service-account-key-file')).toBe('/etc/kubernetes/pki/sa.pub')
    expect(got.flag(API, 'service-account-signing-key-file')).toBe('/etc/kubernetes/pki/sa.key')
    expect(got.flag('kube-controller-manager', 'service-account-private-key-file')).toBe('/etc/kubernetes/pki/sa.key')
  })

  test('the certificate of the API server has every name it is called by', () => {
    const { sans, usages } = got.certificate('/etc/kubernetes/pki/apiserver')
    const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', `kubernetes.default.svc.${config.cluster_domain}`]
    const first = nth(cidr(config.network.service_cidr) as never, 1)
    const endpoint = config.control_plane_endpoint
    expect(sans).toEqual(expect.arrayContaining([...names, 'localhost', '127.0.0.1', first, host, ...(endpoint ? [endpoint] : [])]))
    expect(usages).toEqual(['server'])
  })

  test('the client of kubelets has no group, and its user is bound where the bindings are applied', () => {
    expect(got.certificate('/etc/kubernetes/pki/apiserver-kubelet-client')).toMatchObject({
      commonName: 'kube-apiserver-kubelet-client',
      organizations: [],
      usages: ['client'],
    })
    if (got.of('objects').length > 0)
      expect(got.manifest('bootstrap-rbac')).toContainEqual(
        expect.objectContaining({
          kind: 'ClusterRoleBinding',
          roleRef: expect.objectContaining({ name: 'system:kubelet-api-admin' }),
          subjects: [expect.objectContaining({ kind: 'User', name: 'kube-apiserver-kubelet-client' })],
        }),
      )
  })

  test('the aggregator allows the name of its client and no other', () => {
    expect(got.flag(API, 'requestheader-allowed-names')).toBe(got.certificate('/etc/kubernetes/pki/front-proxy-client').commonName)
    expect(got.certificate('/etc/kubernetes/pki/front-proxy-client').authority).toBe('front-proxy-ca')
    expect(got.flag(API, 'requestheader-client-ca-file')).not.toBe(got.flag(API, 'client-ca-file'))
  })

  test.each(['kube-controller-manager', 'kube-scheduler'])('%s listens on loopback, without profiling, with three kubeconfigs', (name) => {
    const config_ = `/etc/kubernetes/${name.replace('kube-', '')}.conf`
    expect(got.flags(name)).toMatchObject({
      'bind-address': ['127.0.0.1'],
      profiling: ['false'],
      'leader-elect': ['true'],
      kubeconfig: [config_],
      'authentication-kubeconfig': [config_],
      'authorization-kubeconfig': [config_],
    })
    expect(got.file(config_)).toContain('server: https://127.0.0.1:6443\n')
  })

  test('no bootstrap tokens: neither their signer nor their authentication', () => {
    expect(got.flag('kube-controller-manager', 'controllers') ?? '').not.toContain('bootstrapsigner')
    expect(got.flags(API)).not.toHaveProperty('enable-bootstrap-token-auth')
  })

  test('the audit log: 30 days, 10 files, 100 MB; secrets never with their content', () => {
    expect(['maxage', 'maxbackup', 'maxsize'].map((word) => got.flag(API, `audit-log-${word}`))).toEqual(['30', '10', '100'])
    const { rules } = got.yaml('/etc/kubernetes/audit-policy.yaml') as unknown as {
      rules: { level: string; verbs?: string[]; resources?: unknown }[]
    }
    expect(rules.filter(({ level }) => level.startsWith('Request'))).toEqual([])
    expect(rules.at(-1)).toEqual({ level: 'Metadata' })
  })

  test('etcd is asked by TLS only', () => {
    const servers = (got.flag(API, 'etcd-servers') ?? '').split(',')
    expect(servers.every((url) => url.startsWith('https://'))).toBe(true)
    const own = one.hosts.find(({ key }) => key === host)?.roles.etcd
    if (own) expect(servers).toEqual(['https://127.0.0.1:2379'])
    else expect(servers).toEqual(hostsWith(one, ({ etcd }) => etcd).map((ip) => `https://${ip}:2379`))
  })

  test('what TLS of the API speaks is what CIS 1.2.29 and 4.2.12 accept', () => {
    const asked = got.flags(API)['tls-cipher-suites'] ?? []
    if (one.name === 'single-node') expect(asked).toEqual(['TLS_A', 'TLS_B'])
    else
      for (const suite of (asked[0] ?? '').split(','))
        expect(suite).toMatch(/^TLS_ECDHE_(ECDSA|RSA)_WITH_(AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305)$/)
  })

  test('binaries are of the release', () => {
    for (const name of [API, 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'])
      expect(got.words(name)[0]).toBe(`/opt/slipway/kubernetes/${release.kubernetes}/${name}`)
  })
})

describe.each(nodes)('node $host of $name', ({ one, host }) => {
  const got = rendered(one, host)
  const { config } = one.cluster
  const kubelet = got.yaml('/var/lib/kubelet/config.yaml') as Record<string, unknown>
  const facts = one.world[host]

  test('kubelet knows every flag it is given, in every release', () => {
    expect(Object.keys(got.flags('kubelet')).sort()).toEqual(['cert-dir', 'config', 'hostname-override', 'kubeconfig', 'node-ip'])
  })

  test('the certificates of kubelet are those of this node, in lower case', () => {
    const name = got.flag('kubelet', 'hostname-override') ?? ''
    expect(name).toMatch(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/)
    const own = got.certificates.filter(({ commonName }) => commonName.startsWith('system:node:'))
    expect(own.map(({ usages }) => usages)).toEqual([['client'], ['server']])
    for (const { commonName, organizations } of own) expect([commonName, organizations]).toEqual([`system:node:${name}`, ['system:nodes']])
    expect(own[1]?.sans).toEqual([name, host])
    expect(got.flag('kubelet', 'node-ip')).toBe(host)
  })

  test('kubelet asks the API who may do what, and listens where it must', () => {
    expect(kubelet).toMatchObject({
      authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' } },
      authorization: { mode: 'Webhook' },
      readOnlyPort: 0,
      healthzBindAddress: '127.0.0.1',
    })
  })

  test('events are limited, pods too, seccomp is on, its certificate rotates', () => {
    expect(kubelet.eventRecordQPS).toBeGreaterThan(0)
    expect(kubelet.podPidsLimit).toBeGreaterThan(0)
    expect(kubelet).toMatchObject({ seccompDefault: true, rotateCertificates: true, protectKernelDefaults: true })
  })

  test('its serving certificate is a file, not a request', () => {
    expect(kubelet).toHaveProperty('tlsCertFile')
    expect(kubelet).not.toHaveProperty('serverTLSBootstrap')
  })

  test('swap that came back with a boot does not keep kubelet down; a machine below a container keeps its own', () => {
    expect(got.unit('kubelet').text.includes('\nExecStartPre=-/usr/sbin/swapoff -a\n')).toBe(!facts?.container)
  })

  test('logind waits as long as kubelet asks, whatever unattended-upgrades says', () => {
    const path = '/etc/systemd/logind.conf.d/zz-slipway.conf'
    const text = got.of('file').find((file) => file.path === path)?.text
    expect(text).toBe(facts?.container ? undefined : `[Login]\nInhibitDelayMaxSec=${String(kubelet.shutdownGracePeriod)}\n`)
    expect(path > '/etc/systemd/logind.conf.d/unattended-upgrades-logind-maxdelay.conf').toBe(true)
  })

  test("no file of the host's own comes behind the sysctls that kubelet insists on", () => {
    const paths = got.of('sysctls').map(({ path }) => path)
    expect(['/etc/sysctl.d/99-sysctl.conf', ...paths].sort().at(-1)).toBe(paths[0])
  })

  test('one cgroup driver for kubelet and runc', () => {
    const systemd = /SystemdCgroup = true/.test(got.file('/etc/containerd/config.toml'))
    expect(kubelet.cgroupDriver).toBe(systemd ? 'systemd' : 'cgroupfs')
  })

  test('cgroup v1 is allowed where the host has nothing else', () => {
    expect(kubelet.failCgroupV1).toBe(facts?.cgroup === 'v1' ? false : undefined)
  })

  test('eviction keeps the defaults that are not named', () => {
    expect(kubelet).toMatchObject({ mergeDefaultEvictionSettings: true })
  })

  test("the resolver is systemd-resolved's own where the host asks its stub", () => {
    const of = (resolved: boolean, ...nameservers: string[]) => {
      const seen = one.world[host]
      if (!seen) throw new Error(`${host} was not seen`)
      const other = { ...one, world: { ...one.world, [host]: { ...seen, resolved, nameservers } } }
      return (rendered(other, host).yaml('/var/lib/kubelet/config.yaml') as Record<string, unknown>).resolvConf
    }
    expect(of(true, '127.0.0.53')).toBe('/run/systemd/resolve/resolv.conf')
    expect(of(true, '10.0.0.2')).toBe('/etc/resolv.conf')
    expect(of(false, '10.0.0.2')).toBe('/etc/resolv.conf')
  })

  test('DNS is in the service network and not its first address', () => {
    const network = cidr(config.network.service_cidr) as never
    expect(kubelet.clusterDNS).toEqual([nth(network, 10)])
    expect(kubelet.clusterDNS).not.toEqual([nth(network, 1)])
  })

  test('kube-proxy says its mode and the name of its node, and watches its own kernel', () => {
    const proxy = got.yaml('/var/lib/kube-proxy/config.yaml')
    expect(proxy).toMatchObject({
      mode: config.network.proxy_mode,
      hostnameOverride: got.flag('kubelet', 'hostname-override'),
      metricsBindAddress: '127.0.0.1:10249',
      clusterCIDR: config.network.pod_cidr,
    })
    const own = proxy as unknown as { conntrack?: { maxPerCore: number } }
    expect(own.conntrack?.maxPerCore).toBe(facts?.conntrackWritable ? undefined : 0)
    expect(got.of('packages')[0]?.names.includes('nftables')).toBe(config.network.proxy_mode === 'nftables')
  })

  test('containerd: version 3, the pause image in its place, one directory of mirrors', () => {
    const toml = got.file('/etc/containerd/config.toml')
    expect(toml).toMatch(/^version = 3$/m)
    expect(toml).toContain("[plugins.'io.containerd.cri.v1.images'.pinned_images]\n  sandbox = ")
    expect(toml).toMatch(/^ {2}config_path = "\/etc\/containerd\/certs\.d"$/m)
    expect(toml).toContain(`restrict_oom_score_adj = ${!facts?.sysResource}`)
  })

  test('every kubeconfig names its certificate by path and the API by this node', () => {
    for (const { path, text } of got.of('file').filter(({ path }) => path.endsWith('.conf') && path.startsWith('/etc/kubernetes/'))) {
      expect(text, path).toContain('server: https://127.0.0.1:6443\n')
      expect(text, path).toContain('certificate-authority: /etc/kubernetes/pki/ca.crt\n')
      expect(text, path).not.toMatch(/-data:/)
    }
  })
})

describe.each(members)('etcd member $host of $name', ({ one, host }) => {
  const got = rendered(one, host)

  test('no flag that etcd 3.6 or 3.7 does not know', () => {
    expect(Object.keys(got.flags('etcd')).filter((flag) => /^experimental-|^enable-v2$|^snapshot-count$|auto-tls/.test(flag))).toEqual([])
  })

  test('TLS and certificates on both sides; metrics on loopback only', () => {
    expect(got.flags('etcd')).toMatchObject({
      'client-cert-auth': ['true'],
      'peer-client-cert-auth': ['true'],
      'trusted-ca-file': ['/etc/kubernetes/pki/etcd/ca.crt'],
      'peer-trusted-ca-file': ['/etc/kubernetes/pki/etcd/ca.crt'],
      'listen-metrics-urls': ['http://127.0.0.1:2381'],
      'listen-client-urls': [`https://${host}:2379,https://127.0.0.1:2379`],
    })
  })

  test('its data is its own, and all members are founded from one list', () => {
    expect(got.of('directory')).toContainEqual({ kind: 'directory', path: '/var/lib/etcd', mode: '0700', owner: 'etcd:etcd' })
    const text = got.file('/etc/slipway/etcd-bootstrap.env')
    for (const ip of hostsWith(one, ({ etcd }) => etcd)) expect(text).toContain(`=https://${ip}:2380`)
    expect(text).toContain('--initial-cluster-state=new')
    const lists = hostsWith(one, ({ etcd }) => etcd).map((other) => rendered(one, other).file('/etc/slipway/etcd-bootstrap.env'))
    expect(new Set(lists).size).toBe(1)
  })

  test('the kubernetes CA cannot open it', () => {
    for (const { path, authority } of got.certificates.filter(({ path }) => path.includes('/etcd/') || path.includes('etcd-client')))
      expect([path, authority]).toEqual([path, 'etcd-ca'])
  })
})

describe.each(all)('host $host of $name', ({ one, host }) => {
  const got = rendered(one, host)

  test('every unit restarts for ever, and only those that notify say so', () => {
    for (const { name, text } of got.of('unit')) {
      const [head = ''] = text.split('[Service]')
      expect(head, name).toContain('StartLimitIntervalSec=0')
      expect(text, name).toMatch(/^Restart=always$/m)
      const notifies = ['etcd', 'kube-apiserver', 'containerd', 'kube-apiserver-balancer'].includes(name)
      expect(text, name).toMatch(notifies ? /^Type=notify$/m : /^Type=exec$/m)
    }
  })

  test('containerd keeps its pods when it restarts; kubelet comes after it and does not hang on it', () => {
    const names = got.of('unit').map(({ name }) => name)
    if (!names.includes('containerd')) return
    expect(got.unit('containerd').text).toMatch(/^KillMode=process$/m)
    expect(got.unit('containerd').text).toMatch(/^Delegate=yes$/m)
    expect(got.unit('kubelet').text).toMatch(/^After=.*containerd\.service/m)
    expect(got.unit('kubelet').text).not.toMatch(/^Requires=/m)
  })

  test('no certificate that stays has the group that stands above RBAC', () => {
    expect(got.certificates.filter(({ organizations }) => organizations.includes('system:masters'))).toEqual([])
  })

  test('a server is a server, a client a client; only members of etcd are both', () => {
    for (const { path, usages } of got.certificates) {
      const both = /\/etcd\/(server|peer)$/.test(path)
      expect(usages.length, path).toBe(both ? 2 : 1)
    }
  })

  test('units are owned by root and closed; so is what is written under /etc/kubernetes', () => {
    for (const { path, mode } of got
      .of('file')
      .filter(({ path }) => path.startsWith('/etc/kubernetes/') || path.startsWith('/var/lib/kube')))
      expect([path, mode]).toEqual([path, '0600'])
  })
})

describe('keys as they are drawn', async () => {
  const vault = createVault(
    async () => undefined,
    () => 1_790_000_000_000,
  )
  const pem = async (name: 'ca' | 'etcd-ca' | 'front-proxy-ca') => (await vault.secret(name))[SECRET_PATHS[name][0] as string] ?? ''
  const authorities = await Promise.all(
    (['ca', 'etcd-ca', 'front-proxy-ca'] as const).map(async (name) => new X509Certificate(await pem(name))),
  )

  test('three CAs of three keys, for ten years, each its own issuer', () => {
    expect(new Set(authorities.map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'pem' }))).size).toBe(3)
    for (const authority of authorities) {
      expect(authority.ca).toBe(true)
      expect(authority.verify(authority.publicKey)).toBe(true)
      expect(new Date(authority.validTo).getUTCFullYear() - new Date(authority.validFrom).getUTCFullYear()).toBe(10)
    }
  })

  test('encryption: secretbox with 32 bytes first, identity last, one value for all control planes', async () => {
    const text = Object.values(await vault.secret('encryption'))[0] ?? ''
    const { resources } = parse(text) as { resources: { providers: Record<string, { keys?: { secret: string }[] }>[] }[] }
    const providers = resources[0]?.providers ?? []
    expect(providers.map((provider) => Object.keys(provider)[0])).toEqual(['secretbox', 'identity'])
    expect(Buffer.from(providers[0]?.secretbox?.keys?.[0]?.secret ?? '', 'base64').length).toBe(32)
    expect(Object.values(await vault.secret('encryption'))[0]).toBe(text)
  })

  test('every leaf of a control plane says what it was asked for, and its CA signed it', async () => {
    const byName = { ca: authorities[0], 'etcd-ca': authorities[1], 'front-proxy-ca': authorities[2] }
    const got = rendered(scenarioNamed('three-planes-none'), '10.0.0.11')
    for (const want of got.certificates.filter(({ form }) => form === 'pair')) {
      const payload = await vault.issue(want)
      const leaf = new X509Certificate(payload[`${want.path}.crt`] ?? '')
      expect(leaf.verify(byName[want.authority]?.publicKey as never), want.path).toBe(true)
      expect(leaf.subject.split('\n').at(-1)).toBe(`CN=${want.commonName}`)
      const sans = (leaf.subjectAltName ?? '')
        .split(', ')
        .filter(Boolean)
        .map((san) => san.replace(/^(DNS|IP Address):/, ''))
      expect(sans).toEqual(want.sans)
      expect(leaf.keyUsage?.length, want.path).toBe(want.usages.length)
      expect(leaf.ca).toBe(false)
    }
  })
})

describe('what the file may not say', () => {
  const problemsWith = (network: string): string[] => {
    const text = `cluster_name: a\nkubernetes_version: v1.36.3\nnetwork: ${network}\nnodes: [{address: 10.0.0.11, role: [control-plane, worker]}]\n`
    const { problems } = parseConfig(text, 'cluster.yml', { folder: '/', home: '/', read: () => ({ error: 'missing' }) }, SUPPORTED)
    return problems.filter(({ severity }) => severity === 'error').map(({ what }) => what.en)
  }

  test.each([
    ['pods and services overlap', '{pod_cidr: 10.96.0.0/16, service_cidr: 10.96.0.0/12}'],
    ['pods and a node overlap', '{pod_cidr: 10.0.0.0/16}'],
    ['a leading zero', '{pod_cidr: 010.244.0.0/16}'],
    ['host bits', '{pod_cidr: 10.244.0.1/16}'],
  ])('%s', (_, network) => {
    expect(problemsWith(network)).not.toEqual([])
  })
})

describe("the user's own arguments", () => {
  const got = rendered(scenarioNamed('single-node'), '10.0.0.11')

  test('are the last, a list repeats the flag, null takes it away', () => {
    expect(got.flag(API, 'max-requests-inflight')).toBe('800')
    expect(got.flags(API)['tls-cipher-suites']).toEqual(['TLS_A', 'TLS_B'])
    expect(got.flags(API)).not.toHaveProperty('profiling')
    expect((got.yaml('/var/lib/kubelet/config.yaml') as unknown as { maxPods: number }).maxPods).toBe(50)
  })

  test('a plan of another value restarts that unit and nothing else', () => {
    const yaml = (value: string) =>
      `cluster_name: one\nkubernetes_version: v1.36.3\nmirrors: none\nnodes: [{address: 10.0.0.11, user: root, role: [control-plane, worker]}]\nservices: {kube-scheduler: {extra_args: {v: "${value}"}}}\n`
    const { world } = scenarioNamed('single-node')
    const { cluster, hosts } = clusterOf(yaml('2'))
    const installed = converge(cluster, hosts, world).world
    const next = clusterOf(yaml('3'))
    const changes = changesFor(next.cluster, next.hosts, installed)
    expect(changes.map(({ id, difference }) => `${id} ${difference.verb}`)).toEqual(['unit kube-scheduler restart'])
    expect(changes[0]?.difference.diff).toContain('+  --v=3')
  })
})
