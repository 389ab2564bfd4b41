import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { ensureWritable } from '../../src/delivery/out-file.ts'
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

test('a link stays a link, and what it leads to is written, also where there is none yet', async () => {
  mkdirSync(join(folder, 'shared'))
  writeFileSync(join(folder, 'shared/lock'), 'old\n', { mode: 0o640 })
  for (const [name, target] of [
    ['there', 'shared/lock'],
    ['dangling', 'shared/new'],
  ] as const) {
    symlinkSync(target, join(folder, name))
    await writeWhole(join(folder, name), `${name}\n`)
    expect(lstatSync(join(folder, name)).isSymbolicLink() && readlinkSync(join(folder, name))).toBe(target)
    expect(readFileSync(join(folder, target), 'utf8')).toBe(`${name}\n`)
  }
  expect(statSync(join(folder, 'shared/lock')).mode & 0o777).toBe(0o640)
  expect(readdirSync(join(folder, 'shared')).sort()).toEqual(['lock', 'new'])
})

test('a device is not replaced by a file', async () => {
  symlinkSync('/dev/null', join(folder, 'device'))
  await expect(writeWhole(join(folder, 'device'), 'text')).rejects.toMatchObject({ name: 'DiskError' })
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
})

test('whether a file can be written is known beforehand, and asking leaves nothing', async () => {
  await ensureWritable(join(folder, 'x'))
  await expect(ensureWritable(join(folder, 'none/x'))).rejects.toMatchObject({ problem: { at: join(folder, 'none/x'), exit: 5 } })
  await expect(ensureWritable(folder)).rejects.toMatchObject({ problem: { what: { en: expect.stringContaining('EISDIR') } } })
  expect(readdirSync(folder)).toEqual([])
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
