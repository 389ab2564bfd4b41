// Three control planes: what one has lost comes from another, and what all have lost is not drawn anew.
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { engine, container, installed, on, onAll, Operator } from './lab.ts'
import { FILES, giveBack, keep, keys, readWitness, refused, sums, writeWitness } from './lost.ts'
import { SECRET_NAMES, SECRET_PATHS } from '../../src/resources/secrets.ts'

const PLANES = ['cp1', 'cp2', 'cp3'] as const

let operator: Operator
let whole: Awaited<ReturnType<typeof keys>>
beforeAll(async () => {
  operator = new Operator('ha')
  await installed(operator)
  await writeWitness()
  whole = await keys(PLANES)
})
beforeEach(() => keep(PLANES))

const healed = async (): Promise<void> => {
  await operator.must('up', '--yes')
  expect(await keys(PLANES)).toEqual(whole)
  await operator.nothingToDo()
  await readWitness(PLANES)
}

test('one has lost all, another half a pair and an empty file: all comes from the third', async () => {
  await on('cp2', `rm ${FILES.join(' ')}`)
  await on('cp3', 'echo garbage >/etc/kubernetes/pki/sa.key; : >/etc/kubernetes/encryption.yaml')
  await healed()
})

test('each has lost another one: each comes from who has it', async () => {
  await on('cp1', 'rm /etc/kubernetes/encryption.yaml')
  await on('cp2', 'rm /etc/kubernetes/pki/ca.key')
  await on('cp3', 'rm -r /etc/kubernetes/pki/etcd')
  await healed()
})

test('public parts that all have lost follow from their keys', async () => {
  await onAll((host) => on(host, 'rm /etc/kubernetes/pki/ca.crt /etc/kubernetes/pki/sa.pub'), PLANES)
  await healed()
})

test.each([...SECRET_NAMES.map((name) => [name, [SECRET_PATHS[name].at(-1) ?? '']] as const), ['all of them', FILES] as const])(
  '%s lost on all: exit 3, and nothing changes',
  async (_, paths) => {
    await onAll((host) => on(host, `rm ${paths.join(' ')}`), PLANES)
    await refused(operator, PLANES, paths.at(-1) ?? '')
    await giveBack(PLANES)
    await readWitness(PLANES)
  },
)

test('while one that may have it does not answer: exit 4, and nothing changes', async () => {
  await onAll((host) => on(host, 'rm /etc/kubernetes/pki/ca.key'), ['cp1', 'cp2'])
  const before = await sums(['cp1', 'cp2'])
  await engine('pause', container('cp3'))
  const { exit, stderr } = await operator.up()
  await engine('unpause', container('cp3'))
  expect(exit).toBe(4)
  expect(stderr).toContain('cp3 does not answer')
  expect(await sums(['cp1', 'cp2'])).toEqual(before)
  await healed()
})
