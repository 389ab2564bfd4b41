import 'reflect-metadata'
import { createPrivateKey, type webcrypto, X509Certificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'

const DAY = 86400_000
const AUTHORITY_DAYS = 3650
/** Certificates are valid since the day before: a host whose clock was ahead may be set right in the middle of the run that dated them by it. */
export const BACKDATE = DAY
/** P-256: what kubeadm offers as ECDSA-P256, and small enough for a thousand nodes in seconds (kubernetes.io, PKI best practices). */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

export const pem = (label: string, der: ArrayBuffer): string => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

export const newKeys = (): Promise<webcrypto.CryptoKeyPair> => crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
export const keyPem = async (keys: webcrypto.CryptoKeyPair): Promise<string> =>
  pem('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', keys.privateKey))
export const publicPem = async (keys: webcrypto.CryptoKeyPair): Promise<string> =>
  pem('PUBLIC KEY', await crypto.subtle.exportKey('spki', keys.publicKey))
export const certificatePem = (certificate: x509.X509Certificate): string => pem('CERTIFICATE', certificate.rawData)

/** RFC 5280 §4.1.2.2: positive, at most 20 octets, unpredictable. */
export const serial = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01
  return Buffer.from(bytes).toString('hex')
}

/** A new CA. `now` is in milliseconds. */
export const mintAuthority = async (commonName: string, now: number): Promise<{ certificate: string; key: string }> => {
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

type Signing = Readonly<{ key: webcrypto.CryptoKey; algorithm: typeof ALGORITHM | { name: string; hash: string; namedCurve?: string } }>

const CURVES: Readonly<Record<string, readonly [curve: string, hash: string]>> = {
  prime256v1: ['P-256', 'SHA-256'],
  secp384r1: ['P-384', 'SHA-384'],
  secp521r1: ['P-521', 'SHA-512'],
}

/** A CA's key, for signing: ECDSA on a NIST curve, or RSA. Throws on any other kind; own-ca.ts refuses those beforehand. */
export const importSigner = async (text: string): Promise<Signing> => {
  const key = createPrivateKey(text)
  const [namedCurve, hash] = CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? []
  const algorithm =
    key.asymmetricKeyType === 'rsa'
      ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
      : namedCurve && hash
        ? { name: 'ECDSA', namedCurve, hash }
        : undefined
  if (!algorithm) throw new Error(`a key of type ${key.asymmetricKeyType} cannot sign certificates here`)
  const der = new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }))
  return { key: await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']), algorithm }
}

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?/g

/** The certificates of a bundle, as PEM. */
export const blocksOf = (bundle: string): string[] => [...bundle.matchAll(BLOCK)].map(([block]) => block)

/** The certificate of a bundle that belongs to a key. */
export const certificateFor = (bundle: string, key: string): string | undefined => {
  const own = createPrivateKey(key)
  return blocksOf(bundle).find((block) => new X509Certificate(block).checkPrivateKey(own))
}
