import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Problem } from '../problem.ts'
import type { Text } from '../text.ts'
import type { FileAccess } from './files.ts'
import { resolvePath } from './hosts.ts'
import type { Config } from './schema.ts'
import { mistake, type Path, type Source } from './source.ts'
import { quote, say } from './words.ts'

/** The CAs a user may bring: their keys in cluster.yml. */
const KEYS = { ca: 'ca', etcd_ca: 'etcd-ca', front_proxy_ca: 'front-proxy-ca' } as const
type KeyName = keyof typeof KEYS
type Authority = (typeof KEYS)[KeyName]

/** A CA of the user's: certificate and key as PEM. The key is for the vault alone. */
export type OwnAuthorities = Readonly<Partial<Record<Authority, Readonly<{ main: string; key: string }>>>>

/** 2.5.29.15, keyUsage, up to its bits (RFC 5280 §4.2.1.3); `critical` may stand between. */
const KEY_USAGE = Buffer.from('0603551d0f', 'hex')
const KEY_CERT_SIGN = 0x04

/** Whether a certificate may sign others: no keyUsage at all, or one with keyCertSign. */
const maySign = (certificate: X509Certificate): boolean => {
  const at = certificate.raw.indexOf(KEY_USAGE)
  if (at < 0) return true
  const rest = certificate.raw.subarray(at + KEY_USAGE.length, at + KEY_USAGE.length + 12)
  const bits = rest.indexOf(Buffer.from('0302', 'hex'))
  return bits >= 0 && ((rest[bits + 3] ?? 0) & KEY_CERT_SIGN) !== 0
}

const parsed = <T>(make: () => T): T | undefined => {
  try {
    return make()
  } catch {
    return undefined
  }
}

const certificateFault = (text: string): Text | undefined => {
  const certificate = parsed(() => new X509Certificate(text))
  if (!certificate) return say('is not a certificate in PEM', '不是 PEM 格式的证书')
  if (!certificate.ca)
    return say('is not the certificate of a CA (basicConstraints CA:TRUE)', '不是 CA 证书（缺少 basicConstraints CA:TRUE）')
  if (!maySign(certificate))
    return say('may not sign certificates (keyUsage lacks keyCertSign)', '不能签发证书（keyUsage 中没有 keyCertSign）')
  // OpenSSL, and so the balancers, end a chain at a certificate that signed itself only.
  if (certificate.issuer !== certificate.subject || !certificate.verify(certificate.publicKey))
    return say(
      'was signed by another CA; only one that signed itself can be verified everywhere',
      '由其他 CA 签发；只有自签名的 CA 能在各组件中通过验证',
    )
  return undefined
}

const keyFault = (text: string, certificate: string): Text | undefined => {
  const key = parsed(() => createPrivateKey(text))
  if (!key)
    return text.includes('ENCRYPTED')
      ? say('is encrypted; kube-controller-manager asks for no passphrase', '已加密；kube-controller-manager 无法输入密码短语')
      : say('is not a private key in PEM', '不是 PEM 格式的私钥')
  const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  const fits =
    (key.asymmetricKeyType === 'ec' && ['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve)) ||
    (key.asymmetricKeyType === 'rsa' && modulusLength >= 2048)
  if (!fits)
    return say(
      'is neither ECDSA (P-256, P-384, P-521) nor RSA of 2048 bits or more',
      '既不是 ECDSA（P-256、P-384、P-521），也不是 2048 位以上的 RSA',
    )
  return new X509Certificate(certificate).checkPrivateKey(key) ? undefined : say('does not belong to the certificate', '与证书不匹配')
}

const normalCertificate = (text: string): string => new X509Certificate(text).toString()
const normalKey = (text: string): string => createPrivateKey(text).export({ type: 'pkcs8', format: 'pem' }).toString()

const FIX = say(
  'Name a self-signed CA certificate and its unencrypted key, or take it out: Slipway makes one then.',
  '请写自签名的 CA 证书及其未加密的私钥，或删除此项，由 Slipway 生成。',
)

type Found = { pair?: { main: string; key: string }; faults: (readonly [path: Path, file: string, what: Text])[] }

/** One CA of cluster.yml. Files that cannot be read are files.ts's affair. */
const readOne = (config: Config, name: KeyName, files: FileAccess): Found => {
  const named = config.certificates[name]
  if (!named) return { faults: [] }
  const [certificate, key] = [named.certificate, named.key].map((file) => files.read(resolvePath(file, files)))
  if (!certificate || !key || 'error' in certificate || 'error' in key) return { faults: [] }
  const first = certificateFault(certificate.text)
  if (first) return { faults: [[['certificates', name, 'certificate'], named.certificate, first]] }
  const second = keyFault(key.text, certificate.text)
  if (second) return { faults: [[['certificates', name, 'key'], named.key, second]] }
  return { pair: { main: normalCertificate(certificate.text), key: normalKey(key.text) }, faults: [] }
}

/** Two authorities with one key would let the clients of one pass for the other's. */
const shared = (authorities: OwnAuthorities): (readonly [Path, Text])[] => {
  const seen = new Map<string, KeyName>()
  return (Object.keys(KEYS) as KeyName[]).flatMap((name) => {
    const key = authorities[KEYS[name]]?.key
    const before = key === undefined ? undefined : seen.get(key)
    if (key !== undefined && before === undefined) seen.set(key, name)
    return before === undefined
      ? []
      : [
          [
            ['certificates', name],
            say(
              `is the same CA as ${before}: whoever one of them lets in, the other would let in too.`,
              `与 ${before} 是同一个 CA：其中一个放行的身份，另一个也会放行。`,
            ),
          ] as const,
        ]
  })
}

/** The user's own CAs, and what speaks against their files. */
export const readAuthorities = (
  config: Config,
  source: Source,
  files: FileAccess,
): { authorities: OwnAuthorities; problems: Problem[] } => {
  const found = (Object.keys(KEYS) as KeyName[]).map((name) => [KEYS[name], readOne(config, name, files)] as const)
  const authorities = Object.fromEntries(found.flatMap(([name, { pair }]) => (pair ? [[name, pair]] : []))) as OwnAuthorities
  const faults = found.flatMap(([, one]) => one.faults)
  return {
    authorities,
    problems: [
      ...faults.map(([path, file, what]) =>
        mistake(source.at(path), say(`${quote(file)} ${what.en}.`, `${quote(file)} ${what.zh}。`), FIX),
      ),
      ...shared(authorities).map(([path, what]) => mistake(source.at(path), what, say('Give each its own.', '请分别使用不同的 CA。'))),
    ],
  }
}
