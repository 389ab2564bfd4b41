import { mkdirSync, symlinkSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PROBE } from '../../src/shell/texts.ts'
import { type Sandbox, sandbox } from '../resources/sandbox.ts'

let host: Sandbox
beforeEach(() => {
  host = sandbox()
})
afterEach(() => host.remove())

/** What the probe says of the paths of a host whose root is the sandbox. */
const files = (): string[] => {
  const [start, end] = [PROBE.indexOf('b64() {'), PROBE.indexOf('\nmain() {')]
  const { status, stdout, stderr } = host.run(`${PROBE.slice(start, end)}\nset +eu\nfiles`)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout.trimEnd().split('\n')
}

test('a directory that is a link to one elsewhere is that directory, with what is in it', () => {
  for (const path of ['etcd/member', 'net.d']) mkdirSync(host.path(`disk/${path}`), { recursive: true, mode: 0o700 })
  host.write('disk/net.d/10-x.conflist', '{}', 0o644)
  mkdirSync(host.path('etc/cni'))
  symlinkSync(host.path('disk/etcd'), host.path('var/lib/etcd'))
  symlinkSync(host.path('disk/net.d'), host.path('etc/cni/net.d'))
  const seen = files()
  expect(seen).toContainEqual(expect.stringMatching(/^directory\t700\t\S+\t\/var\/lib\/etcd$/))
  expect(seen).toContainEqual(expect.stringMatching(/^directory\t700\t\S+\t\/etc\/cni\/net\.d$/))
  expect(seen).toContainEqual(expect.stringMatching(/^file\t644\t\S+\t\/etc\/cni\/net\.d\/10-x\.conflist\t/))
  expect(seen).toContain('etcd-data\tyes')
})

describe('the size of the connection table, before its module is loaded', () => {
  const start = PROBE.indexOf('writable_conntrack() {')
  const asked = PROBE.slice(start, PROBE.indexOf('\n}\n', start) + 3).replace('/proc/sys/', '/nowhere/')

  test.each([
    ['a machine', 'false', 'yes'],
    ['a container', 'true', 'no'],
  ])('%s', (_, container, answer) => {
    const { stdout } = host.run(`${asked.replace('systemd-detect-virt --quiet --container', container)}\nwritable_conntrack`)
    expect(stdout.trim()).toBe(answer)
  })
})
