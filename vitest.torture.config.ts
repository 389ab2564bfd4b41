import { defineConfig } from 'vitest/config'
import { inTheLab } from './vitest.e2e.config.ts'

export default defineConfig({ test: { ...inTheLab, include: ['test/torture/*.torture.ts'] } })
