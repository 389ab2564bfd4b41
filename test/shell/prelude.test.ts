import { lstatSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '../../src/digest.ts'
import { kindOf } from '../../src/resources/index.ts'
import type { Difference, Resource, UnitResource } from '../../src/resources/types.ts'
import { unit } from '../../src/resources/unit.ts'
import { onHost } from '../../src/shell/script.ts'
import { type Sandbox, sandbox } from '../resources/sandbox.ts'

const made: Difference = { verb: 'create', reason: { en: '', zh: '' } }
const scriptOf = (want: Resource, difference = made): string => kindOf(want).script(want, difference, {})

let host: Sandbox
beforeEach(() => {
  host = sandbox()
})
afterEach(() => host.remove())

/** In a stub: how often it was asked before, as $n. */
const counting = (name: string): string => `n=$(cat ${host.path(name)} 2>/dev/null || echo 0); echo $((n + 1)) >${host.path(name)}`

describe('a file', () => {
  const want = { kind: 'file', path: '/etc/a/b/c.conf', text: 'one\ntwo\n', mode: '0640' } as const

  test.each(['/bin/sh', '/bin/dash', '/bin/bash'])('arrives whole, with its mode and its folders (%s)', (shell) => {
    expect(host.run(scriptOf(want), '', shell)).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(host.read('etc/a/b/c.conf')).toBe('one\ntwo\n')
    expect(host.mode('etc/a/b/c.conf')).toBe('0640')
    expect([host.mode('etc/a'), host.mode('etc/a/b')]).toEqual(['0755', '0755'])
  })

  test('nothing else stays behind', () => {
    host.run(scriptOf(want))
    expect(host.list('etc/a')).toEqual(['b', 'b/c.conf'])
  })

  test('is written twice like once', () => {
    host.run(scriptOf(want))
    const before = host.inventory()
    expect(host.run(scriptOf(want)).status).toBe(0)
    expect(host.inventory()).toEqual(before)
    expect(host.read('etc/a/b/c.conf')).toBe(want.text)
  })

  test('what was there before is kept, once and as it was', () => {
    host.write('etc/a/b/c.conf', 'the distribution\n', 0o600)
    host.run(scriptOf(want))
    host.run(scriptOf({ ...want, text: 'three\n' }))
    expect(host.read('var/lib/slipway/backup/etc/a/b/c.conf'.replace('backup/etc', `backup${host.root}/etc`))).toBe('the distribution\n')
    expect(host.mode(`var/lib/slipway/backup${host.root}/etc/a/b/c.conf`)).toBe('0600')
    expect(host.read('etc/a/b/c.conf')).toBe('three\n')
  })

  test('what Slipway wrote itself is not kept', () => {
    host.run(scriptOf(want))
    host.run(scriptOf({ ...want, text: 'three\n' }))
    expect(host.exists(`var/lib/slipway/backup${host.root}/etc/a/b/c.conf`)).toBe(false)
  })

  test('a link in its place is replaced, not followed', () => {
    host.write('etc/elsewhere', 'untouched\n')
    host.write('etc/a/b/x', '')
    symlinkSync(host.path('etc/elsewhere'), host.path('etc/a/b/c.conf'))
    host.run(scriptOf(want))
    expect(lstatSync(host.path('etc/a/b/c.conf')).isFile()).toBe(true)
    expect(host.read('etc/elsewhere')).toBe('untouched\n')
  })

  test('what a cut-off run left under the temporary name is in nobody’s way', () => {
    host.write('etc/a/b/.c.conf.slipway', 'half', 0o777)
    host.run(scriptOf(want))
    expect(host.list('etc/a/b')).toEqual(['c.conf'])
    expect(host.mode('etc/a/b/c.conf')).toBe('0640')
  })

  test('a full disk leaves the old file', () => {
    host.run(scriptOf(want))
    const full = host.run(scriptOf({ ...want, text: 'new\n' }), 'cat() { echo "No space left on device" >&2; return 1; }')
    expect(full.status).not.toBe(0)
    expect(host.read('etc/a/b/c.conf')).toBe(want.text)
  })

  test('any text arrives byte for byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (raw) => {
        const text = `${raw.replaceAll('\0', '')}\n`
        fc.pre(!/\/(etc|var\/lib|run|opt|usr\/sbin)\//.test(text) && !/root|etcd/.test(text) && text.isWellFormed())
        expect(host.run(scriptOf({ ...want, text })).status).toBe(0)
        expect(sha256(host.read('etc/a/b/c.conf'))).toBe(sha256(text))
      }),
      { numRuns: 30 },
    )
  })

  test('a secret is never readable for others, not even for a moment', () => {
    const seen = host.run(
      scriptOf({ ...want, mode: '0600', secret: true }),
      'chmod() { command stat -c "%a" "$2"; command chmod "$@"; }\ncat() { command stat -c "%a" "$new"; command cat; }',
    )
    expect(
      new Set(
        seen.stdout
          .trim()
          .split('\n')
          .filter((mode) => /^\d+$/.test(mode) && mode !== '755'),
      ),
    ).toEqual(new Set(['600']))
  })
})

describe('a link', () => {
  const want = { kind: 'link', path: '/opt/bin/tool', target: '/opt/slipway/tool/2/tool' } as const
  const target = (): string => readlinkSync(host.path('opt/bin/tool')).replace(host.root, '')

  test('is made, moved at once, and made again without harm', () => {
    expect(host.run(scriptOf(want)).status).toBe(0)
    expect(host.run(scriptOf({ ...want, target: '/opt/slipway/tool/3/tool' })).status).toBe(0)
    expect(host.run(scriptOf({ ...want, target: '/opt/slipway/tool/3/tool' })).status).toBe(0)
    expect(target()).toBe('/opt/slipway/tool/3/tool')
    expect(host.list('opt/bin')).toEqual(['tool'])
  })

  test('replaces a link to a folder instead of going into it', () => {
    host.write('opt/folder/x', '')
    host.write('opt/bin/y', '')
    symlinkSync(host.path('opt/folder'), host.path('opt/bin/tool'))
    host.run(scriptOf(want))
    expect(target()).toBe(want.target)
    expect(host.list('opt/folder')).toEqual(['x'])
  })

  test('keeps the file that was there', () => {
    host.write('opt/bin/tool', 'theirs\n')
    host.run(scriptOf(want))
    expect(host.read(`var/lib/slipway/backup${host.root}/opt/bin/tool`)).toBe('theirs\n')
  })
})

describe('a directory', () => {
  const want = { kind: 'directory', path: '/var/lib/thing', mode: '0700' } as const

  test('has its mode, whether it was there or not', () => {
    expect(host.run(scriptOf(want)).status).toBe(0)
    expect(host.mode('var/lib/thing')).toBe('0700')
    host.run('chmod 0755 /var/lib/thing')
    host.run(scriptOf(want))
    expect(host.mode('var/lib/thing')).toBe('0700')
  })

  test('that was there before is not remembered as ours', () => {
    host.write('var/lib/thing/data', 'precious\n')
    host.run(scriptOf(want))
    expect(host.inventory().filter((line) => line.startsWith('directory '))).toEqual([])
    expect(host.read('var/lib/thing/data')).toBe('precious\n')
  })

  test('that is a link to one elsewhere: the mode of that one is remembered and changed', () => {
    host.write('var/lib/disk/x', '')
    host.run('chmod 0750 /var/lib/disk')
    symlinkSync(host.path('var/lib/disk'), host.path('var/lib/thing'))
    for (const _ of [1, 2]) expect(host.run(scriptOf(want)).status).toBe(0)
    expect(lstatSync(host.path('var/lib/thing')).isSymbolicLink()).toBe(true)
    expect(host.mode('var/lib/disk')).toBe('0700')
    expect(host.inventory()).toEqual([expect.stringMatching(/^mode 750 \S+ \/var\/lib\/thing$/)])
  })
})

describe('something absent', () => {
  test('is gone, kept, and gone again without an error', () => {
    host.write('etc/apt/sources.list', 'deb x\n')
    const want = { kind: 'absent', path: '/etc/apt/sources.list', reason: { en: '', zh: '' } } as const
    expect([host.run(scriptOf(want)).status, host.run(scriptOf(want)).status]).toEqual([0, 0])
    expect(host.exists('etc/apt/sources.list')).toBe(false)
    expect(host.read(`var/lib/slipway/backup${host.root}/etc/apt/sources.list`)).toBe('deb x\n')
  })
})

describe('swap', () => {
  test('only active swap lines are commented out, once', () => {
    const rest = '# /etc/fstab\nUUID=1 / ext4 defaults 0 1\n/swap/data /swapped xfs defaults 0 0\n#/dev/x none swap sw 0 0\n'
    host.write('etc/fstab', `${rest}/dev/sda2 none swap sw 0 0\n/swapfile\tswap\tswap\tdefaults\t0\t0\n`)
    for (const _ of [1, 2]) expect(host.run(scriptOf({ kind: 'swap-off' }), 'swapoff() { :; }').status).toBe(0)
    expect(host.read('etc/fstab')).toBe(`${rest}# slipway: /dev/sda2 none swap sw 0 0\n# slipway: /swapfile\tswap\tswap\tdefaults\t0\t0\n`)
  })
})

describe('a host name', () => {
  test('is in /etc/hostname, in /etc/hosts once, and cloud-init leaves it', () => {
    host.write('etc/hostname', 'chen-PC\n')
    host.write('etc/hosts', '127.0.0.1\tlocalhost\n127.0.1.1\tchen-PC\n')
    host.write('etc/cloud/cloud.cfg.d/x', '')
    const want = { kind: 'hostname', name: 'w2' } as const
    for (const _ of [1, 2]) expect(host.run(scriptOf(want), 'hostname() { :; }').status).toBe(0)
    expect(host.read('etc/hostname')).toBe('w2\n')
    expect(host.read('etc/hosts')).toBe('127.0.0.1\tlocalhost\n127.0.1.1 w2\n')
    expect(host.read('etc/cloud/cloud.cfg.d/90-slipway.cfg')).toBe('preserve_hostname: true\n')
  })
})

describe('a file of the system', () => {
  // A name may reach a disk before what it names (XFS): without /etc/fstab a host may not come up.
  test.each<[string, Resource]>([
    ['fstab', { kind: 'swap-off' }],
    ['hosts', { kind: 'hostname', name: 'w2' }],
  ])('/etc/%s lies on the disk before it takes the place of the old one', (name, want) => {
    host.write(`etc/${name}`, 'old\n')
    const stubs = 'swapoff() { :; }\nhostname() { :; }\nsync() { echo "sync $1"; }\nmv() { echo "mv $2"; command mv "$@"; }'
    const said = host.run(scriptOf(want), stubs).stdout.split('\n')
    const moved = said.indexOf(`mv /etc/.${name}.slipway`)
    expect(said.slice(0, moved)).toContain(`sync /etc/.${name}.slipway`)
    expect(moved).toBeGreaterThan(0)
  })
})

describe('a stamp', () => {
  test('names the digest and every file with its size, time and digest', () => {
    host.write('opt/slipway/x/1/a', 'aa')
    host.write('opt/slipway/x/1/b', 'bbb')
    host.run("stamp 'x-1-x' sha256:00 '/opt/slipway/x/1/a' '/opt/slipway/x/1/b'")
    const [digest, a, b] = host.read('var/lib/slipway/stamps/x-1-x').split('\n')
    expect(digest).toBe('sha256:00')
    expect(a).toMatch(/\/opt\/slipway\/x\/1\/a\t2\t\d+\t[0-9a-f]{64}$/)
    expect(b).toMatch(/\/opt\/slipway\/x\/1\/b\t3\t\d+\t[0-9a-f]{64}$/)
  })
})

describe('the inventory', () => {
  test('lies on the disk before what it names does', () => {
    const { stdout } = host.run(
      "parent /etc/a\nprintf 'x\\n' | put /etc/a/b 0644 root:root",
      'sync() { echo "sync $*"; }\nmkdir() { echo "mkdir $*"; command mkdir "$@"; }\nmv() { echo "mv $3"; command mv "$@"; }',
    )
    expect(stdout.trim().split('\n')).toEqual([
      'sync /var/lib/slipway/inventory /var/lib/slipway/',
      'mkdir /etc/a',
      'sync /var/lib/slipway/inventory /var/lib/slipway/',
      'sync /etc/a/.b.slipway',
      'mv /etc/a/b',
      'sync /etc/a/',
    ])
  })

  test('is asked for a path, a key or a name as it is, not for what it matches', () => {
    host.run(
      'mkdir -p /opt/axb /opt/a.b && chmod 0750 /opt/axb /opt/a.b && directory /opt/axb 0700 root:root && directory /opt/a.b 0700 root:root',
    )
    expect(host.inventory().filter((line) => line.startsWith('mode ')).length).toBe(2)
    host.run(
      'remember sysctl axb=1\nkeep_sysctls a.b\nremember service "axb enabled active"\nkeep_service a.b',
      'sysctl() { echo 2; }\nsystemctl() { echo x; }',
    )
    expect(host.inventory()).toEqual(expect.arrayContaining(['sysctl a.b=2', 'service a.b x x']))
  })
})

describe('packages that a dpkg which was cut off left half done', () => {
  test('are finished before packages change, with nothing started, and by no other script', () => {
    const stubs = [
      `dpkg() { [ "$1" != --audit ] || { echo broken; return; }; echo "dpkg $* $([ -e "$POLICY" ] && echo denied)" >>${host.path('asked')}; }`,
      'undisturbed() { shift; "$@"; }\napt_refresh() { :; }\napt_fetch() { :; }\ntimeout() { shift; "$@"; }',
      `apt() { echo apt >>${host.path('asked')}; }`,
    ].join('\n')
    expect(onHost('put /etc/x 0644 root:root\n')).not.toContain('dpkg')
    expect(host.run('packages chrony', stubs)).toMatchObject({ status: 0 })
    expect(host.read('asked')).toBe('dpkg --configure -a --force-confold denied\napt\n')
  })
})

test('what the watchdog ends in the middle of a link or a file leaves nothing under half a name', () => {
  // A program that is ended prints nothing; the command that was to have its words still runs.
  const ended = 'dirname() { return 143; }\nbasename() { return 143; }'
  const both =
    scriptOf({ kind: 'link', path: '/opt/bin/thing', target: '/opt/thing/1' }) +
    scriptOf({ kind: 'file', path: '/etc/a/b.conf', text: 'x\n' })
  expect(host.run(both, ended)).toMatchObject({ status: 0 })
  expect(host.list('opt/bin')).toEqual(['thing'])
  expect(host.list('etc/a')).toEqual(['b.conf'])
  expect(host.inventory()).toEqual(
    expect.arrayContaining(['directory /opt/bin', 'file /opt/bin/thing', 'directory /etc/a', 'file /etc/a/b.conf']),
  )
})

describe('a unit', () => {
  const want: UnitResource = {
    kind: 'unit',
    name: 'thing',
    text: '[Service]\nExecStart=/bin/new\n',
    inputs: ['/etc/thing.conf'],
    ready: '[ -e /run/slipway/works ]',
    within: 2,
  }
  /** systemctl and journalctl of a host: what they were asked is kept; `restarts` counts up when the unit crashes. */
  const systemd = (state: string, restarts = '0', active = 1, substate = 'echo auto-restart', job = ':'): string =>
    [
      'timeout() { shift; "$@"; }',
      `systemctl() {`,
      `\techo "systemctl $*" >>${host.path('calls')}`,
      `\tcase "$*" in`,
      `\t*NRestarts*) ${restarts} ;;`,
      `\t*SubState*) ${substate} ;;`,
      `\t*-p\\ Job*) ${job} ;;`,
      `\t*ActiveState*) echo ${state} ;;`,
      `\tis-active*) return ${active} ;;`,
      `\tesac`,
      `}`,
      `journalctl() {`,
      `\techo "journalctl $*" >>${host.path('calls')}`,
      `\tcase "$*" in *-n*) echo "the last words" ;; esac`,
      `}`,
    ].join('\n')
  const calls = (): string[] => host.read('calls').trimEnd().split('\n')

  beforeEach(() => host.write('etc/thing.conf', 'a=1\n'))

  test('starts with the digest of its file and of what it reads', () => {
    host.write('run/slipway/works', '')
    expect(host.run(scriptOf(want), systemd('active', 'echo 0'))).toMatchObject({ status: 0 })
    const sums = [
      [host.path('etc/systemd/system/thing.service'), want.text],
      [host.path('etc/thing.conf'), 'a=1\n'],
    ].map(([path, text]) => `${sha256(text ?? '')}  ${path}\n`)
    expect(host.read('etc/slipway/units/thing.env')).toBe(`SLIPWAY_INPUTS=${sha256(sums.join(''))}\n`)
    expect(host.mode('etc/systemd/system/thing.service')).toBe('0600')
    expect(calls().filter((call) => call.includes('restart --no-block')).length).toBe(1)
    expect(calls()).toContain('systemctl enable --quiet thing.service')
  })

  test('that crashes again and again fails with its last words, before its time is over', () => {
    const failed = host.run(scriptOf({ ...want, within: 60 }), systemd('activating', `${counting('n')}; echo "$n"`))
    expect(failed.status).toBe(1)
    expect(failed.stderr).toContain('it crashed again and again')
    expect(failed.stderr).toContain('the last words')
  })

  test('that ended twice has failed, without a third start; between its first two it has not', () => {
    const once = host.run(scriptOf(want), systemd('activating', 'echo 0'))
    expect(once.stderr).toContain('it was not ready within 2 s')
    const twice = host.run(scriptOf({ ...want, within: 60 }), systemd('activating', `${counting('n')}; [ "$n" = 0 ] && echo 0 || echo 1`))
    expect(twice.stderr).toContain('it crashed again and again')
  })

  test('that is being started for the third time is heard to the end, and the journal with it', () => {
    const third = `${counting('m')}; [ "$n" -lt 3 ] && echo running || echo auto-restart`
    const failed = host.run(
      scriptOf({ ...want, within: 60 }),
      systemd('active', `${counting('n')}; [ "$n" = 0 ] && echo 0 || echo 2`, 1, third),
    )
    expect(failed.stderr).toContain('the last words')
    const since = calls().slice(calls().findIndex((call) => call.includes('SubState')))
    expect(since).toEqual([
      ...Array(4).fill('systemctl show -p SubState --value thing.service'),
      'journalctl --sync',
      'journalctl -u thing.service -n 20 --no-pager -o cat',
    ])
  })

  test('whose restart is ordered but not begun is not ready, although the old process may be', () => {
    host.write('run/slipway/works', '')
    const ordered = `${counting('j')}; [ "$n" -ge 3 ] || echo 123`
    expect(host.run(scriptOf(want), systemd('active', 'echo 0', 1, ':', ordered))).toMatchObject({ status: 0 })
    expect(calls().filter((call) => call.includes('-p Job')).length).toBe(4)
  })

  test('that never gets ready fails when its time is over', () => {
    const failed = host.run(scriptOf(want), systemd('active', 'echo 0'))
    expect(failed.status).toBe(1)
    expect(failed.stderr).toContain('it was not ready within 2 s')
  })

  test('that ran before and fails with its new file runs again with the old one', () => {
    host.write('etc/systemd/system/thing.service', 'the old file\n', 0o600)
    const failed = host.run(scriptOf(want), systemd('active', 'echo 0', 0))
    expect(failed.status).toBe(1)
    expect(failed.stderr).toContain('was put back')
    expect(host.read('etc/systemd/system/thing.service')).toBe('the old file\n')
    expect(calls().filter((call) => call.includes('restart --no-block')).length).toBe(2)
  })

  test.each([
    ['a file that it reads was made by this run', true, 'SLIPWAY_INPUTS=\n'],
    ['all that it reads is as it was', false, /^SLIPWAY_INPUTS=[0-9a-f]{64}\n$/],
  ])('put back where %s: what it runs with is told as it is', (_, made, expected) => {
    host.write('etc/systemd/system/thing.service', 'the old file\n', 0o600)
    if (!made) host.write('etc/made.conf', 'a=1\n')
    const digest = host.run('inputs /etc/systemd/system/thing.service /etc/made.conf').stdout
    host.write('etc/slipway/units/thing.env', `SLIPWAY_INPUTS=${digest}`)
    const making = made ? "put /etc/made.conf 0644 root:root <<'END'\na=1\nEND\n" : ''
    host.run(making + scriptOf({ ...want, inputs: ['/etc/made.conf'] }), systemd('active', 'echo 0', 0))
    expect(host.read('etc/systemd/system/thing.service')).toBe('the old file\n')
    if (typeof expected === 'string') expect(host.read('etc/slipway/units/thing.env')).toBe(expected)
    else expect(host.read('etc/slipway/units/thing.env')).toMatch(expected)
  })

  describe('whose neighbour cannot work without it', () => {
    const script = unit.script(
      { ...want, aside: { name: 'asker', ready: '[ -e /run/slipway/works ]' } },
      { verb: 'restart', reason: { en: '', zh: '' } },
      {},
    )
    const moves = (): string[] => calls().filter((call) => /systemctl (stop|start|restart) /.test(call))

    test('stops after the neighbour has, which comes back when it is ready', () => {
      host.write('run/slipway/works', '')
      expect(host.run(script, systemd('active', 'echo 0', 0))).toMatchObject({ status: 0 })
      expect(moves()).toEqual([
        'systemctl stop asker.service',
        'systemctl restart --no-block thing.service',
        'systemctl start --no-block asker.service',
      ])
      expect(host.exists('run/slipway/aside')).toBe(false)
    })

    test('and fails: the end of the script starts the neighbour', () => {
      expect(host.run(script, systemd('active', 'echo 0', 0)).status).toBe(1)
      expect(moves()).not.toContain('systemctl start --no-block asker.service')
      host.run('watchdog=\nleave 1', systemd('active', 'echo 0', 0))
      expect(moves().at(-1)).toBe('systemctl start --no-block asker.service')
      expect(host.exists('run/slipway/aside')).toBe(false)
    })

    test('and that did not run: nobody has to step aside', () => {
      host.write('run/slipway/works', '')
      expect(host.run(script, systemd('active', 'echo 0', 3))).toMatchObject({ status: 0 })
      expect(moves()).toEqual(['systemctl restart --no-block thing.service'])
    })
  })

  describe('whose files were written for it in the same script', () => {
    const config: Resource = { kind: 'file', path: '/etc/thing.conf', text: 'a=2\n', mode: '0640' }
    const both = scriptOf(config) + scriptOf(want)
    beforeEach(() => host.write('etc/systemd/system/thing.service', 'the old file\n', 0o600))

    test('gets those back too when it fails', () => {
      const failed = host.run(both, systemd('active', 'echo 0', 0))
      expect(failed.stderr).toContain('was put back')
      expect(host.read('etc/thing.conf')).toBe('a=1\n')
      expect(host.mode('etc/thing.conf')).toBe('0644')
      expect(host.exists('run/slipway/before')).toBe(false)
    })

    test('keeps the new ones when it is ready, and nothing of the old stays behind', () => {
      host.write('run/slipway/works', '')
      expect(host.run(both, systemd('active', 'echo 0', 0)).status).toBe(0)
      expect(host.read('etc/thing.conf')).toBe('a=2\n')
      expect(host.exists('run/slipway/before')).toBe(false)
      expect(host.exists('run/slipway/thing.service')).toBe(false)
    })

    test('gets what it last ran well with, when a run before was cut off half way', () => {
      host.run(`${scriptOf(config)}unit_file thing <<'END'\nhalf way\nEND\nkill -KILL $$`, systemd('active', 'echo 0', 0))
      expect(host.read('etc/systemd/system/thing.service')).toBe('half way\n')
      host.run(both, systemd('active', 'echo 0', 0))
      expect(host.read('etc/systemd/system/thing.service')).toBe('the old file\n')
      expect(host.read('etc/thing.conf')).toBe('a=1\n')
    })

    test('is left as it is with --keep-failed, and put back by the next run', () => {
      const kept = host.run(`KEEP_FAILED=yes\n${both}`, systemd('active', 'echo 0', 0))
      expect(kept.stderr).toContain('--keep-failed')
      expect(host.read('etc/systemd/system/thing.service')).toBe(want.text)
      expect(host.read('etc/thing.conf')).toBe('a=2\n')
      host.run(both, systemd('active', 'echo 0', 0))
      expect(host.read('etc/systemd/system/thing.service')).toBe('the old file\n')
      expect(host.read('etc/thing.conf')).toBe('a=1\n')
    })
  })

  test('that this host is not to have is stopped and gone, also twice', () => {
    host.write('etc/systemd/system/thing.service', want.text)
    const gone = scriptOf({ kind: 'unit-absent', name: 'thing', reason: { en: '', zh: '' } })
    for (const _ of [1, 2]) expect(host.run(gone, systemd('inactive', 'echo 0')).status).toBe(0)
    expect(host.exists('etc/systemd/system/thing.service')).toBe(false)
    expect(calls()).toContain('systemctl disable --now --quiet thing.service')
  })
})

describe('etcd, asked on a host', () => {
  const join = {
    kind: 'etcd-join',
    name: 'b',
    peer: 'https://10.0.0.2:2380',
    endpoints: [],
    bootstrap: '/etc/slipway/b.env',
    token: 'x',
  } as const
  const members = ['1, started, a, https://10.0.0.1:2380, https://10.0.0.1:2379, false', '2, unstarted, , https://10.0.0.2:2380, , true']
  /** etcdctl whose list of members comes so many times. */
  const asked = (times: number): string =>
    [
      'timeout() { shift; "$@"; }',
      `etcdctl() {\n\t${counting('n')}`,
      `\t[ "$n" -lt ${times} ] || return 1\n\tprintf '%s\\n' ${members.map((one) => `'${one}'`).join(' ')}\n}`,
    ].join('\n')

  test('a new member is told all of them', () => {
    expect(host.run(scriptOf(join), asked(2)).status).toBe(0)
    expect(host.read('etc/slipway/b.env')).toContain('--initial-cluster=a=https://10.0.0.1:2380,b=https://10.0.0.2:2380 ')
  })

  test('a list of members that does not come makes no empty cluster', () => {
    expect(host.run(scriptOf(join), asked(1)).status).not.toBe(0)
    expect(host.exists('etc/slipway/b.env')).toBe(false)
  })
})

describe('a drain', () => {
  test('waits for a lease that is renewed; an API server that does not answer renews none', () => {
    const drain = { kind: 'drain', node: 'b', host: 'b', force: false, deleteLocalData: false, gracePeriod: -1, timeout: 5 } as const
    const kubectl = [
      'timeout() { shift; "$@"; }',
      'kubectl() {\n\tcase "$*" in *renewTime*) ;; *) return 0 ;; esac',
      `\techo x >>${host.path('asked')}`,
      `\tcase $(grep -c . ${host.path('asked')}) in 1 | 3) echo then ;; 2) return 1 ;; *) echo now ;; esac\n}`,
    ].join('\n')
    expect(host.run(scriptOf(drain), kubectl).status).toBe(0)
    expect(host.read('asked')).toBe('x\n'.repeat(4))
  })
})

describe('waiting', () => {
  test('ends when it is true, and with its last words when it never is', () => {
    expect(host.run('yes_() { :; }\nawait 5 something yes_').status).toBe(0)
    const failed = host.run('no() { echo "because $((1 + 1))"; return 1; }\nawait 1 something no')
    expect(failed).toMatchObject({ status: 1, stderr: expect.stringMatching(/something was not true within 1 s[\s\S]*because 2/) })
  })

  test('pauses grow by half, from 100 ms to 5 s', () => {
    const asked = `asked() { ${counting('n')}; [ "$n" -ge 13 ]; }`
    host.run(`${asked}\nawait 60 something asked`, `sleep() { echo "$1" >>${host.path('pauses')}; }`)
    expect(host.read('pauses').trim().split('\n').map(Number)).toEqual([0.1, 0.15, 0.22, 0.33, 0.49, 0.73, 1.09, 1.63, 2.44, 3.66, 5, 5, 5])
  })

  test('a unit is asked at least once a second', () => {
    host.run(
      `asked() { ${counting('n')}; [ "$n" -ge 9 ]; }\nawait_unit thing 60 asked`,
      `sleep() { echo "$1" >>${host.path('pauses')}; }\nsystemctl() { case "$*" in *ActiveState*) echo active ;; *NRestarts*) echo 0 ;; esac; }`,
    )
    expect(host.read('pauses').trim().split('\n').map(Number)).toEqual([0.1, 0.15, 0.22, 0.33, 0.49, 0.73, 1, 1, 1])
  })

  // The same run brings chrony, whose first step may be hours.
  test.each(['+8 hours', '-8 hours'])('a wall clock that is set in the middle (%s) ends nothing early and nothing late', (step) => {
    const wall = `date() { ${counting('d')}; if [ "$n" -ge 2 ]; then command date -d '${step}' "$@"; else command date "$@"; fi; }`
    expect(host.run(`asked() { ${counting('n')}; [ "$n" -ge 4 ]; }\nawait 60 something asked`, wall).status).toBe(0)
    expect(host.run('never() { return 1; }\nawait 1 something never', wall)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('within 1 s'),
    })
  })
})

test('no text that runs on a host counts seconds by the wall clock', () => {
  const folder = new URL('../../src/', import.meta.url)
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(sh|ts)$/.test(name))
    .flatMap((name) =>
      [...readFileSync(new URL(name, folder), 'utf8').matchAll(/.*date \+%s.*|.*\$\{?SECONDS\b.*/g)].map(([line]) => line.trim()),
    )
  // What the clocks of the hosts are compared by, and what certificates are dated by.
  expect(found.sort()).toEqual(["const { exit, stdout } = await capture(transport, 'date +%s\\n')", 'fact now "$(date +%s)"'])
})
