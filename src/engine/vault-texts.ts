import { parse, stringify } from 'yaml'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { AUTHORITY_NAMES, isAuthority, isPair, NEXT_PATHS, SECRET_PATHS, SIGNING_PATH } from '../resources/secrets.ts'
import type { Payload, Stage } from '../resources/types.ts'
import type { PairName, SecretName } from '../cluster/secret-names.ts'
import { blocksOf, certificateFor, keyPem, mintAuthority, newKeys, publicPem } from './vault-keys.ts'

/** A value of a secret: its public part and its key. */
export type Pair = Readonly<{ main: string; key: string }>

type EncryptionKey = Readonly<{ name: string; secret: string }>

/** An EncryptionConfiguration. `identity` last, so that what was written in plain text can still be read (kubernetes.io, encrypt data at rest). */
const encryptionYaml = (keys: readonly EncryptionKey[]): string =>
  stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers: [{ secretbox: { keys } }, { identity: {} }] }],
  })

const newEncryptionKey = (name: string): EncryptionKey => ({
  name,
  secret: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'),
})

const encryptionKeys = (text: string): EncryptionKey[] => {
  const read = parse(text) as { resources?: { providers?: { secretbox?: { keys?: EncryptionKey[] } }[] }[] }
  return read.resources?.[0]?.providers?.[0]?.secretbox?.keys ?? []
}

const numberOf = ({ name }: EncryptionKey): number => Number(/\d+$/.exec(name)?.[0] ?? 1)

/** The encryption keys at a stage: the first one writes, all of them read. */
const encryptionAt = (text: string, stage: Stage): string => {
  const keys = encryptionKeys(text).toSorted((a, b) => numberOf(a) - numberOf(b))
  const newest = keys.at(-1)
  if (!newest) throw new Error('the encryption configuration holds no key')
  if (stage === 'both') return encryptionYaml(keys.length > 1 ? keys : [newest, newEncryptionKey(`key${numberOf(newest) + 1}`)])
  return encryptionYaml(stage === 'switched' ? keys.toReversed() : [newest])
}

const newPair = async (name: PairName, now: number): Promise<Pair> => {
  if (isAuthority(name)) {
    const { certificate, key } = await mintAuthority(AUTHORITY_NAMES[name], now)
    return { main: certificate, key }
  }
  const keys = await newKeys()
  return { main: await publicPem(keys), key: await keyPem(keys) }
}

const PUBLIC_BLOCK = /-----BEGIN PUBLIC KEY-----[\s\S]+?-----END PUBLIC KEY-----\n?/g

/** The public part in a bundle that belongs to a key. */
const publicFor = (name: PairName, bundle: string, key: string): string => {
  const found = isAuthority(name)
    ? certificateFor(bundle, key)
    : [...bundle.matchAll(PUBLIC_BLOCK)]
        .map(([block]) => block)
        .find((block) => createPublicKey(block).equals(createPublicKey(createPrivateKey(key))))
  if (found === undefined) throw new Error(`${SECRET_PATHS[name].join(' and ')} do not belong together`)
  return `${found.trim()}\n`
}

const olderThan = (name: PairName, bundle: string, next: string): string => {
  const blocks = isAuthority(name) ? blocksOf(bundle) : [...bundle.matchAll(PUBLIC_BLOCK)].map(([block]) => block)
  const old = blocks.find((block) => block.trim() !== next.trim())
  return old === undefined ? '' : `${old.trim()}\n`
}

/** The files of a pair at a stage, out of those of that stage or of the one before. `fresh` gives the next value where none waits yet. */
const pairAt = async (name: PairName, texts: Payload, stage: Stage, fresh: () => Promise<Pair>): Promise<Payload> => {
  const [main = '', key = ''] = SECRET_PATHS[name]
  const [nextMain, nextKey] = NEXT_PATHS[name]
  const [bundle = '', own = ''] = [texts[main], texts[key]]
  if (stage === 'settled') return { [main]: publicFor(name, bundle, own), [key]: own }
  const waiting = texts[nextMain] !== undefined && texts[nextKey] !== undefined
  const next = waiting ? { main: texts[nextMain] ?? '', key: texts[nextKey] ?? '' } : await fresh()
  const beside = { [nextMain]: next.main, [nextKey]: next.key }
  if (stage === 'dropped') return { ...beside, [main]: next.main, [key]: next.key }
  const signer = stage === 'both' ? { main: publicFor(name, bundle, own), key: own } : next
  const signing: Payload = name === 'ca' ? { [SIGNING_PATH]: signer.main } : {}
  const old = stage === 'both' ? signer.main : olderThan(name, bundle, next.main)
  return { ...beside, ...signing, [main]: old + next.main, [key]: signer.key }
}

/** A secret's files as no control plane has them yet. `own` is the user's own value. */
export const foundingTexts = async (name: SecretName, now: number, own?: Pair): Promise<Payload> => {
  const [main = '', key = ''] = SECRET_PATHS[name]
  if (!isPair(name)) return { [main]: encryptionYaml([newEncryptionKey('key1')]) }
  const pair = own ?? (await newPair(name, now))
  return { [main]: pair.main, [key]: pair.key }
}

/** A secret's files at a stage, out of what a control plane holds. */
export const textsAt = async (name: SecretName, texts: Payload, stage: Stage, now: number, own?: Pair): Promise<Payload> => {
  const [main = ''] = SECRET_PATHS[name]
  if (isPair(name)) return pairAt(name, texts, stage, async () => own ?? newPair(name, now))
  return {
    [main]:
      stage === 'settled' && encryptionKeys(texts[main] ?? '').length === 1 ? (texts[main] ?? '') : encryptionAt(texts[main] ?? '', stage),
  }
}
