import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { type Host, hostsOf, labelOf } from '../../src/config/hosts.ts'
import { schema } from '../../src/config/schema.ts'
import { unwritten } from '../../src/config/source.ts'
import { labelled, route } from '../../src/hosts/route.ts'
import { targetOf } from '../../src/hosts/target.ts'
import { environment, tempHome } from '../ssh/sshd.ts'

const CONFIG = `
Host cp1
  HostName 10.0.0.11
  User ubuntu
  Port 2222
Host jump
  HostName 203.0.113.10
  User gate
  Port 2200
`

let place: ReturnType<typeof tempHome>
beforeEach(() => {
  place = tempHome()
  writeFileSync(join(place.home, '.ssh/config'), CONFIG)
  return () => place.remove()
})

const host = (node: object, more: object = {}): Host =>
  hostsOf(schema.parse({ kubernetes_version: 'v1.36.3', ...more, nodes: [{ role: ['control-plane'], ...node }] }), unwritten())[0] as Host
const hops = async (...of: Parameters<typeof host>) =>
  (await route(targetOf(host(...of)), environment(place.home))).map(({ label, host }) => `${label} ${host}`)

test.each<[string, object, object, string[]]>([
  ['~/.ssh/config fills in what cluster.yml leaves out', { address: 'cp1' }, {}, ['ubuntu@cp1:2222 10.0.0.11']],
  ['a host it does not name is entered as root at 22', { address: 'cp2' }, {}, ['root@cp2:22 cp2']],
  ['a node wins, with the defaults stated too', { address: 'cp1', user: 'root', port: 22 }, {}, ['root@cp1:22 10.0.0.11']],
  ['ssh of cluster.yml wins', { address: 'cp1' }, { ssh: { user: 'ops', port: 23 } }, ['ops@cp1:23 10.0.0.11']],
  ['ssh.config: false', { address: 'cp1' }, { ssh: { config: false } }, ['root@cp1:22 cp1']],
  ['a bastion', { address: 'cp2' }, { bastion_host: { address: 'jump' } }, ['gate@jump:2200 203.0.113.10', 'root@cp2:22 cp2']],
  [
    'a bastion that cluster.yml describes',
    { address: 'cp2' },
    { bastion_host: { address: 'jump', user: 'me', port: 22 } },
    ['me@jump:22 203.0.113.10', 'root@cp2:22 cp2'],
  ],
  ['a bastion that nothing describes', { address: 'cp2' }, { bastion_host: { address: 'b' } }, ['root@b:22 b', 'root@cp2:22 cp2']],
])('%s', async (_name, node, more, expected) => expect(await hops(node, more)).toEqual(expected))

test('people see a host as it is entered; what the cluster keeps does not depend on ~/.ssh/config', async () => {
  const all = [host({ address: 'cp1' }), host({ address: 'cp2' }), host({ address: 'localhost' })]
  const seen = await labelled(all, environment(place.home))
  expect(seen.map(labelOf)).toEqual(['ubuntu@cp1:2222', 'root@cp2:22', 'root@localhost:22'])
  expect(seen.map(({ key, port }) => `${key} ${port}`)).toEqual(['cp1 22', 'cp2 22', 'localhost 22'])
})
