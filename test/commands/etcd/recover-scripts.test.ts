import { spawnSync } from 'node:child_process'
import { renameSync, utimesSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CONTROLLERS, giveUp, restart, survive } from '../../../src/commands/etcd/recover-scripts.ts'
import { ownPart } from '../../shell/script.ts'
import { type Sandbox, sandbox } from '../../resources/sandbox.ts'

let host: Sandbox
beforeEach(() => {
  host = sandbox()
  host.write('var/lib/etcd/member/db', 'the first data')
})
afterEach(() => host.remove())

const [HEAD, TAIL] = ['main() {\nenter\n', '}\nmain; exit\n']

/** systemctl as far as it is asked; with the flag, etcd writes to its data. A unit that `fails` is never ready. */
const stubs = (fails: string): string => `
watchdog=
systemctl() {
	printf '%s\\n' "$*" >>${host.path('asked')}
	if [ "$*" = 'restart --no-block etcd.service' ] && [ -f "$RUN/recover.env" ]; then printf 'recovered' >${host.path('var/lib/etcd/member/db')}; fi
}
await_unit() { printf 'await %s\\n' "$1" >>${host.path('asked')}; [ "$1" != '${fails}' ] || exit 1; }
`
const bodyOf = (script: string): string => ownPart(script).slice(HEAD.length, -TAIL.length)
const run = (script: string, fails = '') => host.run(bodyOf(script), stubs(fails))
const asked = (): string[] => host.read('asked').trimEnd().split('\n')

/** The data that are kept, by the names they are kept under. */
const kept = (): Record<string, string> =>
  Object.fromEntries(
    host
      .list('var/lib/etcd')
      .filter((name) => /^before-.*\/db$/.test(name))
      .map((name) => [name.split('/')[0] ?? '', host.read(`var/lib/etcd/${name}`)]),
  )

const MONDAY = Date.UTC(2026, 10, 23, 12)

describe('a member that is given up', () => {
  test('keeps its data, also the second time in the same boot', () => {
    expect(run(giveUp(MONDAY)).status).toBe(0)
    host.write('var/lib/etcd/member/db', 'what it learned since')
    expect(run(giveUp(MONDAY + 60_000)).status).toBe(0)
    expect(kept()).toEqual({
      'before-recover-20261123T120000Z': 'the first data',
      'before-recover-20261123T120100Z': 'what it learned since',
    })
    expect(host.exists('var/lib/etcd/member')).toBe(false)
  })

  test('has nothing more to keep when the recovery is tried again', () => {
    run(giveUp(MONDAY))
    expect(run(giveUp(MONDAY + 60_000)).status).toBe(0)
    expect(kept()).toEqual({ 'before-recover-20261123T120000Z': 'the first data' })
  })
})

describe('a member that does not stop', () => {
  test('keeps its data where they are, and the recovery ends there', () => {
    host.write('etc/systemd/system/etcd.service', '')
    expect(host.run(bodyOf(giveUp(MONDAY)), `${stubs('')}\nsystemctl() { return 1; }`).status).not.toBe(0)
    expect(host.exists('var/lib/etcd/member/db')).toBe(true)
  })
})

describe('the survivor', () => {
  test('goes on with its data, and keeps them as they were', () => {
    expect(run(survive()).status).toBe(0)
    expect(host.read('var/lib/etcd/member/db')).toBe('recovered')
    expect(Object.entries(kept())).toEqual([[expect.stringMatching(/^before-recover-\d{8}T\d{6}Z$/), 'the first data']])
  })

  test('keeps what a second recovery in the same boot finds', () => {
    run(survive())
    const [first = ''] = Object.keys(kept())
    // As if it were of an earlier second: names are of one.
    renameSync(host.path(`var/lib/etcd/${first}`), host.path('var/lib/etcd/before-recover-20261123T120000Z'))
    host.write('var/lib/etcd/member/db', 'what it learned since')
    expect(run(survive()).status).toBe(0)
    expect(Object.values(kept())).toEqual(['the first data', 'what it learned since'])
  })

  test('that was cut off goes on, and what it left half recovered is not kept in the place of its data', () => {
    expect(run(survive(), 'etcd').status).toBe(1)
    expect(host.read('var/lib/etcd/member/db')).toBe('recovered')
    expect(host.exists('run/systemd/system/etcd.service.d')).toBe(false)
    expect(run(survive()).status).toBe(0)
    expect(Object.values(kept())).toEqual(['the first data'])
    expect(host.exists('var/lib/etcd/before-recover')).toBe(false)
  })

  test('that was cut off while it reads the time keeps no copy under half a name', () => {
    expect(host.run(bodyOf(survive()), `${stubs('')}\ndate() { return 143; }`).status).toBe(143)
    expect(kept()).toEqual({ 'before-recover': 'the first data' })
    expect(run(survive()).status).toBe(0)
    expect(Object.entries(kept())).toEqual([[expect.stringMatching(/^before-recover-\d{8}T\d{6}Z$/), 'the first data']])
  })

  test('whose last recovery was cut off long ago keeps the data of both', () => {
    run(survive(), 'etcd')
    host.write('var/lib/etcd/member/db', 'what it learned since')
    const weekBefore = MONDAY / 1000 - 7 * 86_400
    utimesSync(host.path('var/lib/etcd/before-recover'), weekBefore, weekBefore)
    expect(run(survive()).status).toBe(0)
    expect(kept()).toMatchObject({ 'before-recover-20261116T120000Z': 'the first data' })
    expect(Object.values(kept())).toEqual(['the first data', 'what it learned since'])
  })
})

describe('a control plane that goes on', () => {
  const file = (name: string): void => host.write(`etc/systemd/system/${name}.service`, '')
  const restarts = (): string[] => asked().filter((line) => /^(restart|await)/.test(line))

  test('is done when its API server serves', () => {
    file('kube-apiserver')
    expect(run(restart(['kube-apiserver'])).status).toBe(0)
    expect(restarts()).toEqual(['restart --no-block kube-apiserver.service', 'await kube-apiserver'])
    expect(run(restart(['kube-apiserver']), 'kube-apiserver').status).toBe(1)
  })

  test('starts the units that it has, and no other', () => {
    file('kube-scheduler')
    expect(run(restart(CONTROLLERS)).status).toBe(0)
    expect(restarts()).toEqual(['restart --no-block kube-scheduler.service'])
  })
})

test('shellcheck has nothing to say about the scripts', () => {
  const scripts = [giveUp(MONDAY), survive(), restart(['kube-apiserver']), restart(CONTROLLERS)]
  // Without the prelude, which would take most of the time.
  const input = scripts.map((script, index) => `main${index}() {\n${bodyOf(script)}}\nmain${index}\n`).join('')
  const { stdout } = spawnSync('shellcheck', ['-s', 'sh', '-f', 'gcc', '-e', 'SC2317,SC2329,SC2154', '-'], { input, encoding: 'utf8' })
  expect(stdout).toBe('')
})
