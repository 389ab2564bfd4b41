import { expect, test } from 'vitest'
import { misfits } from '../../../src/commands/certs/restore.ts'
import { createVault } from '../../../src/engine/vault.ts'
import { parseFacts } from '../../../src/hosts/parse-facts.ts'
import type { SecretName } from '../../../src/cluster/secret-names.ts'

/** The secrets of a cluster, as a backup holds them. */
const drawn = async (): Promise<Record<string, string>> => {
  const vault = createVault(
    async () => undefined,
    () => 1_790_000_000_000,
  )
  const names: readonly SecretName[] = ['ca', 'etcd-ca', 'front-proxy-ca', 'sa', 'encryption']
  return Object.assign({}, ...(await Promise.all(names.map((name) => vault.secret(name))))) as Record<string, string>
}

/** A host that still has this file. */
const hostWith = async (path: string, text: string) => {
  const row = `file\t644\troot:root\t${path}\t00\t${Buffer.from(text).toString('base64')}\n`
  return { host: await parseFacts(`now\t1790000000\n${row}end\tok\n`) }
}

test.each([
  ['ca', '/etc/kubernetes/pki/ca.crt'],
  ['sa', '/etc/kubernetes/pki/sa.pub'],
] as const)('a backup with another %s than the hosts use is refused, its own is taken', async (name, path) => {
  const [ours, other] = [await drawn(), await drawn()]
  const world = await hostWith(path, ours[path] ?? '')
  expect(await misfits('b.tar', [name], ours, world)).toEqual([])
  expect((await misfits('b.tar', [name], other, world)).map(({ exit, what }) => [exit, what.en])).toEqual([
    [3, `its ${path} is not the one that the hosts use`],
  ])
})

test('what no host shows cannot be compared, and is taken', async () => {
  expect(await misfits('b.tar', ['ca', 'sa', 'encryption'], await drawn(), {})).toEqual([])
})
