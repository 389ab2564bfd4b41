import { expect, test } from 'vitest'
import { consent } from '../../src/run/consent.ts'
import { fakeIo, options } from '../commands/support.ts'

test.each([
  ['yes is given', true, false, 0],
  ['a person says yes', false, true, 0],
  ['a person says no', false, false, 130],
])('%s', async (_, yes, says, exit) => {
  const { io, printed } = fakeIo()
  expect(await consent(options({ yes }), { ...io, interactive: true }, async () => says)).toBe(exit)
  expect(printed.err).toBe('')
})

test.each([
  ['en', 'There is no terminal to ask on: add --yes.\n'],
  ['zh', '没有终端可供确认：请加 --yes。\n'],
] as const)('without a terminal the command line is wrong (%s)', async (language, text) => {
  const { io, printed } = fakeIo(language)
  expect(await consent(options({}), io, () => expect.fail('nobody can answer'))).toBe(2)
  expect(printed.err).toBe(text)
})
