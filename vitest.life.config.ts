import { defineConfig } from 'vitest/config'
import { inTheLab } from './vitest.e2e.config.ts'

/** Hostile mirrors, hosts without a network, and years in the life of a cluster: an hour in the lab. */
export default defineConfig({ test: { ...inTheLab, include: ['test/e2e/[7-9]*.e2e.ts'] } })
