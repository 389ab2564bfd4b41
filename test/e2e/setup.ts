import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

const LAB = new URL('../../vagrant/lab', import.meta.url).pathname

/** Brings the lab up and makes the place where the tests keep cluster files, homes and what they saw. */
export default function setup(project: TestProject): () => void {
  execFileSync(LAB, ['up', 'cp1', 'w1', 'w2'], { stdio: ['ignore', 'inherit', 'inherit'] })
  const dir = mkdtempSync(join(tmpdir(), 'slipway-e2e-'))
  project.provide('dir', dir)
  return () => rmSync(dir, { recursive: true, force: true })
}

declare module 'vitest' {
  export interface ProvidedContext {
    dir: string
  }
}
