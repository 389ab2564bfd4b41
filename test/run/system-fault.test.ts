import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemFault } from '../../src/run/system-fault.ts'

const caught = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return error
  }
}

test('what the system refuses on a file of this machine is a Problem of that file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-fault-'))
  expect(systemFault(caught(() => readFileSync(join(folder, 'none'))))).toMatchObject({ at: join(folder, 'none'), exit: 5 })
  expect(systemFault(caught(() => readFileSync(folder)))?.what.en).toContain('EISDIR')
})

test('any other error is ours', () => {
  expect(systemFault(new TypeError('x is undefined'))).toBeUndefined()
  expect(systemFault(Object.assign(new Error('no'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBeUndefined()
})
