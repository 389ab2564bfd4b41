import { expect, test } from 'vitest'
import { change, rewriteLive } from '../../../src/commands/images/live.ts'
import type { Transport } from '../../../src/hosts/transport.ts'
import { fakeIo, options, silentCluster } from '../support.ts'

test('no control plane answers: -o json says on stdout why', async () => {
  const { io, printed } = fakeIo()
  expect(await rewriteLive(options({ flags: { cluster: silentCluster() }, output: 'json' }), io)).toBe(4)
  expect(JSON.parse(printed.out)).toMatchObject({ problems: [{ at: 'root@127.0.0.1:1' }] })
})

test('without a terminal and without --yes nothing is patched, and that is no success', async () => {
  const changes = [{ path: '/spec/containers/0/image', from: 'nginx:1.29', to: 'm.daocloud.io/docker.io/library/nginx:1.29' }]
  const workloads = [{ kind: 'Pod', namespace: 'default', name: 'web', fixed: false, changes }]
  const transport: Transport = {
    label: 'root@cp1:22',
    run: () => expect.fail('nothing may run'),
    async [Symbol.asyncDispose]() {},
  }
  const { io, printed } = fakeIo()
  expect(await change(workloads, transport, options({}), io)).toBe(2)
  expect(printed.out).toContain('m.daocloud.io/docker.io/library/nginx:1.29')
  expect(printed.err).toBe('There is no terminal to ask on: add --yes.\n')
})
