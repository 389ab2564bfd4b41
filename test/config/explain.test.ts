import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { explain, rows } from '../../src/config/explain.ts'
import { jsonSchema } from '../../src/config/json-schema.ts'

describe('rows', () => {
  test('every key has a description, and an example or a default', () => {
    for (const row of rows()) {
      expect(row.description, row.path).not.toBe('')
      expect(row.description, row.path).not.toMatch(/[.\n]$/)
      if (!row.type.en.startsWith('a map') && row.type.en !== 'a list of maps') expect(row.example ?? row.default, row.path).toBeDefined()
    }
  })
  test.each([
    ['network.node_mask', 'a whole number from 16 to 30', 24, 'immutable', false],
    ['nodes[0].role', 'a list of control-plane, etcd or worker', undefined, 'restart', true],
    ['ssh.agent', 'true or false', true, 'operator', false],
    ['kubernetes_version', 'text', undefined, 'drain', true],
    ['nodes.internal_address', 'an IPv4 address', undefined, 'restart', false],
    ['pod_cidr', 'text', '10.244.0.0/16', 'immutable', false],
  ])('%s', (key, type, value, applied, required) => {
    const [row] = explain(key)
    expect(row).toMatchObject({ type: { en: type }, applied, required })
    expect(row?.default).toEqual(value)
  })
  test.each([
    ['network.node_mask', '16 到 30 的整数'],
    ['nodes.role', 'control-plane、etcd 或 worker 的列表'],
    ['mirrors.files', 'upstream、aliyun、aliyun-vpc、tuna、ustc、tencent、daocloud、kubekey 或 github 或 URL 的列表'],
    ['services.etcd.extra_args', '映射，值为文本、文本的列表或 null'],
  ])('%s in Chinese', (key, zh) => expect(explain(key)[0]?.type.zh).toBe(zh))
  test('what cannot be changed names the way that there is: the CAs alone have one', () => {
    const open = rows().filter(({ meaning }) => meaning.en.includes('slipway certs rotate'))
    expect(open.map(({ path }) => path)).toEqual(
      ['ca', 'etcd_ca', 'front_proxy_ca'].flatMap((ca) => ['', '.certificate', '.key'].map((part) => `certificates.${ca}${part}`)),
    )
    expect(open.every(({ meaning }) => meaning.zh.endsWith('（up 不接受；请用 slipway certs rotate）'))).toBe(true)
  })
  test('a map shows what is under it', () => {
    expect(explain('bastion_host').map(({ path }) => path)).toEqual([
      'bastion_host',
      'bastion_host.address',
      'bastion_host.port',
      'bastion_host.user',
      'bastion_host.ssh_key_path',
    ])
  })
  test('an unknown key shows nothing', () => expect(explain('nope')).toEqual([]))
})

test('the JSON Schema takes mirrors as a word or a map', () => {
  const { properties } = jsonSchema() as { properties: Record<string, { anyOf?: { type: string }[] }> }
  expect(properties.mirrors?.anyOf?.map(({ type }) => type)).toEqual(['string', 'object'])
})

test('cluster.example.yml and docs/cluster.schema.json fit the schema (else: node scripts/generate.ts)', () => {
  const root = join(import.meta.dirname, '../..')
  expect(() => execFileSync(process.execPath, ['scripts/generate.ts', '--check'], { cwd: root, stdio: 'pipe' })).not.toThrow()
})
