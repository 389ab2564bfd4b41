import { lstat, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { kubeconfig, merge } from '../../src/commands/kubeconfig.ts'
import { fakeIo, options, silentCluster } from './support.ts'

const run = async (output: 'text' | 'json', language: 'en' | 'zh') => {
  const { io, printed } = fakeIo(language)
  const exit = await kubeconfig.run(options({ files: [silentCluster()], output }), io)
  return { exit, ...printed }
}

test.each([
  ['en', 'No control plane answers. Bring one back, then run slipway kubeconfig again.\n'],
  ['zh', '没有控制平面响应。请先恢复其中一台，再运行 slipway kubeconfig。\n'],
] as const)('of control planes that did not answer nothing is concluded (%s)', async (language, text) => {
  const { exit, out, err } = await run('text', language)
  expect({ exit, out }).toEqual({ exit: 4, out: '' })
  expect(err).toContain('ECONNREFUSED')
  expect(err.endsWith(`\n${text}`), err).toBe(true)
})

test('-o json says on stdout which hosts did not answer', async () => {
  const { exit, out } = await run('json', 'en')
  expect(exit).toBe(4)
  expect(JSON.parse(out)).toMatchObject({ problems: [{ at: 'root@127.0.0.1:1', exit: 4 }] })
})

const config = (name: string) =>
  `apiVersion: v1\nkind: Config\nclusters: [{name: ${name}, cluster: {server: "https://${name}:6443"}}]\nusers: [{name: ${name}, user: {}}]\ncontexts: [{name: ${name}, context: {cluster: ${name}, user: ${name}}}]\ncurrent-context: ${name}\n`

const merging = async (path: string) => {
  const { io, printed } = fakeIo()
  return { exit: await merge(config('lab'), { ...io, env: { KUBECONFIG: path } }), printed }
}

test('a link stays one: what it points to is merged into, and kept beside it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-kubeconfig-'))
  await writeFile(join(dir, 'dotfile'), config('production'))
  await symlink(join(dir, 'dotfile'), join(dir, 'config'))
  expect((await merging(join(dir, 'config'))).exit).toBe(0)
  expect((await lstat(join(dir, 'config'))).isSymbolicLink()).toBe(true)
  expect(await readFile(join(dir, 'dotfile'), 'utf8')).toMatch(/production[\s\S]*lab/)
  expect(await readFile(join(dir, 'dotfile.slipway-backup'), 'utf8')).toBe(config('production'))
})

test('what is there and cannot be read is left as it is', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-kubeconfig-'))
  await mkdir(join(dir, 'config'))
  const { exit, printed } = await merging(join(dir, 'config'))
  expect(exit).toBe(2)
  expect(printed.err).toContain(`${join(dir, 'config')} cannot be merged into: EISDIR`)
  expect((await lstat(join(dir, 'config'))).isDirectory()).toBe(true)
})
