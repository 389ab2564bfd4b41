import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { PRELUDE } from '../../src/shell/texts.ts'

/** A folder that plays a host's root: scripts run by a real /bin/sh, with every path moved under it. */
export const sandbox = () => {
  const root = mkdtempSync(join(tmpdir(), 'slipway-root-'))
  const { uid, gid, username } = userInfo()
  const moved = (text: string): string =>
    text
      .replaceAll(/(?<![\w$.}/])\/(etc|var\/lib|run|opt|usr\/sbin)\//g, `${root}/$1/`)
      // Only root can give files away; elsewhere "root" is whoever runs the tests.
      .replaceAll(/\b(root|etcd):(root|etcd)\b/g, `${uid}:${gid}`)
  const state = join(root, 'var/lib/slipway')
  const path = (name: string): string => join(root, name)
  for (const folder of ['var/lib/slipway/backup', 'var/lib/slipway/stamps', 'run/slipway', 'etc/systemd/system', 'usr/sbin'])
    mkdirSync(path(folder), { recursive: true })
  return {
    root,
    path,
    moved,
    user: username,
    write: (name: string, text: string, mode = 0o644): void => {
      mkdirSync(dirname(path(name)), { recursive: true })
      writeFileSync(path(name), text, { mode })
    },
    read: (name: string): string => readFileSync(path(name), 'utf8'),
    mode: (name: string): string => (statSync(path(name)).mode & 0o7777).toString(8).padStart(4, '0'),
    exists: (name: string): boolean => spawnSync('test', ['-e', path(name)]).status === 0,
    /** Everything that is there, hidden files too. */
    list: (name: string): string[] => readdirSync(path(name), { recursive: true }).map(String).sort(),
    inventory: (): string[] => {
      try {
        return readFileSync(join(state, 'inventory'), 'utf8').trimEnd().replaceAll(root, '').split('\n')
      } catch {
        return []
      }
    },
    /** Runs a script behind the prelude; `stubs` are functions that stand for programs of a real host, `environment` what its login brings. */
    run: (script: string, stubs = '', shell = '/bin/sh', environment: Readonly<Record<string, string>> = {}) => {
      const body = moved(`${PRELUDE.replace('/var/lib/slipway', join(state))}\n`).replace(/^RUN=.*$/m, `RUN=${path('run/slipway')}`)
      const text = `${body}\n${stubs}\nmain() {\n${moved(script)}\n}\nmain; exit\n`
      const { status, stdout, stderr } = spawnSync(shell, ['-s'], {
        input: text,
        encoding: 'utf8',
        timeout: 60_000,
        env: { ...process.env, ...environment },
      })
      return { status, stdout: stdout.replaceAll(root, ''), stderr: stderr.replaceAll(root, '') }
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

export type Sandbox = ReturnType<typeof sandbox>
