import { expect, test } from 'vitest'
import { etcd } from '../../../src/commands/etcd/index.ts'
import { fakeIo, options } from '../support.ts'

test.each(['toString', 'constructor', 'explode'])('etcd %s: how it is called', async (word) => {
  const { io, printed } = fakeIo()
  expect(await etcd.run(options({ rest: [word] }), io)).toBe(2)
  expect(printed.err).toMatch(/^Usage:\n {2}slipway etcd recipient FILE\n/)
})
