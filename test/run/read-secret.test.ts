import { describe, expect, test } from 'vitest'
import { readSecret } from '../../src/run/read-secret.ts'
import { FakeTransport } from '../hosts/fake.ts'
import { dropPath } from '../../src/resources/paths.ts'
import { scenarioNamed } from '../engine/scenarios.ts'
import { converge } from '../engine/support.ts'

const { cluster, hosts, world } = scenarioNamed('one-plane-cn')
const installed = converge(cluster, hosts, world).world
const PLANE = '10.0.0.11'
const plane = installed[PLANE]
if (!plane) throw new Error('no control plane')
const known = { hosts, world: installed, own: [] }
const without = (...paths: string[]) => ({ ...known, world: { ...installed, [PLANE]: paths.reduce(dropPath, plane) } })

describe('a shared secret', () => {
  test('of bare hosts may be drawn', async () => {
    expect(await readSecret('ca', { hosts, world, own: [] }, new Map())).toBe(undefined)
  })

  test('on a host without a connection is not one that nobody has', async () => {
    await expect(readSecret('ca', known, new Map())).rejects.toThrow('there is no connection to it')
  })

  test.each([
    ['encryption', '/etc/kubernetes/encryption.yaml'],
    ['ca', '/etc/kubernetes/pki/ca.key'],
  ] as const)('that a cluster has lost is never drawn: %s', async (name, path) => {
    await expect(readSecret(name, without(path), new Map())).rejects.toThrow('lost')
  })

  test("comes from the user's own files, where these give it", async () => {
    expect(await readSecret('ca', { ...without('/etc/kubernetes/pki/ca.key'), own: ['ca'] }, new Map())).toBe(undefined)
  })

  test('is read from its holder; a public part that was lost comes from the copies of other hosts', async () => {
    const line = `${Buffer.from('the key').toString('base64')}\n`
    const transport = new FakeTransport([[/base64 -w0/, line]])
    const read = await readSecret('ca', without('/etc/kubernetes/pki/ca.crt'), new Map([[PLANE, transport]]))
    expect(read).toEqual({
      '/etc/kubernetes/pki/ca.key': 'the key',
      '/etc/kubernetes/pki/ca.crt': plane.paths['/etc/kubernetes/pki/ca.crt']?.text,
    })
  })
})
