// A key of a living cluster that is lost is never drawn anew. One control plane: nobody else has it.
import { join } from 'node:path'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { installed, on, Operator } from './lab.ts'
import { FILES, giveBack, keep, keys, readWitness, refused, writeWitness } from './lost.ts'

const PLANE = ['cp1'] as const
const PKI = '/etc/kubernetes/pki'

let operator: Operator
let whole: Awaited<ReturnType<typeof keys>>
beforeAll(async () => {
  operator = new Operator()
  await installed(operator)
  await writeWitness()
  await keep(PLANE)
  whole = await keys(PLANE)
})
afterEach(async () => {
  await giveBack(PLANE)
  await readWitness(PLANE)
})

test.each([
  ['the encryption key', 'rm /etc/kubernetes/encryption.yaml', '/etc/kubernetes/encryption.yaml'],
  ['half a service-account key', `rm ${PKI}/sa.key`, `${PKI}/sa.key (${PKI}/sa.pub is still on cp1)`],
  ["the CA's key, garbage", `echo garbage >${PKI}/ca.key`, `${PKI}/ca.key (${PKI}/ca.crt is still on cp1, w1, w2)`],
  ["etcd's CA", `rm ${PKI}/etcd/ca.crt`, `${PKI}/etcd/ca.crt (${PKI}/etcd/ca.key is still on cp1)`],
  ['all of them', `rm ${FILES.join(' ')}`, '/etc/kubernetes/encryption.yaml'],
  ['the whole folder', 'rm -rf /etc/kubernetes', '/etc/kubernetes/encryption.yaml'],
])('%s: exit 3, and nothing changes', async (_, breaking, says) => {
  await on('cp1', breaking)
  await refused(operator, PLANE, says)
})

test('what can be told is: ca.crt from the copies of workers, sa.pub from its key', async () => {
  await on('cp1', `rm ${PKI}/ca.crt; : >${PKI}/sa.pub`)
  await operator.must('up', '--yes')
  expect(await keys(PLANE)).toEqual(whole)
  await operator.nothingToDo()
})

test('a backup gives back what was lost, and nothing else changes', async () => {
  await operator.must('etcd', 'recipient', 'key.pem')
  await operator.must('etcd', 'snapshot', 'backup.tar', '--recipient', join(operator.dir, 'key.pem.pub'))
  await on('cp1', `rm /etc/kubernetes/encryption.yaml ${PKI}/ca.key ${PKI}/sa.key`)
  await operator.must('certs', 'restore', 'backup.tar', '--identity', 'key.pem', '--yes')
  expect(await keys(PLANE)).toEqual(whole)
  await operator.nothingToDo()
})
