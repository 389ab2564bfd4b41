import { afterEach, beforeEach, expect, test } from 'vitest'
import { noteText } from '../../src/ui/notes.ts'
import { type Sandbox, sandbox } from '../resources/sandbox.ts'

let host: Sandbox
beforeEach(() => {
  host = sandbox()
})
afterEach(() => host.remove())

test('who holds dpkg is said once, and waited for', () => {
  const tries = host.path('tries')
  const holder = `sleep() { :; }\ndpkg_holder() { echo x >>${tries}; [ "$(grep -c . ${tries})" -gt 3 ] || echo unattended-upgr 123; }`
  const { status, stdout } = host.run('await_dpkg', holder)
  expect({ status, stdout }).toEqual({ status: 0, stdout: '::slipway note dpkg-held unattended-upgr 123\n' })
  expect(noteText('dpkg-held unattended-upgr 123', 'en')).toBe(
    'dpkg is held by unattended-upgr (process 123); waiting for it, for up to 10 min',
  )
})

test('nobody holds it: nothing is said', () => {
  expect(host.run('await_dpkg')).toMatchObject({ status: 0, stdout: '' })
})

test("a dead source of the host's own stops nothing", () => {
  const { status, stdout } = host.run('apt_refresh', 'apt() { echo "E: no longer has a Release file" >&2; return 100; }')
  expect({ status, stdout }).toEqual({ status: 0, stdout: '::slipway note apt-incomplete\n' })
  expect(noteText('apt-incomplete', 'zh')).toContain('没有响应')
})
