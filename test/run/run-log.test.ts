import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openLog } from '../../src/run/run-log.ts'
import { fakeIo } from '../commands/support.ts'

const OUTPUT = { type: 'output', host: 'w1', line: 'x'.repeat(1000) } as const

/** A whole run: a log below `folder`, written to more than once; what was said at its end. */
const run = async (folder: string, language: 'en' | 'zh' = 'en') => {
  const { io, printed } = fakeIo(language)
  const log = await openLog({ ...io, env: { XDG_STATE_HOME: folder } }, 'lab')
  for (let i = 0; i < 50; i++) {
    log.write(OUTPUT)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await log.close()
  return { path: log.path, said: printed.err }
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-'))
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) })
})
afterEach(() => void vi.useRealTimers())

test('every line is there when it is closed', async () => {
  const { path, said } = await run(folder)
  expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(50)
  expect(said).toBe('')
})

test('the 50 newest logs of a cluster are kept, and nothing else is touched', async () => {
  const logs = join(folder, 'slipway/lab')
  mkdirSync(logs, { recursive: true })
  const day = (number: number): string => `2025-01-${String(number).padStart(2, '0')}T000000.000Z.log`
  for (let number = 1; number <= 60; number++) writeFileSync(join(logs, day(number)), '')
  writeFileSync(join(logs, 'notes.txt'), '')
  const { path } = await run(folder)
  const left = readdirSync(logs).sort()
  expect(left).toHaveLength(51)
  expect(left).toContain('notes.txt')
  expect(left).toContain(day(60))
  expect(left).not.toContain(day(11))
  expect(readFileSync(path, 'utf8')).not.toBe('')
})

test('an empty XDG_STATE_HOME is none', async () => {
  const { io } = fakeIo()
  const log = await openLog({ ...io, home: folder, env: { XDG_STATE_HOME: '' } }, 'lab')
  await log.close()
  expect(log.path).toMatch(new RegExp(`^${folder}/.local/state/slipway/lab/`))
})

describe('a log that cannot be written stops nobody, and its one line says so', () => {
  test('a full disk', async () => {
    const path = join(folder, 'slipway/lab/2026-01-01T000000.000Z.log')
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync('/dev/full', path)
    expect((await run(folder)).said).toBe(
      `${path} is incomplete, it could not be written: ENOSPC: no space left on device, write. The run itself went on.\n`,
    )
    expect((await run(folder, 'zh')).said).toContain('不完整')
  })

  test('no folder for it', async () => {
    writeFileSync(join(folder, 'slipway'), '')
    expect((await run(folder)).said).toMatch(/^\S+ is incomplete, it could not be written: ENOTDIR[^\n]*\n$/)
  })
})
