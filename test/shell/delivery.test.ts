import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sandbox, sandbox } from '../resources/sandbox.ts'

const hexOf = (text: string): string => createHash('sha256').update(text).digest('hex')
const PIN = hexOf('kubelet')

let host: Sandbox
beforeEach(() => {
  host = sandbox()
  mkdirSync(host.path('var/lib/slipway/fetch'), { recursive: true })
})
afterEach(() => host.remove())

/** The input stands for what follows a script on stdin. */
const receive = (text: string) => host.run(`printf %s '${text}' | { receive ${PIN} sha256:${PIN}; }`)

test('what arrives whole lies under its name, and is taken once', () => {
  expect(receive('kubelet').status).toBe(0)
  expect(host.run(`delivered_has ${PIN} other`).stdout).toBe(`have ${PIN}\n`)
  expect(host.run(`take_delivered sha256:${PIN} "$STATE/got"`).status).toBe(0)
  expect(host.read('var/lib/slipway/got')).toBe('kubelet')
  expect(host.run(`take_delivered sha256:${PIN} "$STATE/got"`).status).toBe(1)
})

test.each(['kubele', 'kubelet ', ''])('what arrives as %j is not there', (text) => {
  const { status, stderr } = receive(text)
  expect([status, stderr]).toEqual([1, `${PIN} did not arrive whole\n`])
  expect(host.list('var/lib/slipway/fetch')).toEqual([])
})

test('what changed on the disk since is thrown away, not installed', () => {
  host.write(`var/lib/slipway/fetch/${PIN}`, 'kubeleT')
  expect(host.run(`take_delivered sha256:${PIN} "$STATE/got"`).status).toBe(1)
  expect([host.exists('var/lib/slipway/got'), host.list('var/lib/slipway/fetch')]).toEqual([false, []])
})

test('files out of the first layer that holds them; no layer is left', () => {
  host.write('tree/usr/local/bin/kube-proxy', 'top')
  const fetch = host.path('var/lib/slipway/fetch')
  execFileSync('tar', ['-czf', `${fetch}/${PIN}.1`, '-C', host.path('tree/usr'), '.'])
  execFileSync('tar', ['-czf', `${fetch}/${PIN}.2`, '-C', host.path('tree'), '.'])
  mkdirSync(host.path('stage'))
  const script = `take_layers sha256:${PIN} '${host.path('stage')}' usr/local/bin/kube-proxy=kube-proxy`
  expect(host.run(script).status).toBe(0)
  expect(host.read('stage/kube-proxy')).toBe('top')
  expect(host.list('var/lib/slipway/fetch')).toEqual([])
  expect(host.run(script).status).toBe(1)
})

test('packages whose names are not their digests are refused', () => {
  host.write(`debs/${hexOf('deb')}.deb`, 'deb')
  const from = `tar -cf - -C '${host.path('debs')}' . | { receive_packages; }`
  expect(host.run(from).status).toBe(0)
  host.write(`debs/${hexOf('deb')}.deb`, 'DEB')
  expect(host.run(from)).toMatchObject({ status: 1, stderr: `${hexOf('deb')}.deb did not arrive whole\n` })
})

test('what apt would install is read out of its simulation', () => {
  const lines =
    'Inst libc6 [2.36-9] (2.36-9+deb12u14 Debian [amd64]) []\\nInst curl (7.88.1-10 Debian [amd64])\\nConf curl (1 Debian [amd64])\\n'
  host.write('bin/apt-get', `#!/bin/sh\nprintf '${lines}'\n`, 0o755)
  const stubs = `in_delivery() { :; }\nPATH='${host.path('bin')}':$PATH`
  const { stdout } = host.run('APT_DELIVERED=; printf x | delivered_lacks curl', stubs)
  expect(stdout).toBe('lack libc6 2.36-9+deb12u14\nlack curl 7.88.1-10\n')
})
