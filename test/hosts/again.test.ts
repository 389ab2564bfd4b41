import { expect, test } from 'vitest'
import { handshakeFailed, secretMissing, timedOut, unauthorised, undialled } from '../../src/hosts/problems.ts'
import { createShare, lent } from '../../src/hosts/share.ts'
import { RefusedError } from '../../src/hosts/transport.ts'

test('a share that is lent keeps what was asked when its borrower ends, and nothing is asked again', async () => {
  const share = createShare()
  let closed = 0
  let asked = 0
  share.defer(() => void closed++)
  for (let turn = 0; turn < 3; turn++) {
    await using borrowed = lent(share)
    expect(await borrowed.once('typed:root@a', async () => ++asked)).toBe(1)
  }
  expect(closed).toBe(0)
  await share[Symbol.asyncDispose]()
  expect(closed).toBe(1)
})

test('a host that refuses is told from one that is not up yet', () => {
  expect(unauthorised('a', [], [], [])).toBeInstanceOf(RefusedError)
  expect(secretMissing('a', 'cmd:pass', 'is empty')).toBeInstanceOf(RefusedError)
  for (const error of [timedOut('a', 15), undialled('a', new Error('ECONNREFUSED')), handshakeFailed('a', new Error('closed'))])
    expect(error).not.toBeInstanceOf(RefusedError)
})
