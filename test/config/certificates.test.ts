import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { secondsOf } from '../../src/config/duration.ts'
import { createVault } from '../../src/engine/vault.ts'
import { disk, good, OWN, parse, said } from './support.ts'

const NOW = 1_790_000_000_000

describe('lifetimes', () => {
  test.each([
    ['10m', 600],
    ['24h', 86_400],
    ['365d', 31_536_000],
  ])('%s is %i seconds', (text, seconds) => {
    expect(secondsOf(text)).toBe(seconds)
  })

  test.each(['365', '1y', '0d', '-1d', '1.5d', ' 1d'])('%s is no duration', (text) => {
    expect(() => secondsOf(text)).toThrow('is not a duration')
    expect(said(good(`certificates: {lifetime: "${text}"}\n`))).toContain(`is not a duration. Write a whole number and m, h or d`)
  })

  test('one that ends before a run does is refused', () => {
    expect(said(good('certificates: {lifetime: 4m}\n'))).toContain('certificates.lifetime: "4m" is too short')
    expect(said(good('certificates: {lifetime: 5m}\n'))).toBe('')
  })

  test('a renewal that is always due is refused', () => {
    expect(said(good('certificates: {lifetime: 90d, renew_before: 90d}\n'))).toContain('is not shorter than lifetime (90d)')
    expect(said(good('certificates: {renew_before: 365d}\n'))).toContain('is not shorter than admin_lifetime (365d)')
  })
})

describe('a CA of your own', () => {
  const yaml = good('certificates:\n  ca: {certificate: my.crt, key: my.key}\n')
  const own = OWN.ca as { certificate: string; key: string }
  const other = OWN['etcd-ca'] as { certificate: string; key: string }
  const withFiles = (certificate: string, key: string): string => said(yaml, disk({ '/lab/my.crt': certificate, '/lab/my.key': key }))

  test('is taken, in the form in which it goes to hosts', () => {
    const loaded = parse(yaml, disk({ '/lab/my.crt': `a comment\n${own.certificate}\n`, '/lab/my.key': own.key }))
    expect(loaded.problems).toEqual([])
    expect(loaded.authorities?.ca).toEqual({ main: own.certificate, key: own.key })
  })

  test('with a key of RSA or another form of PEM, too', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
    expect(withFiles(own.certificate, pem)).toContain('"my.key" does not belong to the certificate.')
  })

  test('that is a leaf, or was signed by another, is refused', async () => {
    const vault = createVault(
      async () => undefined,
      () => NOW,
    )
    const leaf = await vault.issue({
      kind: 'certificate',
      path: '/x',
      form: 'pair',
      authority: 'ca',
      commonName: 'x',
      organizations: [],
      sans: [],
      usages: ['client'],
      days: 1,
      renewDays: 0,
    })
    expect(withFiles(leaf['/x.crt'] ?? '', leaf['/x.key'] ?? '')).toContain('"my.crt" is not the certificate of a CA')
  })

  test('with a key that is not its own, encrypted, too weak, or none, is refused', () => {
    const encrypted = generateKeyPairSync('ec', {
      namedCurve: 'prime256v1',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
    }).privateKey
    const ed25519 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    expect(withFiles(own.certificate, other.key)).toContain('"my.key" does not belong to the certificate.')
    expect(withFiles(own.certificate, encrypted)).toContain('"my.key" is encrypted')
    expect(withFiles(own.certificate, ed25519)).toContain('"my.key" is neither ECDSA')
    expect(withFiles(own.certificate, 'nothing')).toContain('"my.key" is not a private key in PEM.')
    expect(withFiles('nothing', own.key)).toContain('"my.crt" is not a certificate in PEM.')
  })

  test('that is missing is one problem, where it is named', () => {
    expect(said(yaml, disk({}))).toMatch(/cluster\.yml:5:21 certificates\.ca\.certificate: "\/lab\/my\.crt" does not exist/)
  })

  test('for two authorities is refused: a client of one would pass for one of the other', () => {
    const both = good('certificates:\n  ca: {certificate: ca.crt, key: ca.key}\n  front_proxy_ca: {certificate: ca.crt, key: ca.key}\n')
    expect(said(both)).toContain('certificates.front_proxy_ca: is the same CA as ca')
  })

  test('no text of its key is in what a plan is made from', () => {
    const loaded = parse(yaml, disk({ '/lab/my.crt': own.certificate, '/lab/my.key': own.key }))
    expect(JSON.stringify(loaded.config)).not.toContain('PRIVATE KEY')
  })
})
