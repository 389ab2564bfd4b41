import { expect, test } from 'vitest'
import { defragSession } from '../../src/commands/etcd/defrag.ts'
import { recoverSession } from '../../src/commands/etcd/recover.ts'
import { restoreSession } from '../../src/commands/etcd/restore.ts'
import { take } from '../../src/commands/etcd/snapshot.ts'
import { rewriteIn } from '../../src/commands/images/live.ts'
import { deliver } from '../../src/commands/kubeconfig.ts'
import { rebootNode } from '../../src/commands/node/reboot.ts'
import { removeNode } from '../../src/commands/node/remove.ts'
import { replaceNode } from '../../src/commands/node/replace.ts'
import { rotateSecrets } from '../../src/commands/certs/rotate.ts'
import { show } from '../../src/commands/status.ts'
import { converge } from '../../src/run/converge.ts'
import type { Session } from '../../src/run/session.ts'
import type { Io, Options } from '../../src/run/types.ts'
import { clusterOf } from '../engine/scenarios.ts'
import { A, facts, withNode, worldA, worldB, yamlOf } from '../engine/two-clusters.ts'
import { fakeIo, options, sessionOf } from './support.ts'

type Work = (session: Session, options: Options, io: Io) => Promise<number> | number

/** Runs it on hosts that must not be asked for anything. */
const run = async (work: Work, role: string, key: string) => {
  const { cluster, hosts } = clusterOf(yamlOf(withNode(A, key, 'a-x', role)))
  const asked: string[] = []
  const session = sessionOf({ cluster, hosts, world: { ...worldA, [key]: facts(worldB, key) } }, (script) => {
    asked.push(script)
    return [{ exit: 1 }]
  })
  const { io, printed } = fakeIo()
  const exit = await work(session, options({ yes: true, flags: { confirm: 'a', force: true } }), io)
  return { exit, asked, said: printed.err }
}

const never = { certificate: '', key: '' } as never

test.each<[string, Work]>([
  ['up', converge],
  ['certs rotate', (session, options, io) => rotateSecrets(session, 'ca', options, io)],
  ['node replace, of the stranger', (session, options, io) => replaceNode(session, 'a-x', options, io)],
  ['node remove, of the stranger', (session, options, io) => removeNode(session, 'a-x', options, io)],
  ['node remove, of another', (session, options, io) => removeNode(session, 'a-w1', options, io)],
  ['node reboot, of the stranger', (session, options, io) => rebootNode(session, 'a-x', options, io)],
  ['etcd recover', (session, options, io) => recoverSession(session, 'a-cp', options, io)],
  ['etcd restore', (session, options, io) => restoreSession(session, 'now.tar', never, options, io)],
  ['etcd defrag', defragSession],
  ['etcd snapshot', take],
  ['status', show],
])('a worker of another cluster in the file: %s', async (_, work) => {
  const { exit, asked, said } = await run(work, 'worker', '10.0.1.21')
  expect(said).toContain('it belongs to the cluster b (CA bbbbbbbb, nodes b-w1)')
  expect([exit, asked]).toEqual([3, []])
})

test.each<[string, Work]>([
  ['up', converge],
  ['kubeconfig', deliver],
  ['images rewrite --live', (session, options, io) => rewriteIn(session, never, options, io)],
])('a control plane of another cluster in the file: %s', async (_, work) => {
  const { exit, asked, said } = await run(work, 'control-plane', '10.0.1.11')
  expect(said).toContain('its control planes belong to different clusters')
  expect([exit, asked]).toEqual([3, []])
})
