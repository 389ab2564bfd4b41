import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { blocksOf, certificateFor, importSigner, mintAuthority } from '../../src/engine/vault-keys.ts'
import { createVault } from '../../src/engine/vault.ts'
import { NEXT_PATHS, SECRET_PATHS, SIGNING_PATH } from '../../src/resources/secrets.ts'
import type { CertificateResource, Payload, Stage } from '../../src/resources/types.ts'
import type { SecretName } from '../../src/cluster/secret-names.ts'

const NOW = 1_790_000_000_000
const LEAF: CertificateResource = {
  kind: 'certificate',
  path: '/leaf',
  form: 'pair',
  authority: 'ca',
  commonName: 'leaf',
  organizations: ['group'],
  sans: ['10.0.0.1', 'leaf.example.com'],
  usages: ['server'],
  days: 3650,
  renewDays: 900,
}

const vaultAt = (name: SecretName, texts: Payload | undefined, stage: Stage, now = NOW) =>
  createVault(
    async (asked) => (asked === name ? texts : undefined),
    () => now,
    { stages: { [name]: stage } },
  )

/** The texts of a secret at each stage of an exchange, one made from the other. */
const way = async (name: SecretName): Promise<Readonly<Record<Stage | 'before', Payload>>> => {
  const before = await vaultAt(name, undefined, 'settled').secret(name)
  const both = await vaultAt(name, before, 'both').secret(name)
  const switched = await vaultAt(name, both, 'switched').secret(name)
  const dropped = await vaultAt(name, switched, 'dropped').secret(name)
  return { before, both, switched, dropped, settled: await vaultAt(name, dropped, 'settled').secret(name) }
}

describe.each(['ca', 'etcd-ca', 'front-proxy-ca'] as const)('the exchange of %s', (name) => {
  const [main = '', key = ''] = SECRET_PATHS[name]
  const [nextMain, nextKey] = NEXT_PATHS[name]

  test('both are trusted, then the new one signs, then it is alone', async () => {
    const { before, both, switched, dropped, settled } = await way(name)
    expect(both[main]).toBe(`${before[main]}${both[nextMain]}`)
    expect(both[key]).toBe(before[key])
    expect(switched[main]).toBe(both[main])
    expect(switched[key]).toBe(both[nextKey])
    expect(dropped).toEqual({ [main]: both[nextMain], [key]: both[nextKey], [nextMain]: both[nextMain], [nextKey]: both[nextKey] })
    expect(settled).toEqual({ [main]: both[nextMain], [key]: both[nextKey] })
  })

  test('a step that was begun is finished with the same values', async () => {
    const { both, switched } = await way(name)
    expect(await vaultAt(name, both, 'both').secret(name)).toEqual(both)
    expect(await vaultAt(name, { ...both, [key]: both[nextKey] ?? '' }, 'switched').secret(name)).toEqual(switched)
  })
})

test('what signs stands alone for kube-controller-manager while there are two', async () => {
  const { before, both, switched, dropped } = await way('ca')
  expect(both[SIGNING_PATH]).toBe(before[SECRET_PATHS.ca[0] ?? ''])
  expect(switched[SIGNING_PATH]).toBe(both[NEXT_PATHS.ca[0]])
  expect(dropped[SIGNING_PATH]).toBeUndefined()
})

test.each([
  ['both', 0],
  ['switched', 1],
] as const)('while it is %s, leaves are signed by the CA whose key is in use', async (stage, index) => {
  const texts = (await way('ca'))[stage]
  const leaf = new X509Certificate((await vaultAt('ca', texts, stage).issue(LEAF))['/leaf.crt'] ?? '')
  const authorities = blocksOf(texts[SECRET_PATHS.ca[0] ?? ''] ?? '').map((block) => new X509Certificate(block))
  expect(authorities.map(({ publicKey }) => leaf.verify(publicKey))).toEqual([index === 0, index === 1])
})

test('a leaf never outlives its CA', async () => {
  const texts = await vaultAt('ca', undefined, 'settled').secret('ca')
  const later = await vaultAt('ca', texts, 'settled', NOW + 3000 * 86400_000).issue(LEAF)
  expect(new X509Certificate(later['/leaf.crt'] ?? '').validTo).toBe(new X509Certificate(texts[SECRET_PATHS.ca[0] ?? ''] ?? '').validTo)
})

test('the encryption keys: a new one reads, then it writes, then it is alone; the old key is not drawn anew', async () => {
  const [path = ''] = SECRET_PATHS.encryption
  const { before, both, switched, dropped } = await way('encryption')
  const keys = (payload: Payload) =>
    [...(payload[path] ?? '').matchAll(/name: (\S+)\s+secret: (\S+)/g)].map(([, name, secret]) => ({ name, secret }))
  const [old] = keys(before)
  const [, fresh] = keys(both)
  expect(keys(both)).toEqual([old, fresh])
  expect(fresh?.name).toBe('key2')
  expect(keys(switched)).toEqual([fresh, old])
  expect(keys(dropped)).toEqual([fresh])
})

test("a user's own CA is the one of a new cluster, and the next one of an exchange", async () => {
  const own = await mintAuthority('my CA', NOW)
  const exchange = { own: { ca: { main: own.certificate, key: own.key } } }
  const [main = '', key = ''] = SECRET_PATHS.ca
  const founding = createVault(
    async () => undefined,
    () => NOW,
    exchange,
  )
  expect(await founding.secret('ca')).toEqual({ [main]: own.certificate, [key]: own.key })
  const before = await vaultAt('ca', undefined, 'settled').secret('ca')
  const next = createVault(
    async () => before,
    () => NOW,
    { ...exchange, stages: { ca: 'both' } },
  )
  expect((await next.secret('ca'))[NEXT_PATHS.ca[0]]).toBe(own.certificate)
})

test('a key and a certificate that do not belong together are never signed with', async () => {
  const [one, two] = [await mintAuthority('one', NOW), await mintAuthority('two', NOW)]
  const [main = '', key = ''] = SECRET_PATHS.ca
  await expect(vaultAt('ca', { [main]: one.certificate, [key]: two.key }, 'settled').secret('ca')).rejects.toThrow('do not belong together')
  expect(certificateFor(one.certificate + two.certificate, two.key)).toBe(two.certificate)
})

test.each([
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'RSASSA-PKCS1-v1_5'],
  ['P-384', generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey, 'ECDSA'],
] as const)('a key of %s is taken for signing', async (_, key, algorithm) => {
  const signer = await importSigner(key.export({ type: 'pkcs8', format: 'pem' }).toString())
  expect(signer.algorithm.name).toBe(algorithm)
})
