import { expect, test } from 'vitest'
import { hostsToml } from '../../src/templates/hosts-toml.ts'

const daocloud = { url: 'https://k8s.m.daocloud.io', overridePath: false }
const aliyun = { url: 'https://registry.cn-hangzhou.aliyuncs.com/v2/google_containers', overridePath: true }

test('mirrors first, then the registry itself', () => {
  expect(hostsToml({ registry: 'registry.k8s.io', server: 'https://registry.k8s.io', hosts: [daocloud, aliyun] })).toBe(`# registry.k8s.io
server = "https://registry.k8s.io"

[host."https://k8s.m.daocloud.io"]
  capabilities = ["pull", "resolve"]
  dial_timeout = "5s"

[host."https://registry.cn-hangzhou.aliyuncs.com/v2/google_containers"]
  capabilities = ["pull", "resolve"]
  override_path = true
  dial_timeout = "5s"
`)
})

test('a mirror as the server: with its own settings, asked once', () => {
  expect(
    hostsToml({ registry: 'registry.k8s.io', server: aliyun.url, hosts: [daocloud, aliyun], dialTimeout: null }),
  ).toBe(`# registry.k8s.io
server = "https://registry.cn-hangzhou.aliyuncs.com/v2/google_containers"
capabilities = ["pull", "resolve"]
override_path = true

[host."https://k8s.m.daocloud.io"]
  capabilities = ["pull", "resolve"]
`)
  expect(
    hostsToml({
      registry: 'quay.io',
      server: 'https://quay.m.daocloud.io',
      hosts: [{ url: 'https://quay.m.daocloud.io', overridePath: false, ca: '/etc/ca.crt' }],
    }),
  ).toBe(`# quay.io
server = "https://quay.m.daocloud.io"
capabilities = ["pull", "resolve"]
ca = "/etc/ca.crt"
dial_timeout = "5s"
`)
})

test('the first mirror as the server stays first, too', () => {
  expect(
    hostsToml({ registry: 'registry.k8s.io', server: daocloud.url, hosts: [daocloud, aliyun] }).match(/k8s\.m\.daocloud\.io/g),
  ).toHaveLength(2)
})

test('odd text stays a TOML string', () => {
  expect(hostsToml({ registry: 'x', server: 'https://a"\n[host]', hosts: [] })).toBe('# x\nserver = "https://a\\"\\n[host]"\n')
})
