import type { FunctionalCheckResource, Kind } from './types.ts'

/** A plan names it where the host of a node is to record that the check has passed. */
export const functionalCheck: Kind<FunctionalCheckResource> = {
  id: () => 'functional-check nodes',
  touches: () => [],
  diff: () => undefined,
  script: ({ script }) => script,
  after: (_, { facts }) => facts,
}
