// Certificates and CAs on three control planes and two workers: exchanged while the workload is asked, changed over to a CA of the user's own,
// and all leaves ended.
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { beforeAll, expect, test } from 'vitest'
import { ADDRESS, allReady, type ClusterFile, HA_HOSTS, type HostName, installed, kubectl, on, Operator, pause, tryOn } from './lab.ts'
import { loadText, lost, startLoad } from './load.ts'

const PLANES = ['cp1', 'cp2', 'cp3'] as const
const AUTHORITIES = ['ca.crt', 'etcd/ca.crt', 'front-proxy-ca.crt'] as const

let operator: Operator
beforeAll(async () => {
  operator = new Operator('ha')
  operator.seconds = 1200
  await installed(operator)
}, 900_000)

type Row = Readonly<{ host: string; path: string; name: string; days: number; expires: string; authority: boolean; issuer: string }>
const rows = async (): Promise<Row[]> =>
  (JSON.parse((await operator.must('certs', 'list', '-o', 'json')).stdout) as { certificates: Row[] }).certificates

const PEM = /-----BEGIN CERTIFICATE-----\n[^-]+-----END CERTIFICATE-----/g

/** Every certificate in a file of a host, those inside kubeconfigs too, with its path. */
const certificatesOn = async (host: HostName): Promise<(readonly [path: string, certificate: X509Certificate])[]> => {
  const files = await on(
    host,
    `find /etc /root /var/lib/kubelet/pki /var/lib/kube-proxy /var/lib/slipway -xdev -type f -size -256k 2>/dev/null | xargs grep -lE 'BEGIN CERTIFICATE|certificate(-authority)?-data' 2>/dev/null |
      grep -v -e ^/etc/ssl/ -e ^/etc/ca-certificates | while read -r path; do printf '%s %s\\n' "$path" "$(base64 -w 0 "$path")"; done`,
  )
  return files.split('\n').flatMap((line) => {
    const [path = '', data = ''] = line.split(' ')
    const text = Buffer.from(data, 'base64')
      .toString()
      .replace(/certificate(?:-authority)?-data: (\S+)/g, (_, inner: string) => Buffer.from(inner, 'base64').toString())
    return [...text.matchAll(PEM)].map(([pem]) => [path, new X509Certificate(pem)] as const)
  })
}

const authoritiesOf = async (host: HostName): Promise<X509Certificate[]> =>
  (await Promise.all(AUTHORITIES.map((file) => on(host, `cat /etc/kubernetes/pki/${file}`)))).map((text) => new X509Certificate(text))

/** What a port of a host shows to somebody who trusts this CA alone: the subject, or why it is not trusted. */
const shown = (host: HostName, port: number, ca: X509Certificate): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host: ADDRESS[host], port, ca: ca.toString(), checkServerIdentity: () => undefined, timeout: 10_000 }, () => {
      resolve(socket.authorized ? 'trusted' : String(socket.authorizationError))
      socket.destroy()
    })
    // A server that wants a certificate of ours closes after it has shown its own.
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.on('timeout', () => socket.destroy(new Error('no answer')))
  })

test('certs list shows every certificate that lies on a host, and who signed it', async () => {
  const listed = await rows()
  for (const host of HA_HOSTS) {
    const lying = new Set((await certificatesOn(host)).map(([path]) => path).filter((path) => !path.startsWith('/root/')))
    const told = new Set(listed.filter((row) => row.host === host).map(({ path }) => path))
    expect(
      [...lying].filter((path) => !told.has(path)),
      host,
    ).toEqual([])
  }
  expect(listed.filter(({ issuer }) => !/^(kubernetes-ca|etcd-ca|kubernetes-front-proxy-ca)$/.test(issuer))).toEqual([])
})

test('the three CAs exchanged while the workload is asked: 0 lost, every leaf is of the new ones, the old ones are trusted nowhere', async () => {
  const old = await authoritiesOf('cp1')
  await on('cp1', 'cp /etc/kubernetes/admin.conf /tmp/old-admin.conf')
  const load = await startLoad({ seconds: 2400 })
  const { exit, stderr } = await operator.run('certs', 'rotate', 'all', '--yes')
  const report = await load.stop()
  console.log(loadText(report))
  expect(exit, stderr).toBe(0)
  expect(lost(report)).toEqual([])
  expect(report.w1.answered).toBeGreaterThan(1000)

  const fresh = await authoritiesOf('cp1')
  const isOld = new Set(old.map(({ fingerprint256 }) => fingerprint256))
  for (const { fingerprint256 } of fresh) expect(isOld.has(fingerprint256)).toBe(false)
  for (const host of HA_HOSTS)
    for (const [path, certificate] of await certificatesOn(host)) {
      expect(isOld.has(certificate.fingerprint256), `${host} ${path} holds an old CA`).toBe(false)
      expect(
        old.some(({ publicKey }) => certificate.verify(publicKey)),
        `${host} ${path} is signed by an old CA`,
      ).toBe(false)
      expect(
        fresh.some(({ publicKey }) => certificate.verify(publicKey)),
        `${host} ${path} is signed by a new CA`,
      ).toBe(true)
    }
  const maps = await kubectl(`get configmaps -A -o jsonpath='{.items[*].data}'`)
  for (const { raw } of old) expect(maps.includes(raw.toString('base64').slice(100, 160))).toBe(false)
  // What runs, not what lies there: who trusts the old CA alone trusts nobody; an old client is nobody.
  const [oldCluster, oldEtcd] = old
  const [newCluster, newEtcd] = fresh
  if (!oldCluster || !oldEtcd || !newCluster || !newEtcd) throw new Error('a CA is missing')
  for (const host of PLANES) {
    expect(await shown(host, 6443, newCluster), `${host}:6443`).toBe('trusted')
    expect(await shown(host, 6443, oldCluster), `${host}:6443`).not.toBe('trusted')
    expect(await shown(host, 2379, newEtcd), `${host}:2379`).toBe('trusted')
    expect(await shown(host, 2379, oldEtcd), `${host}:2379`).not.toBe('trusted')
  }
  for (const host of HA_HOSTS) {
    expect(await shown(host, 10250, newCluster), `${host}:10250`).toBe('trusted')
    expect(await shown(host, 10250, oldCluster), `${host}:10250`).not.toBe('trusted')
  }
  const stranger = await tryOn(
    'cp1',
    'kubectl --kubeconfig /tmp/old-admin.conf --insecure-skip-tls-verify get nodes; rm /tmp/old-admin.conf',
  )
  expect(stranger.stderr).toMatch(/Unauthorized|logged in/)
  await operator.nothingToDo()
  await allReady('cp2')
}, 2_400_000)

/** A CA as a company would hand it out. */
const ownAuthority = async (dir: string): Promise<void> => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Example Corp Kubernetes',
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 5 * 365 * 86_400_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  writeFileSync(join(dir, 'own.crt'), certificate.toString('pem'))
  writeFileSync(join(dir, 'own.key'), `-----BEGIN PRIVATE KEY-----\n${key.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`, {
    mode: 0o600,
  })
}

test('a CA of the user: up refuses to put it in the place of another, certs rotate ca changes over to it', async () => {
  await ownAuthority(operator.dir)
  operator.write((config) => Object.assign(config, { certificates: { ca: { certificate: 'own.crt', key: 'own.key' } } }))
  const refused = await operator.up()
  expect(refused.exit).toBe(2)
  expect(refused.stderr).toMatch(/cluster\.yml:\d+:\d+ .*another CA in \/etc\/kubernetes\/pki\/ca\.crt/)
  await operator.must('certs', 'rotate', 'ca', '--yes')
  for (const host of PLANES) {
    const [ca] = await authoritiesOf(host)
    expect(ca?.subject).toBe('CN=Example Corp Kubernetes')
    expect(await shown(host, 6443, ca ?? expect.fail())).toBe('trusted')
  }
  const leaves = (await rows()).filter(({ authority, issuer }) => !authority && issuer === 'Example Corp Kubernetes')
  expect(leaves.map(({ host }) => host)).toEqual(expect.arrayContaining([...HA_HOSTS]))
  await operator.nothingToDo()
  await allReady('cp1')
}, 1_500_000)

const short = (config: ClusterFile): void =>
  void Object.assign(config, {
    certificates: { ca: { certificate: 'own.crt', key: 'own.key' }, lifetime: '8m', admin_lifetime: '8m', renew_before: '1m' },
  })
const long = (config: ClusterFile): void => void Object.assign(config, { certificates: { ca: { certificate: 'own.crt', key: 'own.key' } } })

test('every leaf has ended: nothing answers, and certs renew brings the cluster back', async () => {
  await kubectl('create configmap endures --from-literal=a=b')
  operator.write(short)
  await operator.must('certs', 'renew', '--yes')
  const ends = (await Promise.all(HA_HOSTS.map(certificatesOn)))
    .flat()
    .filter(([path, { ca }]) => !ca && !path.startsWith('/var/lib/kubelet/pki/'))
    .map(([, { validTo }]) => Date.parse(validTo))
  const last = Math.max(...ends)
  expect(last - Date.now()).toBeLessThan(8 * 60_000)
  await pause(last - Date.now() + 2000)
  for (const host of PLANES)
    expect((await tryOn(host, 'kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=5s get nodes')).exit).not.toBe(0)

  operator.write(long)
  await operator.must('certs', 'renew', '--yes')
  expect((await rows()).filter(({ days, name }) => days < 300 && !name.startsWith('system:node:'))).toEqual([])
  expect(await kubectl(`get configmap endures -o jsonpath='{.data.a}'`)).toBe('b')
  await allReady('cp3')
  await operator.nothingToDo()
}, 1_800_000)
