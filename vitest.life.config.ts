import { defineConfig } from 'vitest/config'
import { IN_CI, inTheLab } from './vitest.e2e.config.ts'

/** Hostile mirrors, hosts without a network, and years in the life of a cluster: two hours in the lab. */
export default defineConfig({ test: { ...inTheLab, include: ['test/e2e/*.e2e.ts'], exclude: IN_CI } })
