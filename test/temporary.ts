import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One for each project of vitest.config.ts, the later inside the earlier. */
const dirs: string[] = []

/** Whatever tests, and the programs they start, put into the temporary directory is gone after the run, also where a test failed. */
export const setup = (): void => {
  const dir = mkdtempSync(join(tmpdir(), 'slipway-'))
  dirs.push(dir)
  // The sshd tests' own users live in it.
  chmodSync(dir, 0o755)
  process.env.TMPDIR = dir
}

export const teardown = (): void => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
}
