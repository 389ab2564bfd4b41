import { afterEach, beforeEach, expect, test } from 'vitest'
import { etcdSnapshot } from '../../src/resources/etcd.ts'
import { type Sandbox, sandbox } from './sandbox.ts'

// The snapshot before an upgrade: etcd's file may be gigabytes, and its disk may be the one that the snapshot lands on.

const GIB = 1024 ** 3
const PATH = '/var/lib/slipway/snapshots/before-v1.37.2.db'

let host: Sandbox
beforeEach(() => {
  host = sandbox()
})
afterEach(() => host.remove())

/** Takes it of a file of `size` bytes on a disk with `free` bytes; etcdctl says how it was called and writes what it was told to. */
const take = (size: number, free: number) => {
  const stubs = [
    `stat() { case $2 in %s) echo ${size} ;; *) command stat "$@" ;; esac; }`,
    `df() { printf 'Avail\\n${free}\\n'; }`,
    'timeout() { echo "at most $1 s: $*"; shift; "$@"; }',
    'etcdctl() { for last; do :; done; echo snapshot >"$last"; }',
    'sync() { :; }',
  ].join('\n')
  const want = { kind: 'etcd-snapshot', path: PATH, anew: true } as const
  return host.run(etcdSnapshot.script(want, { verb: 'create', reason: { en: '', zh: '' } }, {}), stubs)
}

test('has as long as that of a backup', () => {
  const { status, stdout, stderr } = take(8 * GIB, 10 * GIB)
  expect(status, stderr).toBe(0)
  const [, most = 0, own = 0] = /^at most (\d+) s: .* --command-timeout=(\d+)s snapshot save/m.exec(stdout) ?? []
  expect(Number(own)).toBe(900)
  expect(Number(most)).toBeGreaterThan(900)
  expect(host.read(PATH)).toBe('snapshot\n')
})

test('is refused where it would leave etcd no room, and what half of one left is gone', () => {
  host.write(`${PATH}.part`, 'half')
  host.write(PATH, 'of before')
  const { status, stderr } = take(8 * GIB, 8.5 * GIB)
  expect(status).toBe(1)
  expect(stderr).toContain('needs 8192 MiB in /var/lib/slipway/snapshots, and 1 GiB has to stay free; 8704 MiB are.')
  expect(host.exists(`${PATH}.part`)).toBe(false)
  expect(host.read(PATH)).toBe('of before')
})
