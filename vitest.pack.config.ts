import { defineConfig } from 'vitest/config'

/** What is published, installed elsewhere on Node 22. */
export default defineConfig({ test: { include: ['test/pack.test.ts'], testTimeout: 300_000, hookTimeout: 300_000 } })
