import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { restoreEnd } from '../../src/resources/etcd-restore.ts'
import type { RestoreEndResource } from '../../src/resources/types.ts'
import { type Sandbox, sandbox } from './sandbox.ts'

/** The backup holds a Node that another tool made, one without an address, and those of three hosts. */
const NODES = ['cp1|10.0.0.11|{}', 'w2|10.0.0.22|{}', 'old|10.0.0.99|{}', 'silent||{}', 'foreign|10.0.0.98|'].join('\\n')
const STUBS = [
  `kubectl() { shift 3; case $* in *jsonpath*) printf '${NODES}\\n' ;; *) echo "kubectl $*" ;; esac; }`,
  'timeout() { shift; "$@"; }',
  'curl() { :; }',
  'systemctl() { return 3; }',
].join('\n')

let host: Sandbox
beforeEach(() => {
  host = sandbox()
})
afterEach(() => host.remove())

const lines = (unnamed?: RestoreEndResource['unnamed']): string[] => {
  const want = { kind: 'restore-end', nodes: ['cp1'], ...(unnamed ? { unnamed } : {}) } as const
  const { status, stdout, stderr } = host.run(restoreEnd.script(want, { verb: 'update', reason: { en: '', zh: '' } }, {}), STUBS)
  expect(status, stderr).toBe(0)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace('::slipway note ', ''))
}
const deleted = (node: string): string[] => [
  `the node ${node} was in the backup and is not in cluster.yml: deleted`,
  `kubectl delete node ${node} --ignore-not-found --timeout=60s`,
]

describe('Nodes of the backup', () => {
  test('that are not in cluster.yml go, but for those that Slipway did not make', () => {
    expect(lines()).toEqual(['w2', 'old', 'silent'].flatMap(deleted))
  })

  test('that have the address of a host which does not answer stay, the others go', () => {
    expect(lines([{ host: 'root@10.0.0.22:22', ip: '10.0.0.22' }])).toEqual([
      'the node w2 is left: it has the address of root@10.0.0.22:22, which does not answer',
      ...['old', 'silent'].flatMap(deleted),
    ])
  })

  test.each(['', '203.0.113.9'])('all stay while one may be that of a host which does not answer (address "%s")', (ip) => {
    const unknown = { host: 'root@w3.example.com:22', ip }
    expect(lines([{ host: 'root@10.0.0.22:22', ip: '10.0.0.22' }, unknown])).toEqual([
      'the node w2 is left: it has the address of root@10.0.0.22:22, which does not answer',
      ...['old', 'silent'].map((node) => `the node ${node} is left: it may be that of a host that does not answer: root@w3.example.com:22`),
    ])
  })
})
