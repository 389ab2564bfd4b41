import { expect, test } from 'vitest'
import { deb822 } from '../../src/templates/deb822.ts'

const kubernetes = {
  uris: ['https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.36/deb/'],
  suites: ['/'],
  components: [],
  signedBy: '/etc/apt/keyrings/kubernetes-apt-keyring.asc',
}
const debian = {
  uris: ['https://mirrors.aliyun.com/debian'],
  suites: ['trixie', 'trixie-updates'],
  components: ['main', 'contrib', 'non-free', 'non-free-firmware'],
  signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
}

test('the sources apt was seen to accept', () => {
  expect(deb822([kubernetes])).toBe(`Types: deb
URIs: https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.36/deb/
Suites: /
Signed-By: /etc/apt/keyrings/kubernetes-apt-keyring.asc
`)
  const security = {
    ...debian,
    uris: ['http://security.debian.org/debian-security'],
    suites: ['trixie-security'],
    architectures: ['amd64'],
    types: ['deb', 'deb-src'],
  }
  expect(deb822([debian, security])).toBe(`Types: deb
URIs: https://mirrors.aliyun.com/debian
Suites: trixie trixie-updates
Components: main contrib non-free non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb deb-src
URIs: http://security.debian.org/debian-security
Suites: trixie-security
Components: main contrib non-free non-free-firmware
Architectures: amd64
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`)
  expect(deb822([])).toBe('')
})

test('what apt would read as something else is refused', () => {
  expect(() => deb822([{ ...debian, uris: ['https://x\nTrusted: yes'] }])).toThrow('URIs')
  expect(() => deb822([{ ...debian, uris: [] }])).toThrow('URIs')
  expect(() => deb822([{ ...debian, suites: ['a b'] }])).toThrow('Suites')
  expect(() => deb822([{ ...debian, components: [] }])).toThrow('flat')
  expect(() => deb822([{ ...kubernetes, components: ['main'] }])).toThrow('flat')
})
