import { quote } from '../shell/quote.ts'
import { dropPath } from './paths.ts'
import type { AbsentResource, Kind } from './types.ts'

export const absent: Kind<AbsentResource> = {
  id: (want) => `absent ${want.path}`,
  touches: (want) => [want.path],
  diff: (want, { facts }) => (facts.paths[want.path] ? { verb: 'remove', reason: want.reason } : undefined),
  script: (want) => `keep ${quote(want.path)}\nrm -f ${quote(want.path)}\nremember absent ${quote(want.path)}\n`,
  after: (want, { facts }) => dropPath(facts, want.path),
}
