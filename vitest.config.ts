import { defineConfig } from 'vitest/config'

// What `make check` runs: no network, no lab. test/pack.test.ts and test/e2e have configurations of their own.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/pack.test.ts'],
    globalSetup: ['test/temporary.ts'],
    // Many tests wait (for sshd, for a slow mirror): more of them than there are cores run side by side.
    maxWorkers: 6,
    // No test replaces a module or keeps anything in one: what they import is read once for all of them.
    isolate: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
