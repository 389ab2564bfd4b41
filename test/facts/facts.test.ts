import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linkIssuers } from '../../src/hosts/certificate-facts.ts'
import type { Facts } from '../../src/hosts/facts.ts'
import { parseFacts } from '../../src/hosts/parse-facts.ts'

const NAMES = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.txt'))
const read = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8')

describe.each(NAMES)('%s', (name) => {
  const text = read(name)

  test('holds no private key', () => {
    const decoded = text.split(/[\t\n]/).map((field) => Buffer.from(field, 'base64').toString('latin1'))
    expect([text, ...decoded].filter((field) => field.includes('PRIVATE KEY') || field.includes('client-key-data:'))).toEqual([])
  })

  test('says what the file name says', async () => {
    const { os, hostname, kernel, arch, memoryMiB, cpus, diskMiB, systemd, defaultRoute, mtu, addresses } = await parseFacts(text)
    expect(name).toContain(`${os.id}-${os.version}`)
    expect(hostname).toMatch(/^[a-z0-9]+$/)
    expect(kernel).toMatch(/^\d+\.\d+/)
    expect(arch).toBe('amd64')
    for (const value of [memoryMiB, cpus, diskMiB, systemd]) expect(value).toBeGreaterThan(0)
    expect(mtu[defaultRoute]).toBe(1500)
    expect(addresses.some(({ device }) => device === defaultRoute)).toBe(true)
  })

  test('every one of its facts is a value, none is NaN', async () => {
    const facts = await parseFacts(text)
    const numbers = Object.values(facts).filter((value) => typeof value === 'number')
    expect(numbers.every(Number.isFinite)).toBe(true)
    expect(JSON.parse(JSON.stringify(facts))).toEqual(facts)
  })

  test('cut off anywhere before its end, it is refused', async () => {
    const cuts = [0, 1, 10, text.indexOf('\n'), text.length >> 1, text.lastIndexOf('end\t'), text.length - 2]
    for (const cut of cuts) await expect(parseFacts(text.slice(0, cut))).rejects.toThrow('cut off')
  })

  test('any line cut off is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: text.length - 3 }), async (cut) => {
        await expect(parseFacts(text.slice(0, cut))).rejects.toThrow('cut off')
      }),
      { numRuns: 200 },
    )
  })

  test('the order of lines means nothing', async () => {
    const lines = text.trimEnd().split('\n')
    // Only the first of the default routes and of the operating system's lines counts, and there is one of each.
    const reversed = await parseFacts(`${lines.toReversed().join('\n')}\n`)
    const sorted = ({ listening, addresses, paths, modules, ...rest }: Facts) => ({
      ...rest,
      listening: listening.map((one) => JSON.stringify(one)).sort(),
      addresses: addresses.map((one) => JSON.stringify(one)).sort(),
      paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
      modules,
      nodes: undefined,
    })
    expect(sorted(reversed)).toEqual(sorted(await parseFacts(text)))
  })
})

describe('a bare host', () => {
  test.each(NAMES.filter((name) => name.includes('bare')))('%s', async (name) => {
    const facts = await parseFacts(read(name))
    expect(facts).toMatchObject({ api: 'absent', etcdData: false, nodes: [], manifests: {}, etcdMembers: [], leftovers: [], damaged: [] })
    expect(Object.values(facts.units).every(({ active }) => active === 'inactive')).toBe(true)
    expect(Object.keys(facts.paths).filter((path) => path.startsWith('/etc/kubernetes'))).toEqual([])
  })
})

describe('a control plane', async () => {
  const world = linkIssuers({
    cp: await parseFacts(read('debian-12-control-plane.txt')),
    w: await parseFacts(read('debian-12-worker.txt')),
  })
  const { cp, w } = world
  const certificate = (facts: Facts, path: string) => facts.paths[path]?.certificate

  test('its parts run with the digests they were started with', () => {
    for (const name of ['etcd', 'containerd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'])
      expect(cp.units[name]).toMatchObject({ active: 'active', enabled: true, inputs: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(cp.api).toBe('ready')
    expect(cp.etcdData).toBe(true)
  })

  test('when the state of a part changed last', async () => {
    const text = read('debian-12-control-plane.txt')
    const told = (value: string) => text.replace(/^(unit\tetcd\t.*)$/m, `$1${value}\t`)
    const since = async (value: string) => (await parseFacts(told(value))).units.etcd?.since
    expect(await since('StateChangeTimestamp=Sat 2026-11-28 03:45:01 UTC')).toBe(Date.UTC(2026, 10, 28, 3, 45, 1) / 1000)
    expect(await since('StateChangeTimestamp=')).toBe(0)
  })

  test('its nodes, members and manifests', () => {
    expect(cp.nodes.map(({ name, kubelet, ready }) => [name, kubelet, ready])).toEqual([
      ['cp1', 'v1.36.3', true],
      ['w1', 'v1.36.3', true],
      ['w2', 'v1.36.3', true],
    ])
    expect(cp.etcdMembers).toEqual([
      { id: expect.any(String), started: true, name: 'cp1', peer: 'https://10.77.0.11:2380', learner: false },
    ])
    expect(new Set(Object.values(cp.manifests))).toEqual(new Set(['same']))
  })

  test('its CAs are three, of different keys, and signed what they should', () => {
    const keys = ['ca', 'etcd/ca', 'front-proxy-ca'].map((name) => certificate(cp, `/etc/kubernetes/pki/${name}.crt`)?.key)
    expect(new Set(keys).size).toBe(3)
    const [ca, etcd, proxy] = keys
    expect(certificate(cp, '/etc/kubernetes/pki/apiserver.crt')?.issuer).toBe(ca)
    expect(certificate(cp, '/etc/kubernetes/pki/etcd/server.crt')?.issuer).toBe(etcd)
    expect(certificate(cp, '/etc/kubernetes/pki/front-proxy-client.crt')?.issuer).toBe(proxy)
    expect(cp.paths['/etc/kubernetes/admin.conf']?.authorities?.map(({ issuer }) => issuer)).toEqual([ca])
    expect(certificate(w, '/var/lib/kubelet/pki/kubelet.crt')?.issuer).toBe(ca)
    expect(certificate(cp, '/etc/kubernetes/admin.conf')).toMatchObject({
      commonName: 'kubernetes-admin',
      organizations: ['kubeadm:cluster-admins'],
      usages: ['client'],
      issuer: ca,
    })
  })

  test('the certificate kubelet uses is read, its key is not', () => {
    const path = w.paths['/var/lib/kubelet/pki/kubelet-client-current.pem']?.target ?? ''
    expect(w.paths[path]).toMatchObject({ certificate: { commonName: 'system:node:w1', organizations: ['system:nodes'] } })
    expect(w.paths[path]?.text).not.toContain('PRIVATE')
  })

  test('no secret has a text', () => {
    const secret = Object.entries({ ...cp.paths, ...w.paths }).filter(([path]) => path.endsWith('.key') || path.endsWith('encryption.yaml'))
    expect(secret.length).toBeGreaterThan(8)
    expect(secret.filter(([, fact]) => fact.text !== undefined)).toEqual([])
  })
})

describe('whatever a host prints', () => {
  const words = [
    'now',
    'os',
    'file',
    'link',
    'directory',
    'unit',
    'node',
    'reach',
    'address',
    'capabilities',
    'etcd-member',
    'manifest',
    'listen',
  ]
  const field = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.base64String({ maxLength: 40 }),
    fc.constantFrom('/etc/kubernetes/admin.conf', '/etc/kubernetes/pki/ca.crt', '{}', '0'),
  )
  const line = fc.tuple(fc.constantFrom(...words), fc.array(field, { maxLength: 9 })).map(([word, fields]) => [word, ...fields].join('\t'))

  test('parsing ends with facts or with an error that says what is wrong, never with a hang or half a host', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 30 }), async (lines) => {
        try {
          const facts = await parseFacts(`${lines.join('\n')}\nend\tok\n`)
          expect(typeof facts.hostname).toBe('string')
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('a certificate that is none does not stop the reading of a host', async () => {
    const broken = Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n').toString('base64')
    const facts = await parseFacts(`file\t644\troot:root\t/etc/kubernetes/pki/ca.crt\t00\t${broken}\nend\tok\n`)
    expect(facts.paths['/etc/kubernetes/pki/ca.crt']).toMatchObject({ type: 'file', mode: '0644' })
    expect(facts.paths['/etc/kubernetes/pki/ca.crt']?.certificate).toBeUndefined()
  })
})
