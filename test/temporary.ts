import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let dir: string

/** Whatever tests, and the programs they start, put into the temporary directory is gone after the run, also where a test failed. */
export const setup = (): void => {
  dir = mkdtempSync(join(tmpdir(), 'slipway-'))
  // The sshd tests' own users live in it.
  chmodSync(dir, 0o755)
  process.env.TMPDIR = dir
}

export const teardown = (): void => rmSync(dir, { recursive: true, force: true })
