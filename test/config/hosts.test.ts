import { describe, expect, test } from 'vitest'
import { hostsOf, labelOf, resolvePath, resolveSecret, rolesOf } from '../../src/config/hosts.ts'
import { type Role, schema } from '../../src/config/schema.ts'
import { unwritten } from '../../src/config/source.ts'

const folders = { folder: '/lab', home: '/home/me' }
const hosts = (config: object) => hostsOf(schema.parse({ kubernetes_version: 'v1.36.3', ...config }), unwritten(folders))

describe('rolesOf', () => {
  test.each<[Role[][], string]>([
    [[['control-plane'], ['worker']], 'ce w'],
    [[['control-plane', 'worker']], 'cew'],
    [[['control-plane'], ['etcd'], ['worker']], 'c e w'],
    [[['control-plane', 'etcd'], ['control-plane']], 'ce c'],
    [[['etcd', 'worker'], ['control-plane']], 'ew c'],
  ])('%j', (nodes, expected) => {
    const letters = rolesOf(nodes.map((role) => ({ role }))).map(
      ({ controlPlane, etcd, worker }) => `${controlPlane ? 'c' : ''}${etcd ? 'e' : ''}${worker ? 'w' : ''}`,
    )
    expect(letters.join(' ')).toBe(expected)
  })
})

describe('paths', () => {
  test.each([
    ['~', '/home/me'],
    ['~/.ssh/id', '/home/me/.ssh/id'],
    ['keys/id', '/lab/keys/id'],
    ['../id', '/id'],
    ['/etc/../id', '/id'],
    ['~other/id', '/lab/~other/id'],
  ])('%s', (path, expected) => expect(resolvePath(path, folders)).toBe(expected))
  test('of secrets', () => {
    expect(['env:A', 'cmd:pass x', 'file:~/pw', 'file:pw'].map((ref) => resolveSecret(ref, folders))).toEqual([
      'env:A',
      'cmd:pass x',
      'file:/home/me/pw',
      'file:/lab/pw',
    ])
  })
})

describe('hostsOf', () => {
  test('takes what the node says, then what the cluster says, then the default', () => {
    const [first, second, third] = hosts({
      ssh: { user: 'ubuntu', port: 2222, key_path: 'id', password: 'file:pw', known_hosts: 'known', accept_new: true, agent: false },
      bastion_host: { address: 'jump' },
      nodes: [
        { address: 'a', role: ['control-plane'] },
        {
          address: 'b',
          role: ['worker'],
          user: 'root',
          port: 22,
          ssh_key_path: '/k',
          password: 'env:B',
          host_key: 'ssh-ed25519 AAAA',
          bastion_host: { address: 'other', port: 23, user: 'me', ssh_key_path: '~/j' },
          hostname_override: 'b1',
          set_hostname: true,
          internal_address: '10.0.0.2',
        },
        { address: 'localhost', role: ['worker'] },
      ],
    })
    expect(first).toMatchObject({ key: 'a', at: 'cluster.yml nodes[0]', user: 'ubuntu', port: 2222, setHostname: false })
    expect(first?.ssh).toEqual({
      user: 'ubuntu',
      port: 2222,
      keyPath: '/lab/id',
      password: 'file:/lab/pw',
      bastion: { address: 'jump', user: 'ubuntu', keyPath: '/lab/id' },
      agent: false,
      config: true,
      knownHosts: '/lab/known',
      acceptNew: true,
      connectTimeout: 15,
    })
    expect(second).toMatchObject({ user: 'root', port: 22, name: 'b1', setHostname: true, internalAddress: '10.0.0.2' })
    expect(second?.ssh).toMatchObject({
      keyPath: '/k',
      password: 'env:B',
      hostKey: 'ssh-ed25519 AAAA',
      bastion: { address: 'other', port: 23, user: 'me', keyPath: '/home/me/j' },
    })
    expect(third?.ssh.bastion).toBeUndefined()
  })

  test('what nobody states is a default in names, and left to ~/.ssh/config for the way', () => {
    const [host] = hosts({ bastion_host: { address: 'jump' }, nodes: [{ address: 'a', role: ['worker'] }] })
    expect(host && labelOf(host)).toBe('root@a:22')
    expect(host?.ssh).not.toHaveProperty('user')
    expect(host?.ssh).not.toHaveProperty('port')
    expect(host?.ssh.bastion).toEqual({ address: 'jump' })
  })

  test('keys are unique: with the port where an address is named twice', () => {
    const nodes = [22, 2222].map((port) => ({ address: '10.0.0.1', port, role: ['worker'] }))
    expect(hosts({ nodes: [...nodes, { address: '10.0.0.2', role: ['worker'] }] }).map(({ key }) => key)).toEqual([
      '10.0.0.1:22',
      '10.0.0.1:2222',
      '10.0.0.2',
    ])
  })
})
