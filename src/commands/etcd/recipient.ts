import { constants, createHash, createPrivateKey, createPublicKey, generateKeyPair, privateDecrypt } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { EXIT, type Problem, refusal } from '../../problem.ts'
import { createAsk } from '../../ui/prompt.ts'
import { sayProblems } from '../../run/session.ts'
import type { Io, Options } from '../../run/types.ts'

/** Room for the envelope of a backup (216 bytes) in one block of OAEP with SHA-256 begins at 2256 bits. */
const SMALLEST_BITS = 3072
const BITS = 4096

const MAKE = {
  en: '`slipway etcd recipient FILE` makes a pair: FILE is the private key, FILE.pub the public one.',
  zh: '`slipway etcd recipient FILE` 可生成密钥对：FILE 为私钥，FILE.pub 为公钥。',
}

/** What speaks against a public key as the recipient of backups. */
export const recipientProblem = (at: string, pem: string): Problem | undefined => {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(pem)
    if (asymmetricKeyType !== 'rsa')
      return refusal(at, { en: `the key is ${asymmetricKeyType}; it must be RSA`, zh: `密钥类型为 ${asymmetricKeyType}，必须是 RSA` }, MAKE)
    const bits = asymmetricKeyDetails?.modulusLength ?? 0
    return bits >= SMALLEST_BITS
      ? undefined
      : refusal(
          at,
          {
            en: `the key has ${bits} bits; at least ${SMALLEST_BITS} are needed`,
            zh: `密钥长度为 ${bits} 位，至少需要 ${SMALLEST_BITS} 位`,
          },
          MAKE,
        )
  } catch {
    return refusal(at, { en: 'it holds no PEM public key', zh: '其中没有 PEM 公钥' }, MAKE)
  }
}

/** What only the recipient can read of a backup: the key of its payload, and the digests that the rest must have. */
export type Envelope = Readonly<{ key: string; payload: string; manifest: string }>

const unreadable = (path: string, why: string): Problem =>
  refusal(
    path,
    { en: `the private key cannot be read: ${why}`, zh: `无法读取私钥：${why}` },
    {
      en: 'Name the file with --identity that was made together with the public key.',
      zh: '请用 --identity 指定与公钥一同生成的私钥文件。',
    },
  )

/** The private key at `path`; one with a passphrase asks for it. */
export const readIdentity = async (path: string, io: Io): Promise<ReturnType<typeof createPrivateKey> | Problem> => {
  let pem: string
  try {
    pem = await readFile(path, 'utf8')
  } catch (error) {
    return unreadable(path, (error as NodeJS.ErrnoException).code ?? '')
  }
  try {
    if (!pem.includes('ENCRYPTED')) return createPrivateKey(pem)
    const passphrase = io.interactive ? await createAsk(io.language)?.passphrase(path) : undefined
    if (passphrase === undefined) return unreadable(path, io.language === 'zh' ? '没有密码短语' : 'there is no passphrase')
    return createPrivateKey({ key: pem, passphrase })
  } catch (error) {
    return unreadable(path, (error as NodeJS.ErrnoException).code ?? (error as Error).message)
  }
}

/** Opens an envelope; undefined when it was sealed for another key, or changed. */
export const openEnvelope = (sealed: Uint8Array, identity: ReturnType<typeof createPrivateKey>): Envelope | undefined => {
  let text: string
  try {
    text = privateDecrypt({ key: identity, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, sealed).toString('utf8')
  } catch {
    return undefined
  }
  const of = (name: string): string => new RegExp(`^${name}=([0-9a-f]{64})$`, 'm').exec(text)?.[1] ?? ''
  const envelope = { key: of('key'), payload: of('payload'), manifest: of('manifest') }
  return Object.values(envelope).includes('') ? undefined : envelope
}

/** A name by which keys can be compared by people. */
export const fingerprint = (publicPem: string): string =>
  createHash('sha256')
    .update(createPublicKey(publicPem).export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 32)

/** `slipway etcd recipient FILE`: the key pair of the one who can read backups. Nothing is ever overwritten. */
export const recipient = async (options: Options, io: Io): Promise<number> => {
  const path = options.rest[1]
  const zh = io.language === 'zh'
  if (path === undefined) {
    io.err(zh ? '用法：slipway etcd recipient FILE\n' : 'Usage: slipway etcd recipient FILE\n')
    return EXIT.config
  }
  const pair = await promisify(generateKeyPair)('rsa', {
    modulusLength: BITS,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  try {
    await writeFile(path, pair.privateKey, { mode: 0o600, flag: 'wx' })
    await writeFile(`${path}.pub`, pair.publicKey, { mode: 0o644, flag: 'wx' })
  } catch (error) {
    const { code = '', path: which = path } = error as NodeJS.ErrnoException
    const there = code === 'EEXIST'
    sayProblems(
      [
        refusal(
          which,
          { en: there ? 'it exists already' : `it cannot be written (${code})`, zh: there ? '文件已存在' : `无法写入（${code}）` },
          {
            en: 'Choose another name.',
            zh: '请换一个文件名。',
          },
        ),
      ],
      io,
    )
    return EXIT.config
  }
  io.err(
    zh
      ? `${path} 是私钥：只有持有它才能恢复备份，请离线保存，不要放在主机上。\n${path}.pub 是公钥（${fingerprint(pair.publicKey)}）：写入 cluster.yml 的 etcd_backup.recipient。\n`
      : `${path} is the private key: without it no backup can be restored. Keep it off the hosts and off line.\n${path}.pub is the public one (${fingerprint(pair.publicKey)}): name it as etcd_backup.recipient in cluster.yml.\n`,
  )
  return EXIT.done
}
