import { expect, test } from 'vitest'
import { explain } from '../../src/commands/explain.ts'
import type { Io, Options } from '../../src/run/types.ts'

const run = async (rest: string[], output: 'text' | 'json' = 'text', language: 'en' | 'zh' = 'en') => {
  let [out, err] = ['', '']
  const io = { out: (text: string) => (out += text), err: (text: string) => (err += text), language } as unknown as Io
  const exit = await explain.run({ rest, output } as unknown as Options, io)
  return { exit, out, err }
}

test('a key: what it takes, what it is, what a change does', async () => {
  const { exit, out } = await run(['network.pod_cidr'])
  expect(exit).toBe(0)
  expect(out).toMatch(
    /^network\.pod_cidr: text; default 10\.244\.0\.0\/16\n {2}\S.*\.\n {2}immutable: cannot be changed on a running cluster\n/,
  )
})

test('in Chinese all but the description', async () => {
  const { out } = await run(['network.pod_cidr'], 'text', 'zh')
  expect(out).toBe('network.pod_cidr：文本；默认 10.244.0.0/16\n  Range of the pods.\n  immutable：在运行中的集群上不能更改\n')
  expect((await run(['nodes.role'], 'text', 'zh')).out).toMatch(/；必填\n {2}.*\n {2}restart：.*\n {2}示例：\[/)
})

test('an empty default is seen', async () => {
  expect((await run(['etcd_backup.s3.prefix'])).out).toMatch(/^etcd_backup\.s3\.prefix: text; default ""\n/)
})

test('without a key: those at the top of the file', async () => {
  const { out } = await run([], 'json')
  const { keys } = JSON.parse(out) as { keys: { path: string }[] }
  expect(keys.map(({ path }) => path)).toEqual(expect.arrayContaining(['kubernetes_version', 'nodes', 'mirrors']))
  expect(keys.every(({ path }) => !path.includes('.'))).toBe(true)
})

test('an unknown key: exit 2, and the one that was probably meant', async () => {
  expect(await run(['kubernetes-versoin'])).toEqual({
    exit: 2,
    out: '',
    err: 'There is no key "kubernetes-versoin". Did you mean kubernetes_version?\n',
  })
  expect((await run(['zzz'], 'text', 'zh')).err).toBe('没有键 "zzz"。全部键见 cluster.example.yml。\n')
})
