import { expect, test } from 'vitest'
import { DiskError, onDisk } from '../../src/delivery/disk.ts'

const failing = (about: object) => onDisk('/cache', () => Promise.reject(Object.assign(new Error('no'), about)))

test.each([
  ['ENOSPC', /no room/],
  ['EDQUOT', /no room/],
  ['EROFS', /cannot be kept/],
  ['EACCES', /cannot be kept/],
  ['EIO', /cannot be kept/],
])('%s says where, what and how to mend it', async (code, words) => {
  const error = await failing({ code, syscall: 'write' }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(DiskError)
  const { problem, message } = error as DiskError
  expect(problem).toMatchObject({ at: '/cache', severity: 'error', exit: 5 })
  expect(problem.what.en).toMatch(words)
  for (const text of [problem.what.en, problem.what.zh, message]) expect(text).toContain(code)
})

test('what is no error of the system stays what it is', async () => {
  await expect(failing({ code: 'ERR_X' })).rejects.not.toBeInstanceOf(DiskError)
  expect(await onDisk('/cache', () => Promise.resolve(1))).toBe(1)
})
