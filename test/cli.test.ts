import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const CLI = join(import.meta.dirname, '../src/cli.ts')

const run = (args: readonly string[], options: { stdout?: number; cwd?: string } = {}) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    ...{ encoding: 'utf8', timeout: 60_000, stdio: ['ignore', options.stdout ?? 'pipe', 'pipe'] },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  return { status, stdout: String(stdout ?? ''), stderr: String(stderr) }
}

test('output on a full disk is one line and not a bug', () => {
  const { status, stderr } = run(['version'], { stdout: openSync('/dev/full', 'w') })
  expect({ status, stderr }).toEqual({
    status: 5,
    stderr: 'slipway: what it printed is not whole, its output could not be written: ENOSPC\n',
  })
})

test('a folder in the place of cluster.lock.yml is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-cli-'))
  mkdirSync(join(folder, 'cluster.lock.yml'))
  writeFileSync(join(folder, 'cluster.yml'), 'kubernetes_version: v1.36.3\nnodes: [{address: 10.0.0.11, role: [control-plane]}]\n')
  const { status, stderr } = run(['check', '--offline', '-f', join(folder, 'cluster.yml')])
  rmSync(folder, { recursive: true })
  expect(status).toBe(2)
  expect(stderr).toContain('cluster.lock.yml: it cannot be read (EISDIR)')
  expect(stderr).not.toContain('bug')
})
