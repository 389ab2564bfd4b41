import { describe, expect, test } from 'vitest'
import { disk, good, parse, said } from './support.ts'

const registries = (...entries: string[]): string => good(`private_registries:\n${entries.map((one) => `  - {${one}}\n`).join('')}`)

describe('private_registries', () => {
  test('what is right', () => {
    const text = registries(
      'url: harbor.corp:8443/mirror, user: puller, password: env:PW, ca_file: ca.pem, is_default: true',
      'url: "registry:5000", layout: flat',
      'url: docker.io, user: me, password: "cmd:pass hub"',
    )
    expect(said(text)).toBe('')
    expect(parse(text).config?.private_registries[1]).toEqual({ url: 'registry:5000', is_default: false, layout: 'flat' })
  })

  test.each([
    ['url: harbor/mirror', '5:11 private_registries[0].url: "harbor/mirror" is not the address of a registry.'],
    [
      'url: "https://me:hunter2@harbor.corp"',
      '5:11 private_registries[0].url: "https://***@harbor.corp" is not the address of a registry.',
    ],
    ['url: Harbor.corp/Mirror', 'is not the address of a registry.'],
    ['url: Harbor.corp/mirror', 'is not the address of a registry.'],
    ['url: quay.io, is_default: true', 'private_registries[0].is_default: "quay.io" is a public registry itself.'],
    ['url: a.corp, user: me', '5:5 private_registries[0]: There is a user but no password.'],
    ['url: a.corp, password: env:PW', 'There is a password but no user.'],
    ['url: a.corp, user: me, password: hunter2', 'private_registries[0].password: A password itself stands here (it is not shown).'],
    [
      'url: "http://a.corp", user: me, password: env:PW',
      'warning cluster.yml:5:11 private_registries[0].url: The password travels in the clear',
    ],
    ['url: a.corp, layout: nested', 'private_registries[0].layout: "nested" is not one of host, path, flat.'],
  ])('%s', (entry, words) => {
    expect(said(registries(entry))).toContain(words)
    expect(said(registries(entry))).not.toContain('hunter2')
  })

  test('one host, one entry; one default', () => {
    const text = said(registries('url: a.corp/x, is_default: true', 'url: a.corp/y', 'url: b.corp, is_default: true'))
    expect(text).toContain('private_registries[1].url: "a.corp/y" is on the host of private_registries[0].')
    expect(text).toContain('private_registries[2].is_default: private_registries[0] is the default already.')
  })

  test('files it names are looked at', () => {
    const text = registries('url: a.corp, ca_file: ca.pem, user: me, password: file:pw')
    expect(said(text, disk({}))).toContain('private_registries[0].ca_file: "/lab/ca.pem" does not exist.')
    expect(said(text, disk({ '/lab/ca.pem': 'no', '/lab/pw': 'x' }))).toContain('"/lab/ca.pem" holds no PEM certificate.')
    expect(said(text, disk({ '/lab/ca.pem': '-----BEGIN CERTIFICATE-----\n', '/lab/pw': '' }))).toContain('"/lab/pw" is empty.')
  })
})

describe('mirrors by their URL', () => {
  test.each([
    [
      '{files: ["https://nexus.corp/files/"], images: ["http://registry:80", "https://harbor.corp/mirror"], apt: {base: ["http://10.0.0.5"]}}',
      '',
    ],
    ['{files: ["https://me:hunter2@nexus.corp/files"]}', 'mirrors.files[0]: "https://***@nexus.corp/files" has a login'],
    ['{apt: {docker: [tuna, "http://me@nexus.corp"]}}', 'mirrors.apt.docker[1]: "http://***@nexus.corp" has a login'],
    ['{apt: {kubernetes: ["http://nexus.corp/?a=b"]}}', 'has a login, a query or a fragment'],
    ['{images: ["http://registry/"]}', 'mirrors.images[0]: No image can be named by "http://registry/".'],
    ['{images: ["https://Harbor.corp/mirror"]}', 'No image can be named by "https://Harbor.corp/mirror".'],
  ])('%s', (value, words) => {
    const text = said(good(`mirrors: ${value}\n`))
    if (words === '') expect(text).toBe('')
    else expect(text).toContain(words)
    expect(text).not.toContain('hunter2')
  })
})

describe('proxy', () => {
  test.each([
    ['{https: "http://proxy.corp:3128", no_proxy: [.corp, 10.0.0.0/8], scope: [hosts, operator]}', ''],
    ['{no_proxy: [.corp]}', 'proxy: It names neither http nor https.'],
    ['{https: "http://me:pw@proxy:3128"}', 'proxy.https: "http://***@proxy:3128" is not the address of an HTTP proxy.'],
    ['{https: "socks5://proxy:3128"}', 'proxy.https: "socks5://proxy:3128" is not the address of an HTTP proxy.'],
    ['{https: "http://p:1", no_proxy: ["a,b"]}', 'proxy.no_proxy[0]: "a,b" is not one name.'],
    ['{https: "http://p:1", scope: [kubelet]}', '"kubelet" is not one of hosts, containerd, operator.'],
  ])('%s', (value, words) => expect(said(good(`proxy: ${value}\n`))).toContain(words))
})
