import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openCache } from '../../src/delivery/cache.ts'

const HEX = createHash('sha256').update('kubelet').digest('hex')
const DIGEST = `sha256:${HEX}`

let dir: string
let files: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'slipway-store-'))
  files = join(dir, 'sha256')
  mkdirSync(files)
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(dir, { recursive: true, force: true })
})

/** A process that is gone. */
const gone = (): number => spawnSync('true').pid

/** What process `owner` left of the bytes, so many days ago. */
const leave = (owner: number | undefined, bytes: string, days = 0): string => {
  const name = owner === undefined ? `${HEX}.part` : `${HEX}.${owner}.part`
  const then = Date.now() / 1000 - days * 86_400
  writeFileSync(join(files, name), bytes)
  utimesSync(join(files, name), then, then)
  return name
}

test('a part belongs to one process: what another one is writing is left to it', async () => {
  const other = leave(process.ppid, 'kub')
  const cache = openCache(dir)
  const part = await cache.part(DIGEST)
  expect(readdirSync(files)).toEqual([other])
  writeFileSync(part, 'kubelet')
  expect([await cache.keep(DIGEST), readdirSync(files).toSorted()]).toEqual([true, [HEX, other]])
  expect(readFileSync(join(files, other), 'utf8')).toBe('kub')
})

test('what belongs to another user is being written too', async () => {
  const other = leave(gone(), 'kub')
  vi.spyOn(process, 'kill').mockImplementation(() => {
    throw Object.assign(new Error(), { code: 'EPERM' })
  })
  await openCache(dir).part(DIGEST)
  expect(readdirSync(files)).toEqual([other])
})

test('what a run that was cut off left is the beginning for one other', async () => {
  leave(gone(), 'kub')
  const part = await openCache(dir).part(DIGEST)
  expect([readFileSync(part, 'utf8'), readdirSync(files)]).toEqual(['kub', [`${HEX}.${process.pid}.part`]])
  leave(gone(), 'other')
  expect(await openCache(dir).part(DIGEST)).toBe(part)
  expect(readFileSync(part, 'utf8')).toBe('kub')
})

test('leftovers go after a week, but never what somebody is writing', async () => {
  leave(undefined, 'nobody', 8)
  leave(gone(), 'gone', 8)
  const kept = [leave(process.ppid, 'alive', 8)]
  const other = 'sha256:'.padEnd(71, '0')
  await openCache(dir).part(other)
  expect(readdirSync(files)).toEqual(kept)
  kept.push(leave(undefined, 'nobody', 6), leave(gone(), 'gone', 6))
  await openCache(dir).part(other)
  expect(readdirSync(files).toSorted()).toEqual(kept.toSorted())
})
