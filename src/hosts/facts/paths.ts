import { publicKeyDigest } from '../../digest.ts'
import { certificatesIn } from '../certificate-facts.ts'
import { decode, type Rows } from '../probe-rows.ts'

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

/** The public part of a private key. `id` is the SHA-256 of its SPKI; '' where the file holds no key. */
export type PublicPartFact = Readonly<{ id: string; pem: string }>

/** One path of a host. `sha256` and `text` only for files; secrets have no text. */
export type PathFact = Readonly<{
  type: 'file' | 'directory' | 'link'
  mode?: string
  owner: string
  sha256?: string
  text?: string
  target?: string
  certificate?: CertificateFact
  /** Of a private key that control planes share; undefined where the host cannot tell. */
  publicPart?: PublicPartFact
  /** The CAs that a file of CA certificates or a kubeconfig names, in their order. */
  authorities?: readonly CertificateFact[]
}>

/** What lies at the paths that the probe looks at. */
export type PathsFacts = Readonly<{
  paths: Readonly<Record<string, PathFact>>
}>

/** What the probe says of a private key that control planes share. */
const publicPart = (text: string): Pick<PathFact, 'publicPart'> => {
  if (text === '') return {}
  const pem = /^-----BEGIN PUBLIC KEY-----\n[\s\S]+?-----END PUBLIC KEY-----\n/.exec(text)?.[0] ?? ''
  return { publicPart: { id: pem === '' ? '' : publicKeyDigest(pem), pem } }
}

/** Reads the paths from what the probe printed; certificates are parsed. */
export const pathFacts = async (rows: Rows): Promise<Record<string, PathFact>> => {
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
