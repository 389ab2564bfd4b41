import type { Flag, Shared } from '../run/types.ts'

/** What several commands read. */
export const SHARED = {
  limit: { type: 'string', multiple: true },
  'exit-code': { type: 'boolean' },
  offline: { type: 'boolean' },
  strict: { type: 'boolean' },
  verify: { type: 'boolean' },
} as const satisfies Readonly<Record<Shared, Flag>>
