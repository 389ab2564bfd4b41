// What a host looks like from outside: its files, owners, modes and texts.
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { type HostName, on, pause, until } from './lab.ts'

/** What a host writes by itself all the time. */
const NOISE = [
  '/proc',
  '/sys',
  '/dev',
  '/run',
  '/tmp',
  '/var/tmp',
  '/var/log',
  '/var/cache',
  '/var/lib/systemd',
  '/var/lib/apt/lists',
  '/lib/modules',
  '/usr/lib/modules',
  '/var/lib/containerd',
  '/var/lib/cni',
  '/var/lib/sudo',
  // The tests' own kubectl keeps its cache there (Slipway's does not: 61-reset.e2e.ts).
  '/root/.kube',
]

const find = (format: string): string =>
  `find / \\( ${NOISE.map((path) => `-path ${path}`).join(' -o ')} \\) -prune -o -xdev -printf '${format}\\n'`

/**
 * Every path of a host with everything that a write would change: owner, mode, size, time and inode.
 * Two of these are equal when nothing was touched in between.
 */
export const traces = async (host: HostName): Promise<string[]> => (await on(host, find('%y %m %u:%g %s %T@ %i %p %l'))).split('\n').sort()

/** What a running kubelet keeps beside what it was given, and what tools write down for themselves. */
const LIVING = [
  '/var/lib/kubelet/pods',
  '/var/lib/kubelet/plugins',
  '/var/lib/kubelet/plugins_registry',
  '/var/lib/kubelet/pod-resources',
  '/var/lib/kubelet/device-plugins',
  '/var/lib/kubelet/image_manager',
  '/var/lib/kubelet/checkpoints',
  '/var/lib/kubelet/memory_manager_state',
  '/var/lib/kubelet/cpu_manager_state',
  '/var/lib/kubelet/dra_manager_state',
  '/var/lib/kubelet/actuated_pods_state',
  '/var/lib/kubelet/allocated_pods_state',
  '/var/lib/etcd/member',
]

/** Where every text is compared. Elsewhere paths, owners and modes are. */
const READ = [
  '/etc',
  '/var/lib/slipway',
  '/var/lib/kubelet',
  '/var/lib/kube-proxy',
  '/usr/local',
  '/usr/sbin/policy-rc.d',
  '/root',
  '/home',
]
/** Different on every host, or from boot to boot, whoever installs what. */
const OWN =
  /^\/etc\/(machine-id|ssh\/ssh_host_.*|ld\.so\.cache|shadow-?|gshadow-?|passwd-|group-|\.updated|resolv\.conf)$|^\/(root|home)\/.*\.(kube|ssh)\//

const usages = (certificate: x509.X509Certificate): string => {
  const extended = certificate.getExtension(x509.ExtendedKeyUsageExtension)?.usages ?? []
  return `${certificate.getExtension(x509.KeyUsagesExtension)?.usages ?? 0}/${[...extended].sort().join(',')}`
}

/** Two runs draw different keys: what a certificate says is compared, not its bytes. */
const certificateText = (pem: string): string => {
  const certificate = new x509.X509Certificate(pem)
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? []
  const days = Math.round((certificate.notAfter.getTime() - certificate.notBefore.getTime()) / 86_400_000)
  const authority = certificate.getExtension(x509.BasicConstraintsExtension)?.ca === true
  return JSON.stringify({
    subject: certificate.subject,
    issuer: certificate.issuer,
    names: names.map(({ type, value }) => `${type}:${value}`).sort(),
    usages: usages(certificate),
    authority,
    days,
    key: certificate.publicKey.algorithm,
  })
}

const PEM = /-----BEGIN ([A-Z ]+)-----\n[^-]+-----END \1-----\n/g

/** A text with everything in it that is drawn anew by every install taken out. */
const portraitOf = (path: string, text: string): string => {
  if (path === '/var/lib/slipway/inventory') return text.split('\n').sort().join('\n')
  const spoken = text
    .replace(
      /(client-key-data|client-certificate-data|certificate-authority-data): (\S+)/g,
      (_, key: string, data: string) => `${key}: ${Buffer.from(data, 'base64').toString()}`,
    )
    .replace(PEM, (pem, label: string) => (label === 'CERTIFICATE' ? `${certificateText(pem)}\n` : `<${label} of ${pem.length}>\n`))
  // Path, size, time, and of a file the digest.
  if (path.startsWith('/var/lib/slipway/stamps/')) return spoken.replace(/^(\/[^\t]*\t\d+)\t\d+/gm, '$1')
  if (path === '/var/lib/slipway/cluster') return spoken.replace(/[0-9a-f]{64}/g, '<digest>')
  if (path.startsWith('/etc/slipway/pairs/')) return spoken.replace(/[0-9a-f]{64}/g, '<digest>')
  if (path.startsWith('/etc/slipway/units/')) return spoken.replace(/(^|=)[0-9a-f]{64}$/gm, '$1<digest>')
  // A lab host that is made anew has new host keys.
  if (path === '/etc/slipway/known_hosts') return spoken.replace(/ AAAA\S+/g, ' <key>')
  if (path === '/etc/kubernetes/encryption.yaml') return spoken.replace(/secret: \S+/g, (line) => `secret: <${line.length}>`)
  return spoken
}

/**
 * A host after an install, as lines: every path with its type, owner and mode, the digest of every binary, the text of everything that
 * was configured, certificates by what they say. Two installs of one cluster.yml have equal portraits.
 */
export const portrait = async (host: HostName): Promise<string[]> => {
  const living = LIVING.map((path) => `-path '${path}/*' -o -path ${path}`).join(' -o ')
  const more = `find /var/lib/kubelet /var/lib/etcd \\( ${living} \\) -prune -o -printf '%y %m %u:%g %p %l\\n' 2>/dev/null`
  const digests = 'find /opt /usr/local -type f -exec sha256sum {} + 2>/dev/null'
  const texts = `find ${READ.join(' ')} \\( ${living} \\) -prune -o -type f -size -256k -print 2>/dev/null | while read -r path; do printf '%s %s\\n' "$path" "$(base64 -w 0 "$path")"; done`
  const packages = "dpkg-query -W -f '${Package} ${db:Status-Abbrev}\\n'; apt-mark showmanual | sed 's/^/manual /'"
  const parts = await Promise.all(
    [find('%y %m %u:%g %p %l'), `${more} || :`, `${digests} || :`, `${texts} || :`, packages].map((script) => on(host, script, 120)),
  )
  const [paths = '', running = '', sums = '', contents = '', installed = ''] = parts
  const told = contents.split('\n').flatMap((line) => {
    const [path = '', data = ''] = line.split(' ')
    return OWN.test(path) ? [] : [`text ${path}: ${portraitOf(path, Buffer.from(data, 'base64').toString())}`]
  })
  return [...`${paths}\n${running}\n${sums}\n${installed}`.split('\n').map((line) => line.trimEnd()), ...told].sort()
}

/** What one list has and the other has not. */
export const difference = (before: readonly string[], after: readonly string[]): { gone: string[]; came: string[] } => {
  const [old, now] = [new Set(before), new Set(after)]
  return { gone: before.filter((line) => !now.has(line)), came: after.filter((line) => !old.has(line)) }
}

export const SAME = { gone: [], came: [] }

/** Longer than the period in which a kubelet clears up behind pods that are gone: it writes into its own directory then. */
const STILL_MS = 5000

/** The traces of a host that has come to rest: twice in a row the same. */
export const tracesAtRest = async (host: HostName): Promise<string[]> => {
  let seen = await traces(host)
  await until(`${host} is at rest`, 120, async () => {
    await pause(STILL_MS)
    const before = seen
    seen = await traces(host)
    const { gone, came } = difference(before, seen)
    return (gone.length === 0 && came.length === 0) || [...gone, ...came].join('\n')
  })
  return seen
}
