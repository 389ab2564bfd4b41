import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'
import { stringify } from 'yaml'
import { AUTHORITY_NAMES, isAuthority, SECRET_PATHS } from '../resources/secrets.ts'
import type { CertificateResource, Payload, SecretName } from '../resources/types.ts'
import { embeddedKubeconfig } from '../templates/kubeconfig.ts'

/**
 * Where keys are while a plan is applied: in this process's memory only. A secret that no control plane has is drawn, one that
 * some control plane has is read from there.
 */
export interface Vault {
  /** The texts of a shared secret by their paths on a control plane. */
  secret(name: SecretName): Promise<Payload>
  /** A new key and a certificate for it, as the text of the files the resource names. */
  issue(want: CertificateResource): Promise<Payload>
}

const DAY = 86400_000
const AUTHORITY_DAYS = 3650
/** Certificates are valid from a little before now, because no two clocks agree. */
const BACKDATE = 5 * 60_000
/** P-256: what kubeadm offers as ECDSA-P256, and small enough for a thousand nodes in seconds (kubernetes.io, PKI best practices). */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

const pem = (label: string, der: ArrayBuffer): string => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> => crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
const keyPem = async (keys: webcrypto.CryptoKeyPair): Promise<string> =>
  pem('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', keys.privateKey))
const certificatePem = (certificate: x509.X509Certificate): string => pem('CERTIFICATE', certificate.rawData)

/** RFC 5280 §4.1.2.2: positive, at most 20 octets, unpredictable. */
const serial = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01
  return Buffer.from(bytes).toString('hex')
}

const mintAuthority = async (commonName: string, now: number): Promise<{ certificate: string; key: string }> => {
  const keys = await newKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: new x509.Name([{ CN: [commonName] }]).toString(),
    notBefore: new Date(now - BACKDATE),
    notAfter: new Date(now + AUTHORITY_DAYS * DAY),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: certificatePem(certificate), key: await keyPem(keys) }
}

/** An EncryptionConfiguration with one key. `identity` last, so that what was written in plain text can still be read (kubernetes.io, encrypt data at rest). */
const encryptionYaml = (): string =>
  stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [
      {
        resources: ['secrets'],
        providers: [
          { secretbox: { keys: [{ name: 'key1', secret: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64') }] } },
          { identity: {} },
        ],
      },
    ],
  })

/** Draws one shared secret. `now` is in milliseconds. */
const mint = async (name: SecretName, now: number): Promise<Payload> => {
  const [first = '', second = ''] = SECRET_PATHS[name]
  if (isAuthority(name)) {
    const { certificate, key } = await mintAuthority(AUTHORITY_NAMES[name], now)
    return { [first]: certificate, [second]: key }
  }
  if (name === 'encryption') return { [first]: encryptionYaml() }
  const keys = await newKeys()
  return { [first]: pem('PUBLIC KEY', await crypto.subtle.exportKey('spki', keys.publicKey)), [second]: await keyPem(keys) }
}

const importKey = (text: string): Promise<webcrypto.CryptoKey> => {
  const der = Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  return crypto.subtle.importKey('pkcs8', new Uint8Array(der), ALGORITHM, false, ['sign'])
}

const EXTENDED = { client: x509.ExtendedKeyUsage.clientAuth, server: x509.ExtendedKeyUsage.serverAuth } as const

const sign = async (want: CertificateResource, authority: { certificate: string; key: string }, now: number) => {
  const keys = await newKeys()
  const parent = new x509.X509Certificate(authority.certificate)
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: new x509.Name([...want.organizations.map((name) => ({ O: [name] })), { CN: [want.commonName] }]).toString(),
    issuer: parent.subject,
    notBefore: new Date(now - BACKDATE),
    notAfter: new Date(Math.min(now + want.days * DAY, parent.notAfter.getTime())),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(want.usages.map((usage) => EXTENDED[usage])),
      await x509.AuthorityKeyIdentifierExtension.create(parent),
      ...(want.sans.length > 0
        ? [new x509.SubjectAlternativeNameExtension(want.sans.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })))]
        : []),
    ],
  })
  return { certificate: certificatePem(certificate), key: await keyPem(keys) }
}

/**
 * A vault for one run. `read` fetches an existing secret from a control plane that holds it; undefined says that none does.
 * `now` gives the time in milliseconds by which certificates are dated.
 */
export const createVault = (read: (name: SecretName) => Promise<Payload | undefined>, now: () => number): Vault => {
  const known = new Map<SecretName, Promise<Payload>>()
  const secret = (name: SecretName): Promise<Payload> => {
    const found = known.get(name) ?? read(name).then((payload) => payload ?? mint(name, now()))
    known.set(name, found)
    return found
  }
  const issue = async (want: CertificateResource): Promise<Payload> => {
    const [certificatePath = '', keyPath = ''] = SECRET_PATHS[want.authority]
    const payload = await secret(want.authority)
    const authority = { certificate: payload[certificatePath] ?? '', key: payload[keyPath] ?? '' }
    const leaf = await sign(want, authority, now())
    if (want.form === 'pair') return { [`${want.path}.crt`]: leaf.certificate, [`${want.path}.key`]: leaf.key }
    if (want.form === 'combined') return { [want.path]: leaf.certificate + leaf.key }
    return {
      [want.path]: embeddedKubeconfig({ server: want.server ?? '', user: want.commonName, authority: authority.certificate, ...leaf }),
    }
  }
  return { secret, issue }
}
