import { publicKeyDigest } from '../digest.ts'
import { certificatesIn } from './certificate-facts.ts'
import type { DeprecatedApiFact, EtcdFact, EtcdMemberFact, Facts, NodeFact, PathFact, UnitFact } from './facts.ts'
import { escapeRemote } from './lines.ts'
import { byName, decode, json, type Rows, rowsOf } from './probe-rows.ts'

const CAP_SYS_RESOURCE = 24n
const ARCH: Record<string, string> = { x86_64: 'amd64', aarch64: 'arm64' }

/** What the probe says of a private key that control planes share. */
const publicPart = (text: string): Pick<PathFact, 'publicPart'> => {
  if (text === '') return {}
  const pem = /^-----BEGIN PUBLIC KEY-----\n[\s\S]+?-----END PUBLIC KEY-----\n/.exec(text)?.[0] ?? ''
  return { publicPart: { id: pem === '' ? '' : publicKeyDigest(pem), pem } }
}

const pathFacts = async (rows: Rows): Promise<Record<string, PathFact>> => {
  const paths: Record<string, PathFact> = {}
  for (const [mode = '', owner = '', path = '', sha256 = '', content = ''] of rows.of('file')) {
    const text = decode(content)
    const { certificate, authorities } = await certificatesIn(path, text)
    paths[path] = {
      type: 'file',
      mode: mode.padStart(4, '0'),
      owner,
      sha256,
      ...(path.endsWith('.key') ? publicPart(text) : content === '' ? {} : { text }),
      ...(certificate ? { certificate } : {}),
      ...(authorities.length > 0 ? { authorities } : {}),
    }
  }
  for (const [mode = '', owner = '', path = ''] of rows.of('directory'))
    paths[path] = { type: 'directory', mode: mode.padStart(4, '0'), owner }
  for (const [owner = '', path = '', target = ''] of rows.of('link')) paths[path] = { type: 'link', owner, target }
  return paths
}

/** A time as `TZ=UTC systemctl show` prints it ("Sat 2026-11-28 03:45:01 UTC"), in seconds since 1970; 0 where there is none. */
const timeFact = (text = ''): number => {
  const [, day, time] = text.split(' ')
  return day && time ? Date.parse(`${day}T${time}Z`) / 1000 : 0
}

const unitFact = (inputs: string, properties: readonly string[]): UnitFact => {
  const of = Object.fromEntries(properties.map((property) => [property.split('=')[0], property.slice(property.indexOf('=') + 1)]))
  return {
    active: of.ActiveState ?? 'inactive',
    enabled: of.UnitFileState === 'enabled',
    file: of.UnitFileState ?? '',
    inputs,
    restarts: Number(of.NRestarts ?? 0),
    stale: of.NeedDaemonReload === 'yes',
    since: timeFact(of.StateChangeTimestamp),
    command: of.Command ?? '',
    program: (of.Program ?? '') as UnitFact['program'],
  }
}

const nodeFacts = (rows: Rows): NodeFact[] =>
  rows
    .of('node')
    .map(
      ([
        name = '',
        kubelet = '',
        ready = '',
        unschedulable = '',
        labels,
        taints,
        managed = '',
        address = '',
        drained = '',
        podCidr = '',
      ]) => ({
        name,
        kubelet,
        ready: ready === 'True',
        unschedulable: unschedulable === 'true',
        labels: json(labels, {}),
        taints: json(taints, []),
        managed,
        address,
        podCidr,
        drained: drained !== '',
      }),
    )

const label = (labels: string, name: string): string => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? ''

/** The labels of the metric apiserver_requested_deprecated_apis, one API a line (subresources are the same API). */
const deprecatedFacts = (rows: Rows): DeprecatedApiFact[] => {
  const apis = rows.of('deprecated').map(([labels = '']) => ({
    group: label(labels, 'group'),
    version: label(labels, 'version'),
    resource: label(labels, 'resource'),
    removedIn: label(labels, 'removed_release'),
  }))
  return [...new Map(apis.map((api) => [JSON.stringify(api), api])).values()]
}

const etcdFact = (rows: Rows): { etcd?: EtcdFact } => {
  const [role, size, inUse, quota, errors = ''] = rows.of('etcd')[0] ?? []
  if (role === undefined) return {}
  const alarms = ['NOSPACE', 'CORRUPT'].filter((alarm) => errors.includes(alarm))
  return { etcd: { leader: role === 'leader', size: Number(size), inUse: Number(inUse), quota: Number(quota), alarms } }
}

const etcdMemberFacts = (rows: Rows): EtcdMemberFact[] =>
  rows.of('etcd-member').map(([id = '', status = '', name = '', peer = '', learner = '']) => ({
    id,
    started: status === 'started',
    name,
    peer,
    learner: learner === 'true',
  }))

const spaceOf = (rows: readonly (readonly string[])[]): Facts['space'] =>
  Object.fromEntries(
    rows.map(([path = '', writable = '', free = '', inodes = '', mount = '']) => [
      path,
      { mount, freeMiB: Number(free), writable: writable === 'yes', ...(inodes === '-' ? {} : { freeInodes: Number(inodes) }) },
    ]),
  )

// Whether every fact is read, the compiler sees where parseFacts puts the groups together.

/** The machine under the system, and its kernel. */
const machineFacts = ({ of, one, all }: Rows) => {
  const [id = '', version = '', codename = '', like = ''] = of('os')[0] ?? []
  return {
    hostname: decode(one('hostname')).trim(),
    boot: one('boot'),
    kernel: one('kernel'),
    arch: ARCH[one('machine')] ?? one('machine'),
    machineId: one('machine-id'),
    os: { id, version, codename, ...(like === '' ? {} : { like }) },
    memoryMiB: Math.round(Number(one('memory')) / 1024),
    cpus: Number(one('cpus')),
    container: one('container') !== '' && one('container') !== 'none',
    sysResource: ((BigInt(`0x${one('capabilities') || '0'}`) >> CAP_SYS_RESOURCE) & 1n) === 1n,
    cgroup: one('cgroup') === 'v2' ? 'v2' : 'v1',
    cgroupControllers: one('cgroup-controllers').split(' ').filter(Boolean),
    diskMiB: Number(one('disk')),
    space: spaceOf(of('space')),
    swap: all('swap'),
    fstabSwap: all('fstab-swap'),
  } satisfies Partial<Facts>
}

const firewallFact = ([tool, sources = '']: readonly string[] = []): Pick<Facts, 'firewall'> =>
  tool ? { firewall: { tool, sources: sources.split(' ').filter(Boolean) } } : {}

const networkFacts = ({ of, one, all }: Rows) =>
  ({
    resolved: one('resolved') === 'yes',
    nameservers: one('nameservers').trim().split(' ').filter(Boolean),
    hostKeys: all('host-key')
      .filter((key) => /^[\w-]+ [A-Za-z0-9+/=]+$/.test(key))
      .sort(),
    addresses: of('address').map(([device = '', cidr = '']) => ({
      device,
      address: cidr.split('/')[0] ?? '',
      prefix: Number(cidr.split('/')[1] ?? 32),
    })),
    defaultRoute: one('default-route'),
    mtu: byName(of('mtu'), (mtu = '') => Number(mtu)),
    listening: of('listen').map(([port = '', process = '']) => ({ port: Number(port), process })),
    ...firewallFact(of('firewall')[0]),
    foreignChains: all('foreign-chain'),
    reach: byName(of('reach'), (state = '') => state as 'open'),
  }) satisfies Partial<Facts>

/** What the system is made of and set to, whoever did it. */
const systemFacts = ({ of, one, all }: Rows) =>
  ({
    systemd: one('pid1') === 'systemd' ? Number.parseInt(one('systemd'), 10) || 0 : 0,
    timeSync: one('time-sync'),
    sysctls: byName(of('sysctl'), (value = '') => value),
    modules: [...new Set(all('module'))].sort(),
    lackingModules: all('lacking-module'),
    conntrackWritable: one('writable-conntrack') === 'yes',
    packages: byName(of('package'), (value = '') => value),
    users: all('user'),
    services: byName(of('service'), (enabled = '', active = '') => ({ enabled: enabled === 'enabled', active: active === 'active' })),
    leftovers: of('leftover').map(([tool = '', path = '']) => ({ tool, path })),
  }) satisfies Partial<Facts>

/** The host's part in the cluster. */
const clusterFacts = (rows: Rows) => {
  const { of, one, all } = rows
  return {
    etcdData: one('etcd-data') === 'yes',
    damaged: all('damaged'),
    images: all('image'),
    units: byName(of('unit'), (inputs = '', ...properties) => unitFact(inputs, properties)),
    timers: byName(of('timer'), (active = '', enabled = '', result = '') => ({
      active: active === 'active',
      enabled: enabled === 'enabled',
      result,
    })),
    api: one('api') === 'ready' ? 'ready' : one('api') === 'down' ? 'down' : 'absent',
    nodes: nodeFacts(rows),
    nodeList: (one('node-list') || 'unasked') as Facts['nodeList'],
    nodeListError: escapeRemote(decode(of('node-list')[0]?.[1]).trim()),
    etcdMembers: etcdMemberFacts(rows),
    deprecatedApis: deprecatedFacts(rows),
    ...etcdFact(rows),
    // kubectl diff ends with 1 for a difference, and with more where it could not tell.
    manifests: byName(of('manifest'), (code = '') => (code === '0' ? 'same' : code === '1' ? 'differs' : 'unknown')),
  } satisfies Partial<Facts>
}

/**
 * Reads what probe.sh printed. Throws when the output is cut off (its last line is missing), so that half a host is never
 * taken for a whole one.
 */
export const parseFacts = async (output: string): Promise<Facts> => {
  const rows = rowsOf(output)
  if (rows.one('end') !== 'ok') throw new Error('the probe was cut off before its end')
  return {
    now: Number(rows.one('now')),
    uid: Number(rows.one('uid')),
    ...machineFacts(rows),
    ...networkFacts(rows),
    ...systemFacts(rows),
    ...clusterFacts(rows),
    paths: await pathFacts(rows),
  }
}
