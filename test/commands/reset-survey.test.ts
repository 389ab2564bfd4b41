import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { confirmWords, recordText, shortCa } from '../../src/cluster/identity.ts'
import { mismatches, survey } from '../../src/commands/reset-survey.ts'
import type { Host } from '../../src/config/hosts.ts'
import { SURVEY } from '../../src/engine/reset.ts'
import { createVault } from '../../src/engine/vault.ts'
import { readAuthorities } from '../../src/hosts/certificate-facts.ts'
import type { Output, Transport } from '../../src/hosts/transport.ts'
import { meant } from '../../src/run/confirm-cluster.ts'
import { destructionText } from '../../src/ui/reset-text.ts'
import { fakeIo, options } from './support.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-survey-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

type Cluster = Readonly<{ name: string; ca: string; fingerprint: string; kubelet: string }>

/** A cluster's CA, and the certificate of one of its kubelets. */
const clusterNamed = async (name: string): Promise<Cluster> => {
  const vault = createVault(async () => undefined, Date.now)
  const ca = (await vault.secret('ca'))['/etc/kubernetes/pki/ca.crt'] ?? ''
  const kubelet = await vault.issue({
    kind: 'certificate',
    path: '/x',
    form: 'combined',
    authority: 'ca',
    commonName: 'system:node:x',
    organizations: ['system:nodes'],
    sans: [],
    usages: ['client'],
    days: 1,
    renewDays: 0,
  })
  const [authority] = await readAuthorities(ca)
  return { name, ca, kubelet: kubelet['/x'] ?? '', fingerprint: authority?.key ?? '' }
}

const UNIT = (node: string): string => `[Service]\nExecStart=/opt/kubelet \\\n  --hostname-override=${node}\n`
const filesOf = ({ name, ca, kubelet, fingerprint }: Cluster, node: string): Readonly<Record<string, string>> => ({
  '/var/lib/slipway/cluster': recordText({ authorities: [fingerprint], name, etcd: [] }),
  '/etc/kubernetes/pki/ca.crt': ca,
  '/var/lib/kubelet/pki/kubelet-client-current.pem': kubelet,
  '/etc/systemd/system/kubelet.service': UNIT(node),
})

/** A host with these files, which answers the survey as a shell does. */
const hostWith = (key: string, files: Readonly<Record<string, string>>): readonly [Host, Transport] => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, key, path)), { recursive: true })
    writeFileSync(join(folder, key, path), text)
  }
  const script = SURVEY.replaceAll(/(?<![\w.])\/(var|etc|run)\//g, `${join(folder, key)}/$1/`)
  const transport: Transport = {
    label: `root@${key}:22`,
    async *run(asked): AsyncGenerator<Output, void> {
      if (asked !== SURVEY) throw new Error(`asked ${asked}`)
      const said = execFileSync('sh', ['-s'], { input: script, encoding: 'utf8' }).replaceAll(join(folder, key), '')
      for (const line of said.split('\n').slice(0, -1)) yield { stream: 'stdout', line }
      yield { exit: 0 }
    },
    [Symbol.asyncDispose]: async () => {},
  }
  return [{ key, address: key, name: `n-${key}` } as Host, transport]
}

const seen = async (...hosts: (readonly [Host, Transport])[]) =>
  survey(
    hosts.map(([host]) => host),
    { transports: new Map(hosts.map(([host, transport]) => [host.key, transport])) },
  )
const said = (problems: ReturnType<typeof mismatches>): string[] => problems.map(({ exit, what }) => `${exit} ${what.en}`)

describe('reset asks each host which cluster it is of', () => {
  test('and shows it: the CA, the Node, the name; no key leaves the host', async () => {
    const a = await clusterNamed('a')
    const host = hostWith('10.0.0.1', filesOf(a, 'w1'))
    const { targets, clusters, problems } = await seen(host)
    expect(problems).toEqual([])
    expect(clusters).toMatchObject([{ name: 'a', ca: [a.fingerprint], nodes: ['w1'] }])
    const text = destructionText(
      'a',
      targets.map(({ name, transport, survey, identity }) => ({ name, label: transport.label, survey, ...(identity ? { identity } : {}) })),
      [],
      'en',
    )
    expect(text).toContain(`; node w1 of a, CA ${shortCa(a.fingerprint)}`)
    const lines: string[] = []
    for await (const output of host[1].run(SURVEY))
      if ('line' in output) lines.push(Buffer.from(output.line.split('\t')[2] ?? '', 'base64').toString())
    expect(lines.join('\n')).toContain('BEGIN CERTIFICATE')
    expect(lines.join('\n')).not.toContain('PRIVATE KEY')
  })

  test('a mixture of two clusters is refused, and each named', async () => {
    const [a, b] = await Promise.all([clusterNamed('x'), clusterNamed('x')])
    const both = await seen(hostWith('10.0.0.1', filesOf(a, 'w1')), hostWith('10.0.0.2', filesOf(b, 'w2')), hostWith('10.0.0.3', {}))
    for (const limited of [true, false])
      expect(said(mismatches(both, 'x', limited))).toEqual([
        `3 the hosts are of different clusters: n-10.0.0.1 of the cluster x (CA ${shortCa(a.fingerprint)}, nodes w1); n-10.0.0.2 of the cluster x (CA ${shortCa(b.fingerprint)}, nodes w2)`,
      ])
  })

  test("a file that names another cluster's hosts is refused; one that was left over is named with --limit", async () => {
    const other = await seen(hostWith('10.0.0.1', filesOf(await clusterNamed('b'), 'w1')))
    expect(said(mismatches(other, 'a', false))).toEqual([
      expect.stringMatching(/^3 the hosts are of the cluster b .*, and the file is of the cluster a$/),
    ])
    expect(mismatches(other, 'a', true)).toEqual([])
    expect(mismatches(other, 'b', false)).toEqual([])
  })

  test('hosts that show none go along: a run that had only begun, a reset that was cut off', async () => {
    const a = await clusterNamed('a')
    const record = { '/var/lib/slipway/cluster': filesOf(a, 'w1')['/var/lib/slipway/cluster'] ?? '' }
    const all = await seen(hostWith('10.0.0.1', filesOf(a, 'w1')), hostWith('10.0.0.2', record), hostWith('10.0.0.3', {}))
    expect(mismatches(all, 'a', false)).toEqual([])
    expect(all.clusters).toHaveLength(1)
  })
})

describe('the word to confirm', () => {
  const ca = ['5acb8497'.padEnd(64, '0')]
  test.each<[string, readonly string[], string, readonly string[]]>([
    ['lab', ca, 'w1', ['lab', '5acb8497']],
    ['kubernetes', ca, 'w1', ['5acb8497']],
    ['kubernetes', [], 'w1', ['w1']],
    ['lab', [], 'w1', ['lab']],
  ])('of a cluster called %s, with the CA %j, on %s: %j', (name, keys, host, words) => {
    expect(confirmWords({ name, ca: keys }, host)).toEqual(words)
  })

  test.each([
    ['kubernetes', 2],
    ['5acb8497', 0],
    [undefined, 2],
  ])('--confirm %s for a cluster with the default name: %d', async (confirm, exit) => {
    const { io, printed } = fakeIo()
    expect(await meant(confirmWords({ name: 'kubernetes', ca }, 'w1'), 'all of it', options({ flags: { confirm } }), io)).toBe(exit)
    expect(printed.err.includes('add --confirm 5acb8497')).toBe(exit !== 0)
  })
})
