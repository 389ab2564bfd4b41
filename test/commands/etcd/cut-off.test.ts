import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { cleaningUp } from '../../../src/commands/etcd/restore.ts'
import { take } from '../../../src/commands/etcd/snapshot.ts'
import type { Output } from '../../../src/hosts/transport.ts'
import { RESTORING, STAGING } from '../../../src/resources/etcd-restore.ts'
import { scenarioNamed } from '../../engine/scenarios.ts'
import { rotation } from '../../engine/support.ts'
import { fakeIo, options, sessionOf } from '../support.ts'

const { cluster, hosts, world } = scenarioNamed('one-plane-cn')
const installed = rotation(cluster, hosts, world)

/** A session that writes down what its hosts are asked, by words of the script. */
const recorded = (answer: (script: string) => readonly Output[] = () => [{ exit: 0 }], seen = installed) => {
  const asked: string[] = []
  const session = sessionOf({ cluster, hosts, world: seen }, (script) => {
    asked.push(script)
    return answer(script)
  })
  return { session, asked }
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-snapshot-'))
  const { publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 3072,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  writeFileSync(join(folder, 'k.pub'), publicKey)
})

const snapshotTo = (file: string) => options({ rest: ['snapshot', file], flags: { recipient: join(folder, 'k.pub') } })

describe('etcd snapshot FILE', () => {
  test.each(['none/x', '.'])('a file that cannot be written is refused before anything is backed up: %s', async (name) => {
    const { session, asked } = recorded()
    await expect(take(session, snapshotTo(join(folder, name)), fakeIo().io)).rejects.toMatchObject({
      name: 'DiskError',
      problem: { exit: 5 },
    })
    expect(asked).toEqual([])
  })

  test('bytes that do not arrive whole are the line’s fault, and leave nothing here or on the host', async () => {
    const { session, asked } = recorded((script) => {
      if (script.startsWith('base64')) return [{ stream: 'stdout', line: 'AAAA' }, { exit: 0 }]
      if (script.startsWith('rm -rf')) return [{ exit: 0 }]
      return [{ stream: 'stdout', line: `written /var/lib/slipway/outgoing/x 3 ${'a'.repeat(64)}` }, { exit: 0 }]
    })
    await expect(take(session, snapshotTo(join(folder, 'x')), fakeIo().io)).rejects.toMatchObject({
      name: 'ProblemError',
      problem: { exit: 5 },
    })
    expect(readdirSync(folder)).toEqual(['k.pub'])
    expect(asked.at(-1)).toBe('rm -rf /var/lib/slipway/outgoing\n')
  })

  test('interrupted while it is fetched: the same', async () => {
    const { session, asked } = recorded((script) => {
      if (script.startsWith('base64')) throw new Error('SIGINT')
      return script.startsWith('rm -rf')
        ? [{ exit: 0 }]
        : [{ stream: 'stdout', line: `written /var/lib/slipway/outgoing/x 3 ${'a'.repeat(64)}` }, { exit: 0 }]
    })
    await expect(take(session, snapshotTo(join(folder, 'x')), fakeIo().io)).rejects.toThrow('SIGINT')
    expect(readdirSync(folder)).toEqual(['k.pub'])
    expect(asked.at(-1)).toBe('rm -rf /var/lib/slipway/outgoing\n')
  })
})

describe('what a restore has opened on the hosts', () => {
  const CLEANS = `rm -rf ${STAGING}\n`

  test('goes when the question is answered by Ctrl-C', async () => {
    const { session, asked } = recorded()
    const end = cleaningUp(session, fakeIo().io, () => Promise.reject(new Error('ExitPromptError')))
    await expect(end).rejects.toThrow('ExitPromptError')
    expect(asked).toEqual([CLEANS])
  })

  test('goes when the answer is no, or the lock is held', async () => {
    const { session, asked } = recorded()
    expect(await cleaningUp(session, fakeIo().io, async () => 130)).toBe(130)
    expect(asked).toEqual([CLEANS])
  })

  test('stays once the restore has begun, in this run or an earlier one', async () => {
    const { session, asked } = recorded()
    await cleaningUp(session, fakeIo().io, async (begins) => {
      begins()
      return 5
    })
    const [key = ''] = Object.keys(installed)
    const facts = installed[key]
    if (!facts) return expect.fail()
    const mark = { type: 'file', mode: '0600', owner: 'root:root', text: 'ID=x\nBEGAN=1\nBUMP=1\nREADY=yes\nCLUSTER=a\n' } as const
    const begun = recorded(undefined, { ...installed, [key]: { ...facts, paths: { ...facts.paths, [RESTORING]: mark } } })
    await cleaningUp(begun.session, fakeIo().io, async () => 5)
    expect([...asked, ...begun.asked]).toEqual([])
  })
})
