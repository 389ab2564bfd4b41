import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * One installed cluster serves many files, so they run in the order of their names. 40 installs it; 41 to 60 look at it, change it and break it, and
 * each begins on what the one before left; 61 takes it away. A file from 70 on brings its own hosts to the state that it needs (`installed`).
 */
class ByName extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => (a.moduleId < b.moduleId ? -1 : 1))
  }
}

/** The lab (vagrant/README.md) is one: one file at a time, one test at a time. */
export const inTheLab = {
  fileParallelism: false,
  maxWorkers: 1,
  globalSetup: ['test/e2e/setup.ts'],
  // Longer than a run may take (Operator.seconds in lab.ts).
  testTimeout: 900_000,
  hookTimeout: 900_000,
  sequence: { sequencer: ByName },
  reporters: ['verbose'],
}

/** What CI runs: a first cluster, all that may go wrong with it, its removal, and an upgrade. The rest of its life is vitest.life.config.ts. */
export const IN_CI = ['test/e2e/[1-6]*.e2e.ts', 'test/e2e/90-upgrade.e2e.ts']

export default defineConfig({ test: { ...inTheLab, include: IN_CI } })
