import { execFile } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { endsSoon, keyOf, SHIPPED_KEYS } from '../../src/mirrors/keys/index.ts'

const run = promisify(execFile)
const hasGpg = await run('gpg', ['--version']).then(
  () => true,
  () => false,
)

describe.skipIf(!hasGpg)('shipped keys', () => {
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

test('the end of a key is worth a word 30 days before', () => {
  const day = (date: string) => Date.parse(date) / 1000
  expect(endsSoon(SHIPPED_KEYS.kubernetes, day('2026-11-20'))).toBeUndefined()
  expect(endsSoon(SHIPPED_KEYS.kubernetes, day('2026-12-10'))).toBe(19)
  expect(endsSoon(SHIPPED_KEYS.kubernetes, day('2027-01-10'))).toBeLessThan(0)
  expect(endsSoon(SHIPPED_KEYS.docker, day('2099-01-01'))).toBeUndefined()
})
