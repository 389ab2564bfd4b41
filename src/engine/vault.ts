import 'reflect-metadata'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'
import { SECRET_PATHS } from '../resources/secrets.ts'
import type { CertificateResource, Payload, Stage, Vault } from '../resources/types.ts'
import type { AuthorityName, SecretName } from '../cluster/secret-names.ts'
import { embeddedKubeconfig } from '../templates/kubeconfig.ts'
import { BACKDATE, certificateFor, certificatePem, importSigner, keyPem, newKeys, serial } from './vault-keys.ts'
import { foundingTexts, type Pair, textsAt } from './vault-texts.ts'

/** What a run does with secrets beyond keeping them. */
export type Exchange = Readonly<{
  /** The stage each secret is taken to; `settled` where it is not named. */
  stages?: Readonly<Partial<Record<SecretName, Stage>>>
  /** The user's own CAs, instead of ones that are drawn. */
  own?: Readonly<Partial<Record<AuthorityName, Pair>>>
}>

const DAY = 86400_000
const EXTENDED = { client: x509.ExtendedKeyUsage.clientAuth, server: x509.ExtendedKeyUsage.serverAuth } as const

const sign = async (want: CertificateResource, authority: { certificate: string; key: string }, now: number) => {
  const keys = await newKeys()
  const parent = new x509.X509Certificate(authority.certificate)
  const { key: signingKey, algorithm: signingAlgorithm } = await importSigner(authority.key)
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: new x509.Name([...want.organizations.map((name) => ({ O: [name] })), { CN: [want.commonName] }]).toString(),
    issuer: parent.subject,
    // One that lives for an hour is good for the hour before too, and not for longer.
    notBefore: new Date(now - Math.min(BACKDATE, want.days * DAY)),
    notAfter: new Date(Math.min(now + want.days * DAY, parent.notAfter.getTime())),
    signingAlgorithm,
    publicKey: keys.publicKey,
    signingKey,
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
export const createVault = (
  read: (name: SecretName) => Promise<Payload | undefined>,
  now: () => number,
  { stages = {}, own = {} }: Exchange = {},
): Vault => {
  const known = new Map<SecretName, Promise<Payload>>()
  const make = async (name: SecretName): Promise<Payload> => {
    const mine = (own as Readonly<Partial<Record<SecretName, Pair>>>)[name]
    const texts = await read(name)
    return texts ? textsAt(name, texts, stages[name] ?? 'settled', now(), mine) : foundingTexts(name, now(), mine)
  }
  const secret = (name: SecretName): Promise<Payload> => {
    const found = known.get(name) ?? make(name)
    known.set(name, found)
    return found
  }
  const issue = async (want: CertificateResource): Promise<Payload> => {
    const [bundlePath = '', keyPath = ''] = SECRET_PATHS[want.authority]
    const payload = await secret(want.authority)
    const [bundle = '', key = ''] = [payload[bundlePath], payload[keyPath]]
    const leaf = await sign(want, { certificate: certificateFor(bundle, key) ?? bundle, key }, now())
    if (want.form === 'pair') return { [`${want.path}.crt`]: leaf.certificate, [`${want.path}.key`]: leaf.key }
    if (want.form === 'combined') return { [want.path]: leaf.certificate + leaf.key }
    return { [want.path]: embeddedKubeconfig({ server: want.server ?? '', user: want.commonName, authority: bundle, ...leaf }) }
  }
  return { secret, issue }
}
