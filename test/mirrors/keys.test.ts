import { execFile } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { endsSoon, extendedKey, isAlive, keyOf, SHIPPED_KEYS } from '../../src/mirrors/keys/index.ts'
import { readKey } from '../../src/mirrors/keys/openpgp.ts'

const run = promisify(execFile)
const hasGpg = await run('gpg', ['--version']).then(
  () => true,
  () => false,
)

describe.skipIf(!hasGpg && !process.env.CI)('shipped keys', () => {
  test.for(Object.entries(SHIPPED_KEYS))('%s: the pinned fingerprint, a good signature of its own, and when it ends', async ([, key]) => {
    const home = await mkdtemp(join(tmpdir(), 'slipway-keys-'))
    await writeFile(join(home, 'key.asc'), key.text)
    const gpg = (...args: string[]) => run('gpg', ['--homedir', home, '--batch', '--with-colons', ...args])
    await gpg('--import', join(home, 'key.asc'))
    const { stdout } = await gpg('--check-sigs')
    const lines = stdout.split('\n').map((line) => line.split(':'))
    expect(lines.find(([kind]) => kind === 'fpr')?.[9]).toBe(key.fingerprint)
    expect(lines.filter(([kind]) => kind === 'pub')).toHaveLength(1)
    expect(lines.find(([kind]) => kind === 'pub')?.[6]).toBe(key.ends === undefined ? '' : String(key.ends))
    expect(lines.some(([kind, good, , , id]) => kind === 'sig' && good === '!' && key.fingerprint?.endsWith(id ?? '-'))).toBe(true)
  })
})

test("a key that cluster.yml names goes before upstream's", () => {
  expect(keyOf('docker', { docker: 'keys/d.asc' }, { 'keys/d.asc': 'own' })).toEqual({ text: 'own\n' })
  expect(keyOf('kubernetes', { docker: 'keys/d.asc' }, { 'keys/d.asc': 'own' })).toBe(SHIPPED_KEYS.kubernetes)
})

const day = (date: string) => Date.parse(date) / 1000

test('a key is alive until it ends, and ends soon 30 days before', () => {
  const at = (date: string) => [isAlive(SHIPPED_KEYS.kubernetes, day(date)), endsSoon(SHIPPED_KEYS.kubernetes, day(date))]
  expect(at('2026-11-20')).toEqual([true, false])
  expect(at('2026-12-10')).toEqual([true, true])
  expect(at('2026-12-29T01:33:43Z')).toEqual([true, true])
  expect(at('2026-12-29T01:33:45Z')).toEqual([false, true])
  expect([isAlive(SHIPPED_KEYS.docker, day('2099-01-01')), endsSoon(SHIPPED_KEYS.docker, day('2099-01-01'))]).toEqual([true, false])
})

describe('what a key says of itself', () => {
  test.each(['kubernetes', 'docker'] as const)('%s: its fingerprint and its end', (name) => {
    const { text, fingerprint, ends } = SHIPPED_KEYS[name]
    expect(readKey(text)).toMatchObject({ fingerprint, ends, revoked: false })
    expect(readKey(text.replaceAll('\n', '\r\n'))?.fingerprint).toBe(fingerprint)
  })

  test('one byte that is another is no key any more', () => {
    const lines = SHIPPED_KEYS.kubernetes.text.split('\n')
    for (let line = 3; line < 14; line++) {
      const text = lines.map((one, i) => (i === line ? one.replace(/./, (c) => (c === 'A' ? 'B' : 'A')) : one)).join('\n')
      const facts = readKey(text)
      expect([line, facts?.fingerprint === SHIPPED_KEYS.kubernetes.fingerprint && facts?.ends === SHIPPED_KEYS.kubernetes.ends]).toEqual([
        line,
        false,
      ])
    }
  })

  test.each(['', 'x', '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n'])('%j is none', (text) =>
    expect(readKey(text)).toBeUndefined(),
  )
})

describe('an extended key', () => {
  const refused = (key: ReturnType<typeof extendedKey>) => ('refused' in key ? key.refused.en : 'taken')
  const now = day('2027-01-15')

  test('the shipped key is no extension of itself', () => {
    expect(refused(extendedKey('kubernetes', SHIPPED_KEYS.kubernetes.text, now))).toBe('upstream has not extended it yet')
    expect(refused(extendedKey('docker', SHIPPED_KEYS.docker.text, now))).toBe('upstream has not extended it yet')
  })

  test("another repository's key, and what is no key, are refused", () => {
    expect(refused(extendedKey('kubernetes', SHIPPED_KEYS.docker.text, now))).toContain(
      'its fingerprint is 9DC858229FC7DD38854AE2D88D81803C0EBFCD88',
    )
    expect(refused(extendedKey('kubernetes', '<html>', now))).toBe('it is no key that can be read')
  })

  test.skipIf(!hasGpg && !process.env.CI)('a key that gpg has extended is read; with a forged end it is not', async () => {
    const home = await mkdtemp(join(tmpdir(), 'slipway-keys-'))
    let time = 20260101
    const gpg = async (...args: string[]) =>
      (
        await run('gpg', [
          '--homedir',
          home,
          '--batch',
          '--pinentry-mode',
          'loopback',
          '--passphrase',
          '',
          '--faked-system-time',
          `${time}T000000!`,
          ...args,
        ])
      ).stdout
    await gpg('--quick-gen-key', 'repository', 'rsa2048', 'sign', '30d')
    const first = await gpg('--armor', '--export')
    const { fingerprint = '', ends } = readKey(first) ?? {}
    expect(ends).toBe(day('2026-01-31'))
    time = 20260102
    await gpg('--quick-set-expire', fingerprint, '400d')
    const second = await gpg('--armor', '--export')
    expect(readKey(second)).toMatchObject({ fingerprint, ends: day('2027-02-06') })
    await gpg('--quick-gen-key', 'other', 'rsa2048', 'sign', '30d')
    expect(readKey(await gpg('--armor', '--export'))).toBeUndefined()
    const body = second.split('\n\n')[1]?.split('\n=')[0]?.replaceAll('\n', '') ?? ''
    const bytes = Buffer.from(body, 'base64')
    const lifetime = Buffer.alloc(6)
    lifetime.writeUInt8(5, 0)
    lifetime.writeUInt8(9, 1)
    lifetime.writeUInt32BE(401 * 86_400, 2)
    const at = bytes.indexOf(lifetime)
    expect(at).toBeGreaterThan(0)
    bytes.writeUInt32BE(900 * 86_400, at + 2)
    const forged = `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${bytes.toString('base64')}\n-----END PGP PUBLIC KEY BLOCK-----\n`
    expect(readKey(forged)?.ends).not.toBe(day('2026-01-01') + 900 * 86_400)
  })
})
