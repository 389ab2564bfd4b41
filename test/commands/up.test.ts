import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { up } from '../../src/commands/up.ts'
import { fakeIo, options } from './support.ts'

test.each([
  [tmpdir(), 'it is not a file', '不是文件'],
  ['/nonexistent/lab.tar', 'there is no such file', '文件不存在'],
])('a bundle that is none: %s', async (bundle, en, zh) => {
  const { io, printed } = fakeIo()
  expect(await up.run(options({ flags: { bundle }, output: 'json' }), io)).toBe(2)
  expect(JSON.parse(printed.out)).toMatchObject({ problems: [{ at: bundle, what: { en, zh } }] })
})
