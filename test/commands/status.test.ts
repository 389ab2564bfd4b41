import { expect, test } from 'vitest'
import { status } from '../../src/commands/status.ts'
import { fakeIo, options, silentCluster } from './support.ts'

test('nothing is said of the units of a host that did not answer', async () => {
  const { io, printed } = fakeIo()
  expect(await status.run(options({ files: [silentCluster()] }), io)).toBe(4)
  expect(printed.out).toMatch(/^127\.0\.0\.1 +- +control-plane,etcd +- +127\.0\.0\.1 +-$/m)
})
