import { X509Certificate } from 'node:crypto'
import { parse as parseYaml } from 'yaml'
import type { CertificateFact, Facts, PathFact } from './facts.ts'
import { decode } from './probe-rows.ts'

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
export const readAuthorities = async (pem: string): Promise<CertificateFact[]> => {
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

/** The certificate that a file is about, and the CAs that it trusts. */
export const certificatesIn = async (
  path: string,
  text: string,
): Promise<{ certificate: CertificateFact | undefined; authorities: readonly CertificateFact[] }> => {
  const pems = pemsOf(path, text)
  return { certificate: await readCertificate(pems.user), authorities: await readAuthorities(pems.authorities) }
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
  const linked = (certificate: CertificateFact): CertificateFact => ({ ...certificate, issuer: issuerOf(certificate.pem) })
  const linkedPath = (fact: PathFact): PathFact => ({
    ...fact,
    ...(fact.certificate ? { certificate: linked(fact.certificate) } : {}),
    ...(fact.authorities ? { authorities: fact.authorities.map(linked) } : {}),
  })
  return Object.fromEntries(
    Object.entries(world).map(([host, facts]) => [
      host,
      { ...facts, paths: Object.fromEntries(Object.entries(facts.paths).map(([path, fact]) => [path, linkedPath(fact)])) },
    ]),
  ) as T
}
