import { defineConfig } from 'vitest/config'

/** Tests that replace a module (vi.mock): another file of the same worker would see the replacement, or they the original. */
const REPLACING = ['test/commands/lock/lock.test.ts', 'test/commands/images/images.test.ts']

// What `make check` runs: no network, no lab. test/pack.test.ts and test/e2e have configurations of their own.
export default defineConfig({
  test: {
    globalSetup: ['test/temporary.ts'],
    // Many tests wait (for sshd, for a slow mirror): more of them than there are cores run side by side.
    maxWorkers: 6,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    projects: [
      {
        extends: true,
        // No other test replaces a module or keeps anything in one: what they import is read once for all of them.
        test: { name: 'shared', include: ['test/**/*.test.ts'], exclude: ['test/pack.test.ts', ...REPLACING], isolate: false },
      },
      { extends: true, test: { name: 'apart', include: REPLACING, isolate: true } },
    ],
  },
})
