import { X509Certificate } from 'node:crypto'
import { parse as parseYaml } from 'yaml'

/** What of a certificate a plan decides by. Times are seconds since 1970. `issuer` is the fingerprint of the CA's key, or '' when no known CA signed it. */
export type CertificateFact = Readonly<{
  commonName: string
  organizations: readonly string[]
  sans: readonly string[]
  usages: readonly string[]
  notBefore: number
  notAfter: number
  authority: boolean
  key: string
  issuer: string
  pem: string
}>

/** One path of a host. `sha256` and `text` only for files; secrets have no text. */
export type PathFact = Readonly<{
  type: 'file' | 'directory' | 'link'
  mode?: string
  owner: string
  sha256?: string
  text?: string
  target?: string
  certificate?: CertificateFact
  /** The CAs that a file of CA certificates or a kubeconfig names, in their order. */
  authorities?: readonly CertificateFact[]
}>

/** One systemd unit. `inputs` is the digest the RUNNING process was started with. */
export type UnitFact = Readonly<{ active: string; enabled: boolean; inputs: string; restarts: number; stale: boolean }>

export type NodeFact = Readonly<{
  name: string
  kubelet: string
  ready: boolean
  unschedulable: boolean
  labels: Readonly<Record<string, string>>
  taints: readonly Readonly<{ key: string; value?: string; effect: string }>[]
  managed: string
  address: string
  /** Whether Slipway drained it and has not uncordoned it again. */
  drained: boolean
}>

/** One member of etcd, as some member reports it. `started`: it has been up at least once; a joining one has no `name` until then. */
export type EtcdMemberFact = Readonly<{ id: string; started: boolean; name: string; peer: string; learner: boolean }>

/** `removedIn` is the minor that no longer has it ("1.38"), or empty where upstream named none. */
export type DeprecatedApiFact = Readonly<{ group: string; version: string; resource: string; removedIn: string }>

/** What a member of etcd says of itself. Sizes in bytes; `quota` is where it stops taking writes. */
export type EtcdFact = Readonly<{ leader: boolean; size: number; inUse: number; quota: number; alarms: readonly string[] }>

/** A timer of ours. `result` is how its service ended the last time: "success" also before the first. */
export type TimerFact = Readonly<{ active: boolean; enabled: boolean; result: string }>

/** Everything one probe said of one host. Plain JSON. */
export type Facts = Readonly<{
  now: number
  uid: number
  hostname: string
  boot: string
  kernel: string
  arch: 'amd64' | 'arm64' | string
  machineId: string
  os: Readonly<{ id: string; version: string; codename: string }>
  memoryMiB: number
  cpus: number
  systemd: number
  container: boolean
  sysResource: boolean
  cgroup: 'v1' | 'v2'
  diskMiB: number
  swap: readonly string[]
  fstabSwap: readonly string[]
  timeSync: string
  resolved: boolean
  nameservers: readonly string[]
  /** sshd's public keys, "ssh-ed25519 AAAA...". */
  hostKeys: readonly string[]
  addresses: readonly Readonly<{ device: string; address: string; prefix: number }>[]
  defaultRoute: string
  mtu: Readonly<Record<string, number>>
  listening: readonly Readonly<{ port: number; process: string }>[]
  sysctls: Readonly<Record<string, string>>
  modules: readonly string[]
  conntrackWritable: boolean
  packages: Readonly<Record<string, string>>
  /** Names of the images that containerd has. */
  images: readonly string[]
  users: readonly string[]
  /** Services of the distribution that were looked for and are there. */
  services: Readonly<Record<string, Readonly<{ enabled: boolean; active: boolean }>>>
  leftovers: readonly Readonly<{ tool: string; path: string }>[]
  paths: Readonly<Record<string, PathFact>>
  etcdData: boolean
  damaged: readonly string[]
  units: Readonly<Record<string, UnitFact>>
  reach: Readonly<Record<string, 'open' | 'closed' | 'filtered' | 'unreachable' | 'silent'>>
  api: 'ready' | 'down' | 'absent'
  nodes: readonly NodeFact[]
  etcdMembers: readonly EtcdMemberFact[]
  /** APIs on their way out that somebody asked this API server for since it started. Looked for only where its version is to change. */
  deprecatedApis: readonly DeprecatedApiFact[]
  /** undefined where no member answers on this host. */
  etcd?: EtcdFact
  timers: Readonly<Record<string, TimerFact>>
  /** Manifest path -> whether the cluster holds what it says. */
  manifests: Readonly<Record<string, 'same' | 'differs'>>
}>

const CAP_SYS_RESOURCE = 24n
const ARCH: Record<string, string> = { x86_64: 'amd64', aarch64: 'arm64' }

type Rows = Map<string, string[][]>

const decode = (text: string | undefined): string => Buffer.from(text ?? '', 'base64').toString('utf8')

const rowsOf = (output: string): Rows => {
  const rows: Rows = new Map()
  for (const line of output.split('\n')) {
    if (line === '') continue
    const [word = '', ...fields] = line.split('\t')
    const seen = rows.get(word)
    if (seen) seen.push(fields)
    else rows.set(word, [fields])
  }
  return rows
}

const json = <T>(text: string | undefined, otherwise: T): T => {
  try {
    return text ? (JSON.parse(text) as T) : otherwise
  } catch {
    return otherwise
  }
}

/** OpenSSL prints a subject one attribute a line; an organisation may repeat. */
const attributes = (subject: string, name: string): string[] =>
  (subject ?? '')
    .split('\n')
    .filter((line) => line.startsWith(`${name}=`))
    .map((line) => line.slice(name.length + 1))

const USAGES: Record<string, string> = { '1.3.6.1.5.5.7.3.1': 'server', '1.3.6.1.5.5.7.3.2': 'client' }

/** The fingerprint by which keys are compared: SHA-256 of the public key's SPKI. */
const keyOf = async (certificate: X509Certificate): Promise<string> => {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array(spki))).toString('hex')
}

/** Reads the first certificate of a PEM text, or nothing when there is none. Its `issuer` is still unknown. */
export const readCertificate = async (pem: string): Promise<CertificateFact | undefined> => {
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) return undefined
  let x509: X509Certificate
  try {
    x509 = new X509Certificate(pem)
  } catch {
    return undefined
  }
  return {
    commonName: attributes(x509.subject, 'CN')[0] ?? '',
    organizations: attributes(x509.subject, 'O'),
    sans: (x509.subjectAltName ?? '')
      .split(', ')
      .filter((san) => san !== '')
      .map((san) => san.replace(/^(DNS|IP Address):/, ''))
      .sort(),
    usages: (x509.keyUsage ?? []).map((oid) => USAGES[oid] ?? oid).sort(),
    notBefore: Date.parse(x509.validFrom) / 1000,
    notAfter: Date.parse(x509.validTo) / 1000,
    authority: x509.ca,
    key: await keyOf(x509),
    issuer: '',
    pem: x509.toString(),
  }
}

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/** Every CA certificate of a PEM text. */
const readAuthorities = async (pem: string): Promise<CertificateFact[]> => {
  const all = await Promise.all([...pem.matchAll(BLOCK)].map(([block]) => readCertificate(block)))
  return all.flatMap((one) => (one?.authority ? [one] : []))
}

type Kubeconfig = { users?: { user?: Record<string, string> }[]; clusters?: { cluster?: Record<string, string> }[] }

/** The certificate and the CAs that a kubeconfig embeds, as PEM. */
const embedded = (text: string): { user: string; authorities: string } => {
  try {
    const { users, clusters } = (parseYaml(text) as Kubeconfig | null) ?? {}
    return {
      user: decode(users?.[0]?.user?.['client-certificate-data']),
      authorities: decode(clusters?.[0]?.cluster?.['certificate-authority-data']),
    }
  } catch {
    return { user: '', authorities: '' }
  }
}

/** What of a file's text is PEM: the certificate it is about, and the CAs it trusts. */
const pemsOf = (path: string, text: string): { user: string; authorities: string } => {
  if (path.endsWith('.conf') && path.startsWith('/etc/kubernetes/')) return embedded(text)
  return /\.(crt|pem)$/.test(path) ? { user: text, authorities: text } : { user: '', authorities: '' }
}

const pathFacts = async (rows: Rows): Promise<Record<string, PathFact>> => {
  const paths: Record<string, PathFact> = {}
  for (const [mode = '', owner = '', path = '', sha256 = '', content = ''] of rows.get('file') ?? []) {
    const text = decode(content)
    const pems = pemsOf(path, text)
    const certificate = await readCertificate(pems.user)
    const authorities = await readAuthorities(pems.authorities)
    paths[path] = {
      type: 'file',
      mode: mode.padStart(4, '0'),
      owner,
      sha256,
      ...(content === '' ? {} : { text }),
      ...(certificate ? { certificate } : {}),
      ...(authorities.length > 0 ? { authorities } : {}),
    }
  }
  for (const [mode = '', owner = '', path = ''] of rows.get('directory') ?? [])
    paths[path] = { type: 'directory', mode: mode.padStart(4, '0'), owner }
  for (const [owner = '', path = '', target = ''] of rows.get('link') ?? []) paths[path] = { type: 'link', owner, target }
  return paths
}

const unitFacts = (rows: Rows): Record<string, UnitFact> => {
  const units: Record<string, UnitFact> = {}
  for (const [name = '', inputs = '', ...properties] of rows.get('unit') ?? []) {
    const of = Object.fromEntries(properties.map((property) => [property.split('=')[0], property.slice(property.indexOf('=') + 1)]))
    units[name] = {
      active: of.ActiveState ?? 'inactive',
      enabled: of.UnitFileState === 'enabled',
      inputs,
      restarts: Number(of.NRestarts ?? 0),
      stale: of.NeedDaemonReload === 'yes',
    }
  }
  return units
}

const nodeFacts = (rows: Rows): NodeFact[] =>
  (rows.get('node') ?? []).map(
    ([name = '', kubelet = '', ready = '', unschedulable = '', labels, taints, managed = '', address = '', drained = '']) => ({
      name,
      kubelet,
      ready: ready === 'True',
      unschedulable: unschedulable === 'true',
      labels: json(labels, {}),
      taints: json(taints, []),
      managed,
      address,
      drained: drained !== '',
    }),
  )

const label = (labels: string, name: string): string => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? ''

/** The labels of the metric apiserver_requested_deprecated_apis, one API a line (subresources are the same API). */
const deprecatedFacts = (rows: Rows): DeprecatedApiFact[] => {
  const apis = (rows.get('deprecated') ?? []).map(([labels = '']) => ({
    group: label(labels, 'group'),
    version: label(labels, 'version'),
    resource: label(labels, 'resource'),
    removedIn: label(labels, 'removed_release'),
  }))
  return [...new Map(apis.map((api) => [JSON.stringify(api), api])).values()]
}

const etcdFact = (rows: Rows): { etcd?: EtcdFact } => {
  const [role, size, inUse, quota, errors = ''] = rows.get('etcd')?.[0] ?? []
  if (role === undefined) return {}
  const alarms = ['NOSPACE', 'CORRUPT'].filter((alarm) => errors.includes(alarm))
  return { etcd: { leader: role === 'leader', size: Number(size), inUse: Number(inUse), quota: Number(quota), alarms } }
}

/**
 * Reads what probe.sh printed. Throws when the output is cut off (its last line is missing), so that half a host is never
 * taken for a whole one.
 */
export const parseFacts = async (output: string): Promise<Facts> => {
  const rows = rowsOf(output)
  if (rows.get('end')?.[0]?.[0] !== 'ok') throw new Error('the probe was cut off before its end')
  const one = (word: string): string => rows.get(word)?.[0]?.[0] ?? ''
  const all = (word: string): string[] => (rows.get(word) ?? []).map(([value = '']) => value)
  const [id = '', version = '', codename = ''] = rows.get('os')?.[0] ?? []
  return {
    now: Number(one('now')),
    uid: Number(one('uid')),
    hostname: decode(one('hostname')).trim(),
    boot: one('boot'),
    kernel: one('kernel'),
    arch: ARCH[one('machine')] ?? one('machine'),
    machineId: one('machine-id'),
    os: { id, version, codename },
    memoryMiB: Math.round(Number(one('memory')) / 1024),
    cpus: Number(one('cpus')),
    systemd: one('pid1') === 'systemd' ? Number.parseInt(one('systemd'), 10) || 0 : 0,
    container: one('container') !== '' && one('container') !== 'none',
    sysResource: ((BigInt(`0x${one('capabilities') || '0'}`) >> CAP_SYS_RESOURCE) & 1n) === 1n,
    cgroup: one('cgroup') === 'v2' ? 'v2' : 'v1',
    diskMiB: Number(one('disk')),
    swap: all('swap'),
    fstabSwap: all('fstab-swap'),
    timeSync: one('time-sync'),
    resolved: one('resolved') === 'yes',
    nameservers: one('nameservers').trim().split(' ').filter(Boolean),
    hostKeys: all('host-key')
      .filter((key) => /^[\w-]+ [A-Za-z0-9+/=]+$/.test(key))
      .sort(),
    addresses: (rows.get('address') ?? []).map(([device = '', cidr = '']) => ({
      device,
      address: cidr.split('/')[0] ?? '',
      prefix: Number(cidr.split('/')[1] ?? 32),
    })),
    defaultRoute: one('default-route'),
    mtu: Object.fromEntries((rows.get('mtu') ?? []).map(([device = '', mtu = '']) => [device, Number(mtu)])),
    listening: (rows.get('listen') ?? []).map(([port = '', process = '']) => ({ port: Number(port), process })),
    sysctls: Object.fromEntries((rows.get('sysctl') ?? []).map(([name = '', value = '']) => [name, value])),
    modules: [...new Set(all('module'))].sort(),
    conntrackWritable: one('writable-conntrack') === 'yes',
    packages: Object.fromEntries((rows.get('package') ?? []).map(([name = '', value = '']) => [name, value])),
    images: all('image'),
    users: all('user'),
    services: Object.fromEntries(
      (rows.get('service') ?? []).map(([name = '', enabled = '', active = '']) => [
        name,
        { enabled: enabled === 'enabled', active: active === 'active' },
      ]),
    ),
    leftovers: (rows.get('leftover') ?? []).map(([tool = '', path = '']) => ({ tool, path })),
    paths: await pathFacts(rows),
    etcdData: one('etcd-data') === 'yes',
    damaged: all('damaged'),
    units: unitFacts(rows),
    reach: Object.fromEntries((rows.get('reach') ?? []).map(([peer = '', state = '']) => [peer, state as 'open'])),
    api: one('api') === 'ready' ? 'ready' : one('api') === 'down' ? 'down' : 'absent',
    nodes: nodeFacts(rows),
    etcdMembers: (rows.get('etcd-member') ?? []).map(([memberId = '', status = '', name = '', peer = '', learner = '']) => ({
      id: memberId,
      started: status === 'started',
      name,
      peer,
      learner: learner === 'true',
    })),
    deprecatedApis: deprecatedFacts(rows),
    ...etcdFact(rows),
    timers: Object.fromEntries(
      (rows.get('timer') ?? []).map(([name = '', active = '', enabled = '', result = '']) => [
        name,
        { active: active === 'active', enabled: enabled === 'enabled', result },
      ]),
    ),
    manifests: Object.fromEntries((rows.get('manifest') ?? []).map(([path = '', code = '']) => [path, code === '0' ? 'same' : 'differs'])),
  }
}

/**
 * Fills in who signed what: the `issuer` of every certificate becomes the key of the CA (found anywhere in the world) whose
 * signature verifies. Names are not believed.
 */
export const linkIssuers = <T extends Record<string, Facts>>(world: T): T => {
  const authorities = new Map<string, X509Certificate>()
  for (const facts of Object.values(world))
    for (const { authorities: named = [] } of Object.values(facts.paths))
      for (const { key, pem } of named) authorities.set(key, new X509Certificate(pem))
  const issuerOf = (pem: string): string => {
    const x509 = new X509Certificate(pem)
    for (const [key, authority] of authorities) if (x509.issuer === authority.subject && x509.verify(authority.publicKey)) return key
    return ''
  }
  return Object.fromEntries(
    Object.entries(world).map(([host, facts]) => [
      host,
      {
        ...facts,
        paths: Object.fromEntries(
          Object.entries(facts.paths).map(([path, fact]) => [
            path,
            fact.certificate ? { ...fact, certificate: { ...fact.certificate, issuer: issuerOf(fact.certificate.pem) } } : fact,
          ]),
        ),
      },
    ]),
  ) as T
}
