import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { writeWhole } from '../../src/run/write-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-write-'))
})

test('a file keeps its mode, and nothing lies beside it', async () => {
  const path = join(folder, 'cluster.lock.yml')
  writeFileSync(path, 'old\n', { mode: 0o640 })
  await writeWhole(path, 'new\n')
  expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777, readdirSync(folder)]).toEqual(['new\n', 0o640, ['cluster.lock.yml']])
})

test('where it cannot be written, that is said of the file, and nothing of it stays', async () => {
  const taken = join(folder, 'taken')
  mkdirSync(join(taken, 'by-a-folder'), { recursive: true })
  await expect(writeWhole(taken, 'text')).rejects.toMatchObject({ name: 'DiskError', problem: { at: taken, exit: 5 } })
  await expect(writeWhole(join(folder, 'none', 'x'), 'text')).rejects.toMatchObject({
    problem: { what: { en: expect.stringContaining('ENOENT') } },
  })
  expect(readdirSync(folder)).toEqual(['taken'])
})
