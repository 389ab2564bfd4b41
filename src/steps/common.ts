import { ARTIFACTS, type ArtifactName } from '../releases/artifacts.ts'
import { directoryOf } from '../resources/artifact.ts'
import type { CertificateResource } from '../resources/types.ts'
import { kubernetesOf } from './node-version.ts'
import type { Context } from '../cluster/types.ts'
import { secondsOf } from '../config/duration.ts'

/** What kubelet and kube-controller-manager make to look for FlexVolume plugins in (--volume-plugin-dir, --flex-volume-plugin-dir), for `leaves`. */
export const FLEX_VOLUMES: readonly string[] = ['', '/kubelet-plugins', '/kubelet-plugins/volume', '/kubelet-plugins/volume/exec'].map(
  (below) => `empty /usr/libexec/kubernetes${below}`,
)

export const PKI = '/etc/kubernetes/pki'

/** Every node speaks to this address: on a control plane its own kube-apiserver, elsewhere the node-local balancer. */
export const LOCAL_API = 'https://127.0.0.1:6443'

/** Whether a host's own kube-apiserver serves, in sh. */
export const API_READY = `loopback 2 --cacert ${PKI}/ca.crt https://127.0.0.1:6443/readyz`

/** Cipher suites for TLS 1.2 that kube-bench accepts for kubelet and kube-apiserver alike (CIS 1.2.29 and 4.2.12). */
export const CIPHERS: readonly string[] = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305',
]

const DAY = 86_400

/**
 * How long a leaf of this cluster lives, and how many days before its end any run replaces it: what never leaves a host lives long, so that a
 * cluster nobody touches goes on; what a person carries away lives shorter (ADR 15).
 */
export const leaf = ({ config: { certificates } }: Pick<Context, 'config'>, who: 'host' | 'person' = 'host') => {
  const days = secondsOf(who === 'host' ? certificates.lifetime : certificates.admin_lifetime) / DAY
  return { days, renewDays: certificates.renew_before === undefined ? days / 4 : secondsOf(certificates.renew_before) / DAY }
}

/** Whether one of these certificates of the host has ended. */
export const anyEnded = ({ facts }: Context, paths: readonly string[]): boolean =>
  paths.some((path) => (facts.paths[path]?.certificate?.notAfter ?? Number.POSITIVE_INFINITY) < facts.now)

/** Where a file of an artifact lies on the host. */
export const installed = (name: ArtifactName, file: string, { release, facts }: Context): string => {
  const { component, version } = ARTIFACTS[name](release, facts.arch)
  return `${directoryOf(component, version)}/${file}`
}

/** The same with the Kubernetes version that this node's kubelet and kube-proxy may have now. */
export const onNode = (context: Context): Context => ({
  ...context,
  release: { ...context.release, kubernetes: kubernetesOf(context, context.members, context.member, context.world) },
})

/** Flags as arguments, in the order of the table; the user's are last, a list repeats, null takes away. */
export const withExtraArgs = (
  flags: Readonly<Record<string, string | readonly string[]>>,
  extra: Readonly<Record<string, string | readonly string[] | null>>,
): string[] => {
  const kept = Object.entries(flags).filter(([name]) => !(name in extra))
  const own = Object.entries(extra).filter((entry): entry is [string, string | readonly string[]] => entry[1] !== null)
  return [...kept, ...own].flatMap(([name, value]) => [value].flat().map((one) => `--${name}=${one}`))
}

/** A certificate for a client of the API, with the defaults of a leaf. */
export const clientCertificate = (
  context: Context,
  want: Pick<CertificateResource, 'path' | 'commonName'> & Partial<CertificateResource>,
): CertificateResource => ({
  kind: 'certificate',
  form: 'pair',
  authority: 'ca',
  organizations: [],
  sans: [],
  usages: ['client'],
  ...leaf(context),
  ...want,
})
