import { defineConfig } from 'vitest/config'

// What `make check` runs: no network, no lab. test/pack.test.ts and test/e2e have configurations of their own.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/pack.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
